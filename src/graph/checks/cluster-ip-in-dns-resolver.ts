/** Who spreads over the addresses of a name is given a name that has several. */
import type { Check } from './check';
import { isHeadless, meetings, type Meeting } from './meetings';
import { takesAnySpan } from './pipelines';
import { Signal } from '../signal';

/** A DNS resolver that asks for a Service with one address. */
export const clusterIpInDnsResolver: Check = (sender, app) =>
  meetings(sender, app).filter((meeting) => isUnspread(meeting) && !isForPool(meeting))
    .map(({ destination, where, receiver }) =>
      `${where}: the Service ${destination.host} has one address for all of ${receiver.path},`
      + ' so that traces would not be spread by trace id.'
      + `\n→ use the headless Service (${receiver.headlessName ?? 'not written here'}), or give`
      + ' `forwardTo` that construct.');

function isUnspread({ destination, receiver }: Meeting): boolean {
  return destination.resolver === 'dns' && !isHeadless(destination, receiver);
}

/** Traces that any pod may take. */
function isForPool({ destination: { signals }, receiver: { data } }: Meeting): boolean {
  return takesAnySpan(data) && signals.every((signal) => signal === Signal.TRACES);
}
