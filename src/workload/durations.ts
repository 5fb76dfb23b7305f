import type { Duration } from 'cdk8s';
import { durationOf } from '../config/prop-kinds';

/** Whether it is a Duration of so many whole seconds at least. */
export function isWholeSeconds(time: Duration, least: number): boolean {
  return durationOf('seconds', least, least).is(time);
}
