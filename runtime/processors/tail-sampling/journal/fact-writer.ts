/**
 * Gathers what is decided and what becomes of spans that leave, and writes it down at the end of
 * each turn. A parcel leaves only when the verdicts are written that it leaves by, or when the disk
 * cannot be written to: then all of it is kept here, within bounds, until it can.
 */
import {
  encodeFacts, KEPT_NAMES, KEPT_WORDS, NAME_BITS, NAME_MASK, type Again, type Elsewhere,
  type KeptGroup,
} from './fact-record';
import { WordList } from './word-list';
import type { Payload } from '../../../pipeline/payload';
import type { ReleaseNote } from '../verdicts';

/** What waits for the disk has at most so many bytes; the oldest of it is forgotten first. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024;

/** What facts are written with. */
export interface FactWriterOptions {
  /** Writes a record, and tells whether it is written; never rejects. */
  append(record: Payload): Promise<boolean>;
  /** Whether it is worth trying to. */
  canWrite(): boolean;
  /** The journal's time. */
  time(): number;
  /** Told of verdicts that are never written, for too many wait. */
  forgot(verdicts: number): void;
}

/** Writes facts. */
export class FactWriter {
  /** Number of the last parcel. */
  public parcels = 0;
  /** Number of the last arrival. */
  public arrivals = 0;
  /** Number of the last arrival that was taken up again, while that is not all of them. */
  public replayedTo?: number;
  /** Parcels that the next component has not taken yet, in the order of their numbers. */
  public readonly outstanding = new Set<number>();
  /** Gives the name of a policy by its number in notes. */
  public nameOf: (name: number) => string = () => '';
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
  private again: Again[] = [];
  /** Records that are not written yet, the first one first. */
  private readonly records: Payload[] = [];
  private recordBytes = 0;
  private turn?: Promise<void>;
  private writing?: Promise<void>;

  public constructor(private readonly options: FactWriterOptions) {}

  /** Number of verdicts that are in no file yet. */
  public get waitingVerdicts(): number {
    let verdicts = (this.kept.length + this.remembered.length) / KEPT_WORDS
      + this.dropped.length / 4;
    for (const { items } of this.records) verdicts += items;
    return verdicts;
  }

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
      const last = this.parcels;
      const first = Math.min(this.first, last);
      // What is not taken up yet is in no parcel.
      const upTo = this.replayedTo ?? this.arrivals;
      // With the first one only did a parcel become full, and leave.
      const split = first < last ? 1 : 0;
      if (split > 0) this.groups.push({ first, last, upTo, count: split });
      if (count > split) this.groups.push({ first: last, last, upTo, count: count - split });
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

  /** Spans of an arrival have left again. */
  public leftAgain(again: Again): void {
    this.again.push(again);
    void this.soon();
  }

  /** Tries to write what waits. */
  public retry(): void {
    void this.soon();
  }

  /** Resolves when all that was said is written, or cannot be. */
  public async idle(): Promise<void> {
    for (;;) {
      await this.turn;
      await this.writing;
      if (this.turn === undefined && this.writing === undefined) return;
    }
  }

  /** One record after the other: what a later one says is newer. */
  private soon(): Promise<void> {
    this.turn ??= (this.writing ?? Promise.resolve()).then(() => this.flush());
    return this.turn;
  }

  private flush(): Promise<void> {
    this.turn = undefined;
    if (!this.options.canWrite()) return Promise.resolve();
    this.gather();
    this.writing = this.write().finally(() => { this.writing = undefined; });
    return this.writing;
  }

  private async write(): Promise<void> {
    const { records, options } = this;
    while (records.length > 0) {
      if (!await options.append(records[0])) {
        this.forgetOldest();
        return;
      }
      this.recordBytes -= records[0].sizeBytes;
      records.shift();
    }
  }

  private forgetOldest(): void {
    while (this.recordBytes > MOST_WAITING_BYTES) {
      const [oldest] = this.records.splice(0, 1);
      this.recordBytes -= oldest.sizeBytes;
      this.options.forgot(oldest.items);
    }
  }

  /** Makes a record of all that was said. */
  private gather(): void {
    const { groups, done, held, elsewhere, again, remembered } = this;
    const kept = this.kept.takeFirst(this.grouped);
    const known = remembered.length / KEPT_WORDS;
    const words = new Int32Array(kept.length + remembered.length);
    words.set(kept);
    words.set(remembered.takeFrom(0), kept.length);
    if (known > 0) groups.push({ first: 1, last: 0, upTo: 0, count: known });
    const dropped = this.dropped.takeFrom(0);
    this.grouped = 0;
    this.groups = [];
    this.done = [];
    this.held = [];
    this.elsewhere = [];
    this.again = [];
    const isEmpty = words.length + dropped.length + done.length + held.length
      + elsewhere.length + again.length === 0;
    if (isEmpty) return;
    const { arrivals, options } = this;
    const names = this.takeNames(words);
    const record = encodeFacts({
      time: options.time(),
      arrivals,
      groups,
      kept: words,
      dropped,
      done,
      held,
      elsewhere,
      again,
      names,
    });
    this.records.push(record);
    this.recordBytes += record.sizeBytes;
  }

  /** Lists the names that kept traces have, which then are told by their places in the list. */
  private takeNames(kept: Int32Array): string[] {
    const places = new Map<number, number>();
    const placeOf = (name: number): number => {
      if (name === 0) return 0;
      const place = places.get(name) ?? places.size + 1;
      places.set(name, place);
      return place;
    };
    for (let at = KEPT_NAMES; at < kept.length; at += KEPT_WORDS) {
      const both = kept[at];
      if (both === 0) continue;
      kept[at] = placeOf(both & NAME_MASK) | placeOf(both >>> NAME_BITS) << NAME_BITS;
    }
    return [...places.keys()].map((name) => this.nameOf(name - 1));
  }
}

function pushNote(list: WordList, flags: number, note: ReleaseNote | undefined): void {
  list.push(flags);
  list.push(note?.high ?? 0);
  list.push(note?.low ?? 0);
  list.push(note === undefined ? 0 : placeFor(note.policy) | placeFor(note.part) << NAME_BITS);
}

/** Numbers from 1 on; names beyond what there is room for are not kept. */
function placeFor(name: number): number {
  return name < 0 || name >= NAME_MASK ? 0 : name + 1;
}
