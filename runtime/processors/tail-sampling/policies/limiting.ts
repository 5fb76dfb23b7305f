/** What the policies that keep traces up to a rate have in common. */
import {
  decideBy, NOT_SAMPLED, SAMPLED, type Policy, type PolicyContext, type TickBudget,
} from './policy';
import type { Clock } from '../../../clock';
import { ALWAYS, type Word64 } from '../../../otlp/sampling-threshold';
import { TickItems } from '../tick-items';
import { randomnessReader, type TraceRandomness } from '../trace-randomness';

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
    /** Number of tokens that it holds at most. */
    public readonly capacity: number,
  ) {
    this.tokens = capacity;
    this.at = clock.monotonic();
  }

  /** Number of tokens that are in it now. */
  public get available(): number {
    const filled = (this.clock.monotonic() - this.at) / SECOND * this.perSecond;
    return Math.min(this.capacity, this.tokens + filled);
  }

  /** Takes `wanted` tokens if there are so many; else it takes none. */
  public take(wanted: number): boolean {
    if (wanted > this.capacity) return false;
    const left = this.available - wanted;
    if (left < 0 && -left >= this.perSecond * NANOSECOND) return false;
    this.tokens = left;
    this.at = this.clock.monotonic();
    return true;
  }
}

/** How much a trace takes of the rate. */
export type CostOf = (words: Int32Array, trace: number) => number;

/** Limits by the tick: the traces with the greatest randomness are kept, by one threshold. */
class BudgetLimiter implements Policy, TickBudget {
  public threshold: Word64 = ALWAYS;
  public readonly budget: TickBudget = this;
  /** Whether a threshold was ever computed: inside of most policies none is. */
  private isByTick = false;
  private paysEach = false;
  private readonly items = new TickItems();

  public constructor(
    private readonly bucket: TokenBucket,
    private readonly costOf: CostOf,
    private readonly randomness: TraceRandomness,
  ) {}

  public consider(words: Int32Array, trace: number): void {
    const cost = this.costOf(words, trace);
    // What never fits must not keep out what does.
    if (cost > this.bucket.capacity) return;
    this.randomness.read(words, trace);
    this.items.add(this.randomness.high, this.randomness.low, cost);
  }

  public spend(): void {
    const { threshold, spent } = this.items.cut(Math.floor(this.bucket.available));
    this.isByTick = true;
    this.threshold = threshold;
    if (spent > 0) this.bucket.take(spent);
  }

  public payEach(does: boolean): void {
    this.paysEach = does;
  }

  public decide(words: Int32Array, trace: number): number {
    const cost = this.costOf(words, trace);
    if (cost > this.bucket.capacity) return NOT_SAMPLED;
    if (this.isByTick && !this.randomness.isAtLeast(this.threshold, words, trace)) {
      return NOT_SAMPLED;
    }
    const isPaid = this.isByTick && !this.paysEach;
    return isPaid || this.bucket.take(cost) ? SAMPLED : NOT_SAMPLED;
  }
}

/** Keeps traces as long as there is room for what they cost in a bucket. */
export function limitBy(
  costOf: CostOf, perSecond: number, burstCapacity: number, context: PolicyContext,
): Policy {
  const { clock, questions, adjustsCounts } = context;
  const bucket = new TokenBucket(
    clock, perSecond, burstCapacity > 0 ? burstCapacity : 2 * perSecond);
  return adjustsCounts
    ? new BudgetLimiter(bucket, costOf, randomnessReader(questions))
    : decideBy((words, trace) => bucket.take(costOf(words, trace)));
}
