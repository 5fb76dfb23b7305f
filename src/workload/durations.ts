import type { Duration } from 'cdk8s';

/** Whether it is a Duration of so many whole seconds at least. */
export function isWholeSeconds(time: Duration, least: number): boolean {
  const ms = (time as { toMilliseconds?: () => number }).toMilliseconds?.();
  return ms !== undefined && ms % 1000 === 0 && ms >= least * 1000;
}
