/**
 * Takes up what an earlier process held: spans that are undecided are held again, those that were
 * to leave leave again, and what was dropped or taken over is passed by.
 */
import type { FoundArrival } from './arrival-record';
import type { Journal } from './journal';
import type { TakeVerdict } from './known-facts';
import { WordList } from './word-list';
import type { Logger } from '../../../telemetry/logger';
import type { Arrival } from '../arrival';
import type { HeldTraces } from '../held-traces';
import type { Intake } from '../intake';
import type { Outbox } from '../outbox';
import { LEARNED } from '../trace-table';
import type { ReleaseNote, Verdicts } from '../verdicts';

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
  /** What is written on spans; absent where nothing is. */
  readonly verdicts?: Verdicts;
  /** Where it says what it found. */
  readonly log: Logger;
}

/** A replay. */
export class Replay {
  /** Whether it was stopped before its end. */
  public isStopped = false;
  private arrivalNow?: FoundArrival;
  /** Ids of traces whose spans of this arrival have left again, and in which parcel the last. */
  private readonly again = new WordList();
  private lastAgain = 0;
  private spans = 0;

  public constructor(private readonly options: ReplayOptions) {}

  /** Remembers the verdicts. */
  public recall(): void {
    const { journal: { known, metrics }, traces } = this.options;
    known.eachVerdict((...verdict) => traces.recall(...verdict));
    metrics.replayedVerdicts.add(known.size);
  }

  /** Gives the verdicts that an earlier process answered for. */
  public eachOwnVerdict(take: TakeVerdict): void {
    this.options.journal.known.eachVerdict((w0, w1, w2, w3, verdict) => {
      if ((verdict.flags & LEARNED) === 0) take(w0, w1, w2, w3, verdict);
    });
  }

  /** Takes the spans up; `onWait` is told when that has to wait for the next component. */
  public async run(onWait: () => void): Promise<void> {
    const { journal, outbox, log } = this.options;
    const { size: verdicts } = journal.known;
    await journal.eachArrival(async (arrival) => {
      this.takeUp(arrival);
      if (!outbox.isFull) return;
      onWait();
      await new Promise<void>((resolve) => outbox.onRoom(resolve));
    }, () => !this.isStopped);
    if (this.isStopped) return;
    journal.facts.replayedTo = undefined;
    journal.replayed();
    journal.metrics.replayedSpans.add(this.spans);
    if (this.spans === 0 && verdicts === 0) return;
    log.info('Took up what the journal holds of an earlier process.', {
      spans: this.spans, verdicts,
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

  /** What is written on spans that leave now, if they were held when their trace was decided. */
  public noteOf(ids: Int32Array, at: number): ReleaseNote | undefined {
    const { verdicts, journal: { known } } = this.options;
    if (verdicts === undefined || this.arrivalNow === undefined) return undefined;
    const kept = known.keptHeld(this.arrivalNow, ids, at);
    return kept && verdicts.again(kept);
  }

  /** Spans of a kept trace leave again. */
  public late(ids: Int32Array, at: number): void {
    this.again.pushId(ids[at], ids[at + 1], ids[at + 2], ids[at + 3]);
  }

  /** All of them have left. */
  public passedOn(): void {
    this.lastAgain = this.options.journal.facts.parcels;
  }

  private takeUp(found: FoundArrival): void {
    const { journal, arrival, intake } = this.options;
    const { facts } = journal;
    const before = facts.parcels;
    this.arrivalNow = found;
    journal.replaying = found.number;
    facts.replayedTo = found.number;
    arrival.journal = this;
    arrival.replay = this;
    arrival.ageMs = Math.max(0, journal.known.time - found.time);
    try {
      intake.place([found.request]);
      // What was on its way to other pods has been placed anew.
      for (const parcel of journal.known.undoneParcels(found.number)) facts.holdHere(parcel);
    } finally {
      const ids = this.again.takeFrom(0);
      if (ids.length > 0) {
        facts.leftAgain({ arrival: found.number, first: before + 1, last: this.lastAgain, ids });
      }
      journal.replaying = 0;
      arrival.journal = journal;
      arrival.replay = undefined;
      arrival.ageMs = 0;
      this.arrivalNow = undefined;
    }
  }
}
