/** What the facts of an earlier process say about the spans that it had. */
import type { FoundArrival } from './arrival-record';
import {
  KEPT_FLAGS, KEPT_HIGH, KEPT_WORDS, type Elsewhere, type Facts, type KeptGroup,
} from './fact-record';
import { NumberSet } from './number-set';
import { AgedTable, OWN } from '../../../otlp/aged-table';
import { NONE } from '../../../otlp/id-table';

/** Number of the verdict's group, or DROPPED. */
const GROUP = OWN;
const FLAGS = OWN + 1;
const HIGH = OWN + 2;
const LOW = OWN + 3;
const OWN_WORDS = 4;
const DROPPED = -1;
const ID_WORDS = 4;

/** More verdicts than any files hold that are read. */
const MOST_VERDICTS = 2 ** 23;
const FIRST_VERDICTS = 1024;

/** Told of a verdict. */
export type TakeVerdict = (
  w0: number, w1: number, w2: number, w3: number,
  isKept: boolean, flags: number, high: number, low: number,
) => void;

/** Facts of all records. */
export class KnownFacts {
  /** Number of the last arrival that any of them names. */
  public arrivals = 0;
  /** Number of the last parcel. */
  public parcels = 0;
  /** The latest time that any of them tells. */
  public time = 0;
  private readonly verdicts = new AgedTable(OWN_WORDS, MOST_VERDICTS, FIRST_VERDICTS);
  private readonly groups: KeptGroup[] = [];
  private readonly done = new NumberSet();
  private readonly held = new NumberSet();
  private readonly elsewhere = new Map<number, Elsewhere[]>();

  /** Number of verdicts. */
  public get size(): number {
    return this.verdicts.size;
  }

  /** Adds the facts of a record, which are newer than those before. */
  public add(facts: Facts): void {
    const { groups, kept, dropped, done, held, elsewhere, time, arrivals } = facts;
    this.time = Math.max(this.time, time);
    this.arrivals = Math.max(this.arrivals, arrivals);
    let at = 0;
    for (const group of groups) {
      const number = this.groups.push(group) - 1;
      this.parcels = Math.max(this.parcels, group.last);
      for (const end = at + group.count * KEPT_WORDS; at < end; at += KEPT_WORDS) {
        const record = this.verdictAt(kept, at);
        const { words } = this.verdicts;
        words[record + GROUP] = number;
        words[record + FLAGS] = kept[at + KEPT_FLAGS];
        words[record + HIGH] = kept[at + KEPT_HIGH];
        words[record + LOW] = kept[at + KEPT_HIGH + 1];
      }
    }
    for (at = 0; at < dropped.length; at += ID_WORDS) {
      const record = this.verdictAt(dropped, at);
      this.verdicts.words[record + GROUP] = DROPPED;
    }
    for (const parcel of done) this.done.add(parcel);
    for (const parcel of held) this.held.add(parcel);
    for (const entry of elsewhere) this.addElsewhere(entry);
    for (const parcel of done) this.parcels = Math.max(this.parcels, parcel);
  }

  /** Adds what an arrival says of numbers and of the time. */
  public addArrival({ number, last, time }: FoundArrival): void {
    this.arrivals = Math.max(this.arrivals, number);
    this.parcels = Math.max(this.parcels, last);
    this.time = Math.max(this.time, time);
  }

  /** Gives all verdicts, the oldest one first. */
  public eachVerdict(take: TakeVerdict): void {
    const { words } = this.verdicts;
    for (let at = this.verdicts.oldest; at !== NONE; at = this.verdicts.newerThan(at)) {
      take(words[at], words[at + 1], words[at + 2], words[at + 3],
        words[at + GROUP] !== DROPPED, words[at + FLAGS], words[at + HIGH], words[at + LOW]);
    }
  }

  /**
   * Whether the spans that an arrival brought of the trace whose id stands in `ids` from `at` are
   * still the journal's: neither dropped nor known to have been taken over by somebody.
   */
  public isUndone(arrival: FoundArrival, ids: Int32Array, at: number): boolean {
    const found = this.verdicts.find(ids[at], ids[at + 1], ids[at + 2], ids[at + 3]);
    const number = found === NONE ? NONE : this.verdicts.words[found + GROUP];
    if (found !== NONE && number === DROPPED) return false;
    const group = found === NONE ? undefined : this.groups[number];
    const isCovered = group !== undefined && arrival.number <= group.upTo;
    if (isCovered && group.isAgain) return !this.done.hasAll(group.first, group.last);
    const parcel = this.parcelOf(arrival.number, ids, at);
    if (parcel !== undefined && !this.held.has(parcel)) return !this.done.has(parcel);
    if (group !== undefined && indexOfId(arrival.late, ids, at) >= 0) {
      return !this.done.hasAll(arrival.first, arrival.last);
    }
    return !isCovered || !this.done.hasAll(group.first, group.last);
  }

  /** Parcels for other pods with spans of an arrival that nobody is known to have taken over. */
  public undoneParcels(arrival: number): number[] {
    return (this.elsewhere.get(arrival) ?? []).map(({ parcel }) => parcel)
      .filter((parcel) => !this.done.has(parcel) && !this.held.has(parcel));
  }

  private verdictAt(ids: Int32Array, at: number): number {
    const { verdicts } = this;
    const [w0, w1, w2, w3] = [ids[at], ids[at + 1], ids[at + 2], ids[at + 3]];
    const known = verdicts.find(w0, w1, w2, w3);
    if (known === NONE) return verdicts.insert(w0, w1, w2, w3);
    verdicts.renew(known);
    return known;
  }

  private addElsewhere(entry: Elsewhere): void {
    this.parcels = Math.max(this.parcels, entry.parcel);
    const others = this.elsewhere.get(entry.arrival);
    if (others === undefined) this.elsewhere.set(entry.arrival, [entry]);
    else others.push(entry);
  }

  /** The last parcel in which an arrival's spans of a trace went to another pod, if they did. */
  private parcelOf(arrival: number, ids: Int32Array, at: number): number | undefined {
    const entries = this.elsewhere.get(arrival) ?? [];
    for (let i = entries.length - 1; i >= 0; i -= 1) {
      if (indexOfId(entries[i].ids, ids, at) >= 0) return entries[i].parcel;
    }
    return undefined;
  }
}

/** Where the id that stands in `ids` from `at` stands in `list`, or -1. */
function indexOfId(list: Int32Array, ids: Int32Array, at: number): number {
  for (let i = 0; i < list.length; i += ID_WORDS) {
    if (list[i] === ids[at] && list[i + 1] === ids[at + 1] && list[i + 2] === ids[at + 2]
      && list[i + 3] === ids[at + 3]) return i;
  }
  return -1;
}
