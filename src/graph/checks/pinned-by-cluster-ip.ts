/** Senders over gRPC meet all pods of a tier, and new ones, too. */
import type { Check } from './check';
import { isHeadless, meetings, type Meeting } from './meetings';
import { parseGoDuration } from '../../config/go-duration';
import { valueAt, type CollectorData } from '../tier-facts';

const AT = [
  'receivers', 'otlp', 'protocols', 'grpc', 'keepalive', 'server_parameters', 'max_connection_age',
];

/**
 * Exporters that keep one connection to one pod of several. A connection through a Service stays
 * with the pod that it first met, until the pod asks for a new one.
 */
export const pinnedByClusterIp: Check = (sender, app) =>
  meetings(sender, app).filter((meeting) => isPinned(sender.data, meeting))
    .map(({ destination, where, receiver }) =>
      `${where}: keeps one connection to one of several pods of ${receiver.path}, which must ask`
      + ` for a new one now and then, got ${JSON.stringify(destination.text)} and no`
      + ` max_connection_age.\n→ give \`forwardTo\` that construct, or leave ${AT.join('.')} of`
      + ` ${receiver.path} as it is written.`);

function isPinned(data: CollectorData, { destination, receiver }: Meeting): boolean {
  const { spread, protocol, text, exporter } = destination;
  // An agent is reached through the Service on the sender's own node: there is one pod behind it.
  const isOnePod = receiver.maxPods <= 1 || receiver.workload === 'DaemonSet';
  if (isOnePod || spread !== 'connection' || protocol !== 'grpc' || isRenewed(receiver.data)) {
    return false;
  }
  const balancer = valueAt(data, 'exporters', exporter, 'balancer_name');
  const isSpread = /^dns:/i.test(text) && isHeadless(destination, receiver)
    && balancer !== 'pick_first';
  return !isSpread;
}

/** Whether connections end by themselves; zero is never. */
function isRenewed(data: CollectorData): boolean {
  const age = valueAt(data, ...AT);
  return age !== undefined && parseGoDuration(String(age)) !== 0;
}
