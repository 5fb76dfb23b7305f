/**
 * Says which files of a journal are over.
 *
 * A file of arrivals is when every trace that began by its end has been decided, which the wheel of
 * decisions tells, when all parcels that had left by then were taken over, and when what it holds
 * for other pods was. A file of facts is when all arrivals are gone that were there before its end,
 * and newer files hold as many verdicts as the sampler remembers.
 */
import type { Segment } from '../../../storage/segment';

/** Files of facts are kept for their verdicts up to this number. */
const MOST_FACT_FILES = 64;

interface ArrivalFile {
  readonly segment: Segment;
  first: number;
  last: number;
  /** Batch by which all its traces are decided. */
  deadline: number;
  /** The batch that was open when it was begun. */
  readonly begun: number;
  /** The last parcel that had left when all were decided. */
  parcels?: number;
  /** An arrival in it that was found to be elsewhere: of tens of thousands one is looked up. */
  elsewhere?: number;
}

interface FactFile {
  readonly segment: Segment;
  verdicts: number;
  arrivals: number;
}

/** What is asked of the wheel of decisions. */
export interface Wheel {
  /** Number of the batch that new traces are put in; it is decided last. */
  readonly openBatch: number;
  /** All batches with smaller numbers have been decided. */
  readonly nextBatch: number;
}

/** Knows what files hold. */
export class Retirement {
  private readonly arrivals = new Map<Segment, ArrivalFile>();
  private readonly facts = new Map<Segment, FactFile>();
  /** Arrivals with spans that are on their way to other pods, and in how many parcels. */
  private readonly elsewhere = new Map<number, number>();

  public constructor(private readonly wheel: Wheel) {}

  /** An arrival stands in a file. */
  public arrivalIn(segment: Segment, number: number): void {
    const { openBatch } = this.wheel;
    const file = this.arrivals.get(segment);
    if (file === undefined) {
      this.arrivals.set(segment, {
        segment, first: number, last: number, deadline: openBatch, begun: openBatch,
      });
      return;
    }
    file.first = Math.min(file.first, number);
    file.last = Math.max(file.last, number);
    file.deadline = openBatch;
  }

  /** Facts stand in a file: so many verdicts, of which none is about later arrivals. */
  public factsIn(segment: Segment, verdicts: number, arrivals: number): void {
    const file = this.facts.get(segment) ?? { segment, verdicts: 0, arrivals: 0 };
    file.verdicts += verdicts;
    file.arrivals = Math.max(file.arrivals, arrivals);
    this.facts.set(segment, file);
  }

  /** All traces of all files were held anew just now: they are decided when these are. */
  public heldAnew(): void {
    for (const file of this.arrivals.values()) file.deadline = this.wheel.openBatch;
  }

  /** Whether a file was begun so many ticks ago. */
  public isOlderThan(segment: Segment, ticks: number): boolean {
    const file = this.arrivals.get(segment);
    return file !== undefined && this.wheel.openBatch - file.begun >= ticks;
  }

  /** Files of arrivals that are over, when `parcels` have left and `oldest` is the first left. */
  public spentArrivals(parcels: number, oldest: number): Segment[] {
    const spent: Segment[] = [];
    for (const file of this.arrivals.values()) {
      const { segment, deadline } = file;
      if (!segment.isSealed || deadline >= this.wheel.nextBatch) continue;
      // A pod may be silent for hours: what came later must not stay with what waits for it.
      if (this.isElsewhere(file)) continue;
      file.parcels ??= parcels;
      if (oldest > file.parcels) spent.push(segment);
    }
    return spent;
  }

  /** Files of facts that are over, when so many verdicts are remembered. */
  public spentFacts(remembered: number): Segment[] {
    const spent: Segment[] = [];
    let oldestArrival = Infinity;
    for (const { first } of this.arrivals.values()) {
      oldestArrival = Math.min(oldestArrival, first);
    }
    const files = [...this.facts.values()];
    let newer = files.reduce((sum, { verdicts }) => sum + verdicts, 0);
    for (const [at, { segment, verdicts, arrivals }] of files.entries()) {
      newer -= verdicts;
      const isNeeded = newer < remembered && files.length - at <= MOST_FACT_FILES;
      if (!segment.isSealed || isNeeded || arrivals >= oldestArrival) break;
      spent.push(segment);
    }
    return spent;
  }

  /** A file was deleted. */
  public forget(segment: Segment): void {
    this.arrivals.delete(segment);
    this.facts.delete(segment);
  }

  /** All files of arrivals. */
  public allArrivals(): Segment[] {
    return [...this.arrivals.keys()];
  }

  /** Spans of an arrival are on their way to another pod. */
  public leftBehind(arrival: number): void {
    this.elsewhere.set(arrival, (this.elsewhere.get(arrival) ?? 0) + 1);
  }

  /** They are not any more. */
  public broughtIn(arrival: number): void {
    const left = (this.elsewhere.get(arrival) ?? 0) - 1;
    if (left > 0) this.elsewhere.set(arrival, left);
    else this.elsewhere.delete(arrival);
  }

  /** They are held here after all, and decided with what arrives now. */
  public heldHere(arrival: number): void {
    for (const file of this.arrivals.values()) {
      if (arrival < file.first || arrival > file.last) continue;
      file.deadline = this.wheel.openBatch;
      file.parcels = undefined;
    }
  }

  private isElsewhere(file: ArrivalFile): boolean {
    const { elsewhere } = this;
    if (file.elsewhere !== undefined && elsewhere.has(file.elsewhere)) return true;
    file.elsewhere = undefined;
    for (const arrival of elsewhere.keys()) {
      if (arrival < file.first || arrival > file.last) continue;
      file.elsewhere = arrival;
      return true;
    }
    return false;
  }
}
