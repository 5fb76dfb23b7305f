/** Waiting for a real disk while the time of a test stands still. */

/** Turns of the event loop without anything on its way to the disk, after which nothing is. */
const QUIET_TURNS = 5;

/** Lets everything happen that waits for the disk, and for what follows from that at once. */
export async function settleDisk(): Promise<void> {
  for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (process.getActiveResourcesInfo().some((kind) => /^(FSReq|CloseReq)/.test(kind))) quiet = -1;
  }
}
