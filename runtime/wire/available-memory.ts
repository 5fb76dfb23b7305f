/** How much memory the process may use, by what the system says at its start. */
import { totalmem } from 'os';

/** Bytes that the process may use: the limit of its control group, else all of the machine. */
export function availableMemory(): number {
  const limit = process.constrainedMemory();
  const machine = totalmem();
  // Without a limit there is none, 0, or a number near 2^64.
  return limit > 0 && limit < machine ? limit : machine;
}
