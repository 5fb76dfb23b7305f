/** What is sent to a tier has a pipeline there. */
import type { Check } from './check';
import { meetings } from './meetings';
import type { Signal } from '../signal';

/** Signals that are sent to a tier that does not take them. */
export const untakenSignal: Check = (sender, app) =>
  meetings(sender, app).flatMap(({ destination, receiver }) => {
    const untaken = destination.signals.filter((signal) => !receiver.signals.includes(signal));
    return untaken.length === 0 ? [] : [untakenSignals(sender, receiver, untaken)];
  });

/** The sentence about signals that a receiver has no pipeline for. */
export function untakenSignals(
  sender: { readonly path: string }, receiver: { readonly path: string },
  signals: readonly Signal[],
): string {
  return `signals: ${receiver.path} does not take ${signals.join(' and ')}, which`
    + ` ${sender.path} sends there.`
    + `\n→ add ${signals.join(', ')} to the \`signals\` of ${receiver.path}, or leave them out`
    + ' here.';
}
