/** How often something may happen that costs us more than the peer. */
import type { Clock } from '../../clock';

/** A store of permissions that fills up with time. */
export class Allowance {
  private left: number;
  private filledAt: number;

  public constructor(
    private readonly clock: Clock,
    /** Most that may happen at once. */
    private readonly burst: number,
    /** How many more may happen in each second. */
    private readonly perSecond: number,
  ) {
    this.left = burst;
    this.filledAt = clock.monotonic();
  }

  /** Takes one permission; false when there is none. */
  public take(): boolean {
    if (this.left < 1) {
      const now = this.clock.monotonic();
      const gained = (now - this.filledAt) / 1000 * this.perSecond;
      this.left = Math.min(this.burst, this.left + gained);
      this.filledAt = now;
    }
    this.left -= 1;
    return this.left >= 0;
  }
}
