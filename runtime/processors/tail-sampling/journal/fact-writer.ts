/**
 * Gathers what is decided and what becomes of spans that leave, and writes it down at the end of
 * each turn. A parcel leaves only when the verdicts are written that it leaves by.
 */
import { encodeFacts, KEPT_WORDS, type Elsewhere, type KeptGroup } from './fact-record';
import { WordList } from './word-list';
import type { Payload } from '../../../pipeline/payload';
import type { ReleaseNote } from '../verdicts';

/** What facts are written with. */
export interface FactWriterOptions {
  /** Writes a record; never rejects. */
  append(record: Payload): Promise<void>;
  /** The journal's time. */
  time(): number;
}

/** Writes facts. */
export class FactWriter {
  /** Number of the last parcel. */
  public parcels = 0;
  /** Number of the last arrival. */
  public arrivals = 0;
  /** Whether what leaves now left an earlier process already. */
  public isAgain = false;
  /** Parcels that the next component has not taken yet, in the order of their numbers. */
  public readonly outstanding = new Set<number>();
  private readonly kept = new WordList();
  /** Words of kept traces that are in a group. */
  private grouped = 0;
  private groups: KeptGroup[] = [];
  /** First parcel with spans of the kept traces that are in no group yet. */
  private first = Infinity;
  private readonly remembered = new WordList();
  private readonly dropped = new WordList();
  private done: number[] = [];
  private held: number[] = [];
  private elsewhere: Elsewhere[] = [];
  private turn?: Promise<void>;

  public constructor(private readonly options: FactWriterOptions) {}

  /**
   * A trace is kept, and all spans of it that were held have been given to the writer of parcels,
   * since the parcel `after` left.
   */
  public keep(
    words: Int32Array, id: number, flags: number, note: ReleaseNote | undefined, after: number,
  ): void {
    this.kept.pushId(words[id], words[id + 1], words[id + 2], words[id + 3]);
    pushNote(this.kept, flags, note);
    this.first = Math.min(this.first, after + 1);
    void this.soon();
  }

  /** A trace is kept of which nothing was held. */
  public remember(
    w0: number, w1: number, w2: number, w3: number, flags: number, note?: ReleaseNote,
  ): void {
    this.remembered.pushId(w0, w1, w2, w3);
    pushNote(this.remembered, flags, note);
    void this.soon();
  }

  /** A trace is not kept. */
  public drop(w0: number, w1: number, w2: number, w3: number): void {
    this.dropped.pushId(w0, w1, w2, w3);
    void this.soon();
  }

  /**
   * A parcel is about to leave, with all that was kept since the last one; `parcels` is its number
   * then. The promise is fulfilled when it may leave.
   */
  public leave(): Promise<void> {
    this.parcels += 1;
    this.outstanding.add(this.parcels);
    const count = (this.kept.length - this.grouped) / KEPT_WORDS;
    if (count > 0) {
      const first = Math.min(this.first, this.parcels);
      const { parcels: last, arrivals: upTo, isAgain } = this;
      this.groups.push({ first, last, upTo, count, isAgain });
      this.grouped = this.kept.length;
      this.first = Infinity;
    }
    return this.soon();
  }

  /** A parcel was taken over, or is lost for good. */
  public end(parcel: number): void {
    this.outstanding.delete(parcel);
    this.done.push(parcel);
    void this.soon();
  }

  /** Spans of an arrival are for another pod; gives the number of their parcel. */
  public sendElsewhere(arrival: number, ids: Int32Array): number {
    this.parcels += 1;
    this.elsewhere.push({ arrival, parcel: this.parcels, ids });
    void this.soon();
    return this.parcels;
  }

  /** The spans of a parcel for another pod are held here after all. */
  public holdHere(parcel: number): void {
    this.held.push(parcel);
    void this.soon();
  }

  /** Resolves when all that was said is written. */
  public async idle(): Promise<void> {
    while (this.turn !== undefined) await this.turn;
  }

  private soon(): Promise<void> {
    this.turn ??= Promise.resolve().then(() => this.flush());
    return this.turn;
  }

  private async flush(): Promise<void> {
    this.turn = undefined;
    const { groups, done, held, elsewhere, remembered } = this;
    const kept = this.kept.takeFirst(this.grouped);
    const known = remembered.length / KEPT_WORDS;
    const words = new Int32Array(kept.length + remembered.length);
    words.set(kept);
    words.set(remembered.takeFrom(0), kept.length);
    if (known > 0) {
      groups.push({ first: 1, last: 0, upTo: 0, count: known, isAgain: false });
    }
    const dropped = this.dropped.takeFrom(0);
    this.grouped = 0;
    this.groups = [];
    this.done = [];
    this.held = [];
    this.elsewhere = [];
    const isEmpty = words.length + dropped.length + done.length + held.length === 0
      && elsewhere.length === 0;
    if (isEmpty) return;
    const { arrivals, options } = this;
    await options.append(encodeFacts({
      time: options.time(), arrivals, groups, kept: words, dropped, done, held, elsewhere,
    }));
  }
}

function pushNote(list: WordList, flags: number, note: ReleaseNote | undefined): void {
  list.push(flags);
  list.push(note?.high ?? 0);
  list.push(note?.low ?? 0);
}
