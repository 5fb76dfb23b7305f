import { decideBy, type PolicyFactory } from './policy';
import type { Clock } from '../../../clock';
import { SPANS } from '../trace-table';

const SECOND = 1000;
// The real limiter waits whole nanoseconds: what is missing below one is there.
const NANOSECOND = 1e-9;

/** A bucket that starts full, fills at a rate and is never fuller than its capacity. */
export class TokenBucket {
  private tokens: number;
  private at: number;

  public constructor(
    private readonly clock: Clock,
    private readonly perSecond: number,
    private readonly capacity: number,
  ) {
    this.tokens = capacity;
    this.at = clock.monotonic();
  }

  /** Takes `wanted` tokens if there are so many; else it takes none. */
  public take(wanted: number): boolean {
    if (wanted > this.capacity) return false;
    const now = this.clock.monotonic();
    const filled = this.tokens + (now - this.at) / SECOND * this.perSecond;
    const left = Math.min(this.capacity, filled) - wanted;
    if (left < 0 && -left >= this.perSecond * NANOSECOND) return false;
    this.tokens = left;
    this.at = now;
    return true;
  }
}

/** Keeps traces while there is room for all their spans in a bucket of so many per second. */
export const rateLimiting: PolicyFactory<'rate_limiting'> = (settings, { clock }) => {
  const { spansPerSecond, burstCapacity } = settings.rateLimiting;
  const capacity = burstCapacity > 0 ? burstCapacity : 2 * spansPerSecond;
  const bucket = new TokenBucket(clock, spansPerSecond, capacity);
  return decideBy((words, trace) => bucket.take(words[trace + SPANS]));
};
