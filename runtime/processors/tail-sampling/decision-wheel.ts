/**
 * Says when a trace is decided: batches of traces, one per tick of a second.
 *
 * As upstream, there are N = max(1, whole seconds of the wait) closed batches and an open one. A
 * new trace goes into the open batch; every tick closes it and takes the oldest one, so that a
 * trace waits N to N + 1 ticks. A batch is a list through the traces' records.
 */
import { BATCH, DEADLINE, NEXT_IN_BATCH, PREVIOUS_IN_BATCH, TraceTable } from './trace-table';
import { NONE } from '../../otlp/id-table';

const SECOND = 1000;
const TICKS_OF_GRACE = 3;

/** The batches. */
export class DecisionWheel {
  /** Number of closed batches that wait: with the open one, the ticks that empty the wheel. */
  public readonly closedBatches: number;
  private readonly rootBatches: number;
  private readonly quietBatches: number;
  private readonly waitsForRoots: boolean;
  private next = 0;
  /** The trace that `look` gives next. */
  private cursor = NONE;
  // One slot more than waiting batches: that of the batch taken last, which is decided in slices.
  private readonly slots: number;
  private readonly heads: Int32Array;
  private readonly tails: Int32Array;
  private readonly missing: Float64Array;

  public constructor(
    private readonly traces: TraceTable,
    waitMs: number, waitAfterRootMs: number, quietMs = 0,
  ) {
    this.closedBatches = Math.max(1, Math.floor(waitMs / SECOND));
    this.rootBatches = Math.floor(waitAfterRootMs / SECOND);
    // Quiet for at least so long: the tick that is under way is no whole second.
    this.quietBatches = Math.ceil(quietMs / SECOND);
    this.waitsForRoots = waitAfterRootMs > 0 || quietMs > 0;
    this.slots = this.closedBatches + 2;
    this.heads = new Int32Array(this.slots).fill(NONE);
    this.tails = new Int32Array(this.slots).fill(NONE);
    this.missing = new Float64Array(this.slots);
  }

  /** Number of the batch that new traces are put in: it is decided last. */
  public get openBatch(): number {
    return this.next + this.closedBatches;
  }

  /** Number of the batch that the next tick takes: behind a tick, all before it were decided. */
  public get nextBatch(): number {
    return this.next;
  }

  /**
   * Number of ticks after which a trace whose root was not seen is a straggler among those that
   * were decided by their root; 0 when none is, as all wait alike or almost so.
   */
  public get stragglerTicks(): number {
    const ticks = Math.max(this.rootBatches, this.quietBatches) + TICKS_OF_GRACE;
    return this.waitsForRoots && ticks * 2 <= this.closedBatches ? ticks : 0;
  }

  /** The first trace that arrived `ticks` ticks ago and is still in the batch of its arrival. */
  public firstWaitingFor(ticks: number): number {
    const batch = this.next - ticks + this.closedBatches;
    return batch < this.next ? NONE : this.heads[batch % this.slots];
  }

  /**
   * Puts a trace that is in no batch into the open one, or into that which was open when its first
   * span came, so many ticks ago.
   */
  public add(trace: number, ticksAgo = 0): void {
    const batch = this.next + Math.max(0, this.closedBatches - ticksAgo);
    this.traces.words[trace + DEADLINE] = batch;
    this.append(trace, batch);
  }

  /** The trace's root was seen: it is decided sooner, if that is sooner. */
  public rootSeen(trace: number): void {
    const batch = this.next + Math.max(this.rootBatches, this.quietBatches);
    if (batch < this.traces.words[trace + BATCH]) this.move(trace, batch);
  }

  /** More spans of a trace arrived whose root was seen: its time of quiet begins anew. */
  public stirred(trace: number): void {
    const { words } = this.traces;
    const batch = Math.min(this.next + this.quietBatches, words[trace + DEADLINE]);
    if (batch > words[trace + BATCH]) this.move(trace, batch);
  }

  /** A trace of the batch that is decided soonest, which it is still in; NONE when none waits. */
  public soonest(): number {
    for (let batch = Math.max(0, this.next - 1); batch <= this.next + this.closedBatches;) {
      const trace = this.heads[batch % this.slots];
      if (trace !== NONE) return trace;
      batch += 1;
    }
    return NONE;
  }

  /** Takes a trace out of its batch, if it is in one. */
  public remove(trace: number): void {
    const { words } = this.traces;
    const batch = words[trace + BATCH];
    if (batch === NONE) return;
    if (trace === this.cursor) this.cursor = words[trace + NEXT_IN_BATCH];
    const slot = batch % this.slots;
    const after = words[trace + NEXT_IN_BATCH];
    const before = words[trace + PREVIOUS_IN_BATCH];
    if (before === NONE) this.heads[slot] = after;
    else words[before + NEXT_IN_BATCH] = after;
    if (after === NONE) this.tails[slot] = before;
    else words[after + PREVIOUS_IN_BATCH] = before;
    words[trace + BATCH] = NONE;
  }

  /** As remove, for a trace whose spans are gone before it was decided: its batch counts it. */
  public lose(trace: number): void {
    const batch = this.traces.words[trace + BATCH];
    if (batch !== NONE) this.missing[batch % this.slots] += 1;
    this.remove(trace);
  }

  /** A tick: closes the open batch and takes the oldest one. The one before must be empty. */
  public turn(): void {
    this.next += 1;
    this.lookAgain();
  }

  /** `look` begins anew with what is left of the batch taken last. */
  public lookAgain(): void {
    this.cursor = this.heads[(this.next - 1) % this.slots];
  }

  /** Whether a trace is in the batch taken last. */
  public isDue(trace: number): boolean {
    return this.traces.words[trace + BATCH] === this.next - 1;
  }

  /** One trace after another of the batch taken last, which stay in it; NONE behind the last. */
  public look(): number {
    const trace = this.cursor;
    if (trace !== NONE) this.cursor = this.traces.words[trace + NEXT_IN_BATCH];
    return trace;
  }

  /** Whether a trace that `take` just gave had waited for as long as any trace may. */
  public waitedInFull(trace: number): boolean {
    return this.traces.words[trace + DEADLINE] === this.next - 1;
  }

  /** A trace of the batch taken last, no longer in it, or NONE when none is left. */
  public take(): number {
    if (this.next === 0) return NONE;
    const trace = this.heads[(this.next - 1) % this.slots];
    if (trace !== NONE) this.remove(trace);
    return trace;
  }

  /** Number of traces that were lost from the batch taken last; asking forgets them. */
  public takeMissing(): number {
    const slot = (this.next + this.slots - 1) % this.slots;
    const count = this.missing[slot];
    this.missing[slot] = 0;
    return count;
  }

  private move(trace: number, batch: number): void {
    // A trace of the batch taken last is about to be decided.
    if (this.traces.words[trace + BATCH] < this.next) return;
    this.remove(trace);
    this.append(trace, batch);
  }

  private append(trace: number, batch: number): void {
    const { words } = this.traces;
    const slot = batch % this.slots;
    const last = this.tails[slot];
    words[trace + BATCH] = batch;
    words[trace + NEXT_IN_BATCH] = NONE;
    words[trace + PREVIOUS_IN_BATCH] = last;
    if (last === NONE) this.heads[slot] = trace;
    else words[last + NEXT_IN_BATCH] = trace;
    this.tails[slot] = trace;
  }
}
