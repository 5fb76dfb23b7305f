/** The traces of a tick that share a budget: those with the greatest randomness get it. */
import { ALWAYS, NEVER, type Word64 } from '../../otlp/sampling-threshold';

const FIRST_ITEMS = 256;
const HIGHEST_BIT = 55;
const LOW_BITS = 32;

/** What comes of a budget. */
export interface Cut {
  /** All traces are kept whose randomness is at least this. */
  readonly threshold: Word64;
  /** What they cost. */
  readonly spent: number;
}

/** Traces of one tick, each with its randomness and its cost. */
export class TickItems {
  private count = 0;
  private high = new Int32Array(FIRST_ITEMS);
  private low = new Uint32Array(FIRST_ITEMS);
  private cost = new Float64Array(FIRST_ITEMS);
  private order = new Int32Array(FIRST_ITEMS);

  /** Adds a trace with this randomness; `cost` is more than 0. */
  public add(high: number, low: number, cost: number): void {
    if (this.count === this.order.length) this.grow();
    this.high[this.count] = high;
    this.low[this.count] = low;
    this.cost[this.count] = cost;
    this.order[this.count] = this.count;
    this.count += 1;
  }

  /**
   * Spends the budget on the traces with the greatest randomness, and forgets all. Traces of one
   * randomness are kept or not kept together.
   *
   * Instead of sorting, halves those whose fate is open by bit after bit of their randomness.
   */
  public cut(budget: number): Cut {
    let from = 0;
    let to = this.count;
    let spent = 0;
    for (let bit = HIGHEST_BIT; bit >= 0 && from < to; bit -= 1) {
      const middle = this.partition(from, to, bit);
      const cost = this.costOf(from, middle);
      if (spent + cost <= budget) {
        spent += cost;
        from = middle;
      } else {
        to = middle;
      }
    }
    const cost = this.costOf(from, to);
    if (from < to && spent + cost <= budget) {
      spent += cost;
      from = to;
    }
    const threshold = this.thresholdBehind(from);
    this.count = 0;
    return { threshold, spent };
  }

  /** The threshold that keeps the first `kept` in order, of which all others have less. */
  private thresholdBehind(kept: number): Word64 {
    if (kept === this.count) return ALWAYS;
    if (kept === 0) return NEVER;
    let high = 0;
    let low = 0;
    for (let i = kept; i < this.count; i += 1) {
      const item = this.order[i];
      const isGreater = this.high[item] === high
        ? this.low[item] > low : this.high[item] > high;
      if (!isGreater) continue;
      high = this.high[item];
      low = this.low[item];
    }
    return low === 0xffff_ffff ? { high: high + 1, low: 0 } : { high, low: low + 1 };
  }

  /** Puts those with the bit before those without; gives where the latter begin. */
  private partition(from: number, to: number, bit: number): number {
    const { order, high, low } = this;
    const isHigh = bit >= LOW_BITS;
    const shift = isHigh ? bit - LOW_BITS : bit;
    let middle = from;
    for (let i = from; i < to; i += 1) {
      const item = order[i];
      const word = isHigh ? high[item] : low[item];
      if ((word >>> shift & 1) === 0) continue;
      order[i] = order[middle];
      order[middle] = item;
      middle += 1;
    }
    return middle;
  }

  private costOf(from: number, to: number): number {
    let sum = 0;
    for (let i = from; i < to; i += 1) sum += this.cost[this.order[i]];
    return sum;
  }

  private grow(): void {
    const length = this.order.length * 2;
    const high = new Int32Array(length);
    const low = new Uint32Array(length);
    const cost = new Float64Array(length);
    const order = new Int32Array(length);
    high.set(this.high);
    low.set(this.low);
    cost.set(this.cost);
    order.set(this.order);
    this.high = high;
    this.low = low;
    this.cost = cost;
    this.order = order;
  }
}
