/**
 * Takes up what an earlier process held: spans that are undecided are held again, those that were
 * to leave leave again, and what was dropped or taken over is passed by.
 */
import type { FoundArrival } from './arrival-record';
import type { Journal } from './journal';
import type { TakeVerdict } from './known-facts';
import type { Logger } from '../../../telemetry/logger';
import type { Arrival } from '../arrival';
import type { HeldTraces } from '../held-traces';
import type { Intake } from '../intake';
import type { Outbox } from '../outbox';
import { LEARNED } from '../trace-table';
import type { ReleaseNote } from '../verdicts';

/** What a replay works with. */
export interface ReplayOptions {
  /** What is replayed. */
  readonly journal: Journal;
  /** Remembers verdicts. */
  readonly traces: HeldTraces;
  /** Takes requests. */
  readonly arrival: Arrival;
  /** Takes requests whole. */
  readonly intake: Intake;
  /** Where they leave. */
  readonly outbox: Outbox;
  /** Where it says what it found. */
  readonly log: Logger;
}

/** A replay. */
export class Replay {
  /** Whether it was stopped before its end. */
  public isStopped = false;
  private arrivalNow?: FoundArrival;
  private readonly parcelsBefore: number;
  private spans = 0;

  public constructor(private readonly options: ReplayOptions) {
    this.parcelsBefore = options.journal.facts.parcels;
  }

  /** Remembers the verdicts. */
  public recall(): void {
    const { journal: { known, metrics }, traces } = this.options;
    known.eachVerdict((...verdict) => traces.recall(...verdict));
    metrics.replayedVerdicts.add(known.size);
  }

  /** Gives the verdicts that an earlier process answered for. */
  public eachOwnVerdict(take: TakeVerdict): void {
    this.options.journal.known.eachVerdict((w0, w1, w2, w3, isKept, flags, high, low) => {
      if ((flags & LEARNED) === 0) take(w0, w1, w2, w3, isKept, flags, high, low);
    });
  }

  /** Takes the spans up; `onWait` is told when that has to wait for the next component. */
  public async run(onWait: () => void): Promise<void> {
    const { journal, outbox, log } = this.options;
    await journal.eachArrival(async (arrival) => {
      if (this.isStopped) return;
      this.takeUp(arrival);
      if (!outbox.isFull) return;
      onWait();
      await new Promise<void>((resolve) => outbox.onRoom(resolve));
    });
    if (this.isStopped) return;
    journal.replayed();
    journal.metrics.replayedSpans.add(this.spans);
    if (this.spans === 0 && journal.known.size === 0) return;
    log.info('Took up what the journal holds of an earlier process.', {
      spans: this.spans, verdicts: journal.known.size,
    });
  }

  /** Takes up nothing more. */
  public stop(): void {
    this.isStopped = true;
  }

  /** Whether spans of a trace are still to be taken up. */
  public wants(ids: Int32Array, at: number, spans: number): boolean {
    const isUndone = this.arrivalNow !== undefined
      && this.options.journal.known.isUndone(this.arrivalNow, ids, at);
    if (isUndone) this.spans += spans;
    return isUndone;
  }

  /** Spans of a kept trace leave again: until they are taken over, so they would once more. */
  public late(ids: Int32Array, at: number, flags: number, note?: ReleaseNote): void {
    this.options.journal.facts.keep(ids, at, flags, note, this.parcelsBefore);
  }

  private takeUp(found: FoundArrival): void {
    const { journal, arrival, intake } = this.options;
    this.arrivalNow = found;
    journal.arrivalNow = found.number;
    arrival.journal = this;
    arrival.replay = this;
    arrival.ageMs = Math.max(0, journal.known.time - found.time);
    journal.facts.isAgain = true;
    try {
      intake.place([found.request]);
      // What was on its way to other pods has been placed anew.
      for (const parcel of journal.known.undoneParcels(found.number)) {
        journal.facts.holdHere(parcel);
      }
    } finally {
      journal.arrivalNow = 0;
      arrival.journal = journal;
      arrival.replay = undefined;
      arrival.ageMs = 0;
      journal.facts.isAgain = false;
      this.arrivalNow = undefined;
    }
  }
}
