/**
 * Keeps the memory of held spans below `max_bytes`, by deciding traces before their time.
 *
 * What goes first is what frees most and has waited longest: bytes × age. That is asked of the big
 * traces, which are few, and of the one that is due soonest: all others are much like it, and going
 * in that order they free whole slabs. A decision on what is there loses nothing that is kept;
 * where even that does not help, because what was kept before cannot leave, senders are refused.
 */
import type { HeldTraces } from './held-traces';
import { PENDING } from './policies/policy';
import type { SlabPool } from './slab-pool';
import { BIG, BYTES, DECISION, FLAGS, hasFlag } from './trace-table';
import type { Clock } from '../../clock';
import { NONE } from '../../otlp/id-table';

/** A trace is big from this share of the bound on. */
const BIG_SHARE = 1 / 1024;
const LEAST_BIG = 32 * 1024;
/** Room is made for more than the request that is about to come. */
const TARGET_SHARE = 0.95;
/** Longest time in milliseconds that this keeps the process from anything else. */
const SLICE_MS = 8;
const TRACES_PER_LOOK = 16;
/** Traces that are decided before those that are kept leave, whose memory is not free before. */
const TRACES_PER_FLUSH = 256;
const MOST_FORGOTTEN_BIG = 256;

/** What held spans may take unless the configuration says: half of what the process leaves. */
const USUAL_SHARE = 0.5;
const PROCESS_BYTES = 64 * 1024 * 1024;
const LEAST_BYTES = 8 * 1024 * 1024;

/** Bytes that held spans may take of so much memory. */
export function usualBytes(totalMemory: number): number {
  return Math.max(LEAST_BYTES, Math.floor((totalMemory - PROCESS_BYTES) * USUAL_SHARE));
}

/** What a bound is made from. */
export interface MemoryBoundOptions {
  /** Bytes that may be in use. */
  readonly maxBytes: number;
  /** The memory. */
  readonly slabs: SlabPool;
  /** The traces. */
  readonly traces: HeldTraces;
  /** The time. */
  readonly clock: Clock;
  /** Decides a trace now. */
  decide(trace: number): void;
  /** Passes on what was decided to be kept. */
  flush(): void;
  /** Whether nothing that is kept can leave. */
  isBlocked(): boolean;
}

/** Keeps memory bounded. */
export class MemoryBound {
  private readonly bigFrom: number;
  private big: number[] = [];

  public constructor(private readonly options: MemoryBoundOptions) {
    const { maxBytes, slabs } = options;
    this.bigFrom = Math.max(LEAST_BIG, Math.floor(maxBytes * BIG_SHARE));
    slabs.mostBytes = maxBytes;
  }

  /** Bytes in use, as a share of those that may be. */
  public get share(): number {
    return this.options.slabs.usedBytes / this.options.maxBytes;
  }

  /** More spans of a trace arrived. */
  public grew(words: Int32Array, trace: number): void {
    if (words[trace + BYTES] >>> 0 < this.bigFrom || hasFlag(words, trace, BIG)) return;
    words[trace + FLAGS] |= BIG;
    this.big.push(trace);
  }

  /** Forgets big traces that are decided, once there are many, and gives idle memory back. */
  public tidy(): void {
    if (this.big.length > MOST_FORGOTTEN_BIG) this.big = this.waitingBig();
    this.options.slabs.tidy();
  }

  /**
   * Makes room, as far as that goes in a few milliseconds; false when more spans would be too many.
   */
  public makeRoom(): boolean {
    const { maxBytes, slabs, clock } = this.options;
    if (slabs.usedBytes <= maxBytes) return true;
    const target = maxBytes * TARGET_SHARE;
    const until = clock.monotonic() + SLICE_MS;
    this.big = this.waitingBig();
    this.big.sort((a, b) => this.weightOf(a) - this.weightOf(b));
    for (let decided = 1; slabs.usedBytes > target; decided += 1) {
      const trace = this.options.isBlocked() ? NONE : this.next();
      if (trace === NONE) break;
      const isBig = hasFlag(this.options.traces.table.words, trace, BIG);
      this.options.decide(trace);
      if (isBig || decided % TRACES_PER_FLUSH === 0) this.options.flush();
      if (decided % TRACES_PER_LOOK === 0 && clock.monotonic() >= until) break;
    }
    this.options.flush();
    return slabs.usedBytes <= maxBytes;
  }

  private next(): number {
    const soonest = this.options.traces.wheel.soonest();
    const big = this.big.at(-1);
    if (big === undefined || big === soonest) {
      if (big !== undefined) this.big.pop();
      return soonest;
    }
    const { words } = this.options.traces.table;
    const isDecided = words[big + DECISION] !== PENDING;
    if (isDecided) {
      this.big.pop();
      return this.next();
    }
    if (soonest !== NONE && this.weightOf(big) < this.weightOf(soonest)) return soonest;
    this.big.pop();
    return big;
  }

  private weightOf(trace: number): number {
    const { table } = this.options.traces;
    return (table.words[trace + BYTES] >>> 0) * (1 + this.options.traces.millisecondsHeld(trace));
  }

  private waitingBig(): number[] {
    const { words } = this.options.traces.table;
    // A record may belong to another trace by now, which then is not big, or in the list twice.
    return [...new Set(this.big)].filter((trace) =>
      hasFlag(words, trace, BIG) && words[trace + DECISION] === PENDING);
  }
}
