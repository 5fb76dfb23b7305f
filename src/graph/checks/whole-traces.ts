/** Who decides about whole traces is sent whole traces. */
import type { Check } from './check';
import { meetings, type Meeting } from './meetings';
import { hasPeers, needsRouting, tailSamplers, takesAnySpan } from './pipelines';
import { Signal } from '../signal';
import type { TierFacts } from '../tier-facts';

/** Traces that reach samplers without being routed, unless the samplers ask each other. */
export const wholeTraces: Check = (sender, app) =>
  meetings(sender, app).flatMap((meeting) => split(meeting).map((sentence) =>
    `${meeting.where}: ${sentence}\n→ ${wayOut(meeting)}`));

/** A sampler says itself how it is sent to, everything else must be told. */
function wayOut({ receiver }: Meeting): string {
  return tailSamplers(receiver.data).length > 0
    ? 'give `forwardTo` that construct: traces are then routed by trace id.'
    : 'give `forwardTo` that construct, and `routing` Routing.byKey(RoutingKey.TRACE_ID).';
}

/** Whether it samples whole traces as they come, without asking other pods for the rest. */
function isSampler({ data }: TierFacts): boolean {
  return tailSamplers(data).length > 0 && !hasPeers(data);
}

/** What becomes of whole traces there. */
function needOf(receiver: TierFacts): string {
  const [first] = needsRouting(receiver.data);
  return isSampler(receiver) || first === undefined ? 'samples whole traces'
    : `needs whole traces for ${first.where}`;
}

function split({ destination, receiver }: Meeting): string[] {
  const { signals, spread, key, resolver, text } = destination;
  const isWhole = !receiver.needsWholeTraces || takesAnySpan(receiver.data);
  if (isWhole || !signals.includes(Signal.TRACES)) return [];
  if (spread === 'connection') {
    return [`sends traces by connection to ${receiver.path}, which ${needOf(receiver)}: spans of`
      + ' one trace would meet different pods.'];
  }
  if (spread === 'key') {
    return [`routes traces by ${key} to ${receiver.path}, which ${needOf(receiver)}: spans of one`
      + ' trace would meet different pods.'];
  }
  return resolver !== 'static' ? []
    : [`${text} is one address for all pods of ${receiver.path}, so that traces would not be spread`
      + ' by trace id.'];
}
