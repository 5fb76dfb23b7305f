/** Deadlines that a process notices late, because it was stopped or its machine was. */
import type { Clock } from '../clock';

/** A deadline that is noticed so much later was noticed by a process that stood still. */
const LATE_MS = 250;

/**
 * Calls `expire`, as the time `deadline` by the clock's `monotonic` is over. After a process stood
 * still its timers come first, though what is waited for may be there: then it is read before.
 */
export function afterDeadline(clock: Clock, deadline: number, expire: () => void): void {
  if (clock.monotonic() - deadline > LATE_MS) setImmediate(expire);
  else expire();
}
