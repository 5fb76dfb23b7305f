/** Who decides about whole traces is sent whole traces. */
import type { Check } from './check';
import { meetings, type Meeting } from './meetings';
import { hasPeers } from './pipelines';
import { Signal } from '../signal';

/** Traces that reach samplers without being routed, unless the samplers ask each other. */
export const wholeTraces: Check = (sender, app) =>
  meetings(sender, app).flatMap((meeting) => split(meeting).map((sentence) =>
    `${meeting.where}: ${sentence}`
    + '\n→ give `forwardTo` that construct: traces are then routed by trace id.'));

function split({ destination, receiver }: Meeting): string[] {
  const { signals, spread, key, resolver, text } = destination;
  const isWhole = !receiver.needsWholeTraces || hasPeers(receiver.data);
  if (isWhole || !signals.includes(Signal.TRACES)) return [];
  if (spread === 'connection') {
    return [`sends traces by connection to ${receiver.path}, which samples whole traces: spans of`
      + ' one trace would meet different pods.'];
  }
  if (spread === 'key') {
    return [`routes traces by ${key} to ${receiver.path}, which samples whole traces: spans of one`
      + ' trace would meet different pods.'];
  }
  return resolver !== 'static' ? []
    : [`${text} is one address for all pods of ${receiver.path}, so that traces would not be spread`
      + ' by trace id.'];
}
