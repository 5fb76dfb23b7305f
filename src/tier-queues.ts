/** The queues of one tier that wait on disk. */
import type { TierPart } from './features/part';
import type { SendingQueue } from './sending-queue';
import type { CollectorTierProps } from './tier-props';
import type { QueueStorage } from './workload/queue-storage';

/** All queues that were given. */
function queuesOf({ forwardTo, queue, exportTo = [] }: CollectorTierProps): SendingQueue[] {
  const own = forwardTo === undefined || queue === undefined ? [] : [queue];
  return [...own, ...exportTo.flatMap(({ _queue }) => _queue ?? [])];
}

/** What those on disk need of it. */
export function queueStorages(props: CollectorTierProps): QueueStorage[] {
  return queuesOf(props).flatMap(({ _storage }) => _storage ?? []);
}

/** What is wrong with any of them. */
export function queueProblems(props: CollectorTierProps): TierPart {
  const { forwardTo, queue, retry } = props;
  const idle = forwardTo !== undefined ? [] : Object.entries({ queue, retry })
    .filter(([, given]) => given !== undefined)
    .map(([name]) => `${name}: is for what goes to \`forwardTo\`, which is not there.`
      + `\n→ give \`${name}\` to a backend instead: Backend.otlp(name, { endpoint, ${name} }).`);
  return {
    problems: [...new Set([...idle, ...queuesOf(props).flatMap(({ _problems }) =>
      _problems)])],
  };
}
