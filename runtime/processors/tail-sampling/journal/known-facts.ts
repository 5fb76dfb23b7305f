/** What the facts of an earlier process say about the spans that it had. */
import type { FoundArrival } from './arrival-record';
import {
  AS_LATE, KEPT_FLAGS, KEPT_HIGH, KEPT_NAMES, KEPT_WORDS, NAME_BITS, NAME_MASK,
  type Again, type Elsewhere, type Facts, type KeptGroup,
} from './fact-record';
import { NumberSet } from './number-set';
import { AgedTable, OWN } from '../../../otlp/aged-table';
import { NONE } from '../../../otlp/id-table';
import { BY_ID, LEARNED } from '../trace-table';
import type { KeptBefore } from '../verdicts';

/** Number of the verdict's group, or DROPPED. */
const GROUP = OWN;
const FLAGS = OWN + 1;
const HIGH = OWN + 2;
const LOW = OWN + 3;
const NAMES = OWN + 4;
const OWN_WORDS = 5;
const DROPPED = -1 as const;
const ID_WORDS = 4;

/** More verdicts than any files hold that are read. */
const MOST_VERDICTS = 2 ** 23;
const FIRST_VERDICTS = 1024;

/** A verdict of an earlier process. */
export interface VerdictBefore extends KeptBefore {
  /** Whether the trace is kept; what follows is of kept ones. */
  readonly isKept: boolean;
  /** Flags of its record: BY_ID, LEARNED or none. */
  readonly flags: number;
}

/** Told of a verdict. */
export type TakeVerdict = (
  w0: number, w1: number, w2: number, w3: number, verdict: VerdictBefore,
) => void;

/** Facts of all records. */
export class KnownFacts {
  /** Number of the last arrival that any of them names. */
  public arrivals = 0;
  /** Number of the last parcel. */
  public parcels = 0;
  private readonly verdicts = new AgedTable(OWN_WORDS, MOST_VERDICTS, FIRST_VERDICTS);
  private readonly groups: KeptGroup[] = [];
  private readonly done = new NumberSet();
  private readonly held = new NumberSet();
  private readonly elsewhere = new Map<number, Elsewhere[]>();
  private readonly again = new Map<number, Again[]>();
  /** Names of policies, and where each stands; none is at 0. */
  private readonly names = [''];
  private readonly placeOf = new Map<string, number>();

  public constructor(
    /** The latest time that any of them tells. */
    public time = 0,
  ) {}

  /** Number of verdicts. */
  public get size(): number {
    return this.verdicts.size;
  }

  /** Adds the facts of a record, which are newer than those before. */
  public add(facts: Facts): void {
    const { groups, kept, dropped, done, held, elsewhere, again, time, arrivals } = facts;
    const places = facts.names.map((name) => this.placeFor(name));
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
        const names = kept[at + KEPT_NAMES];
        words[record + NAMES] = (places[(names & NAME_MASK) - 1] ?? 0)
          | (places[(names >>> NAME_BITS) - 1] ?? 0) << NAME_BITS;
      }
    }
    for (at = 0; at < dropped.length; at += ID_WORDS) {
      const record = this.verdictAt(dropped, at);
      this.verdicts.words[record + GROUP] = DROPPED;
    }
    for (const parcel of done) this.done.add(parcel);
    for (const parcel of held) this.held.add(parcel);
    for (const entry of elsewhere) {
      this.parcels = Math.max(this.parcels, entry.parcel);
      addTo(this.elsewhere, entry);
    }
    for (const entry of again) {
      this.parcels = Math.max(this.parcels, entry.last);
      addTo(this.again, entry);
    }
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
      take(words[at], words[at + 1], words[at + 2], words[at + 3], this.verdictOf(at));
    }
  }

  /**
   * Whether the spans that an arrival brought of the trace whose id stands in `ids` from `at` are
   * still the journal's: neither dropped nor known to have been taken over by somebody.
   */
  public isUndone(arrival: FoundArrival, ids: Int32Array, at: number): boolean {
    const { done } = this;
    const group = this.groupOf(ids, at);
    if (group === DROPPED) return false;
    const again = lastWith(this.again.get(arrival.number), ids, at);
    if (again !== undefined) return !done.hasAll(again.first, again.last);
    const isCovered = group !== undefined && arrival.number <= group.upTo;
    if (isCovered && group.isAgain === true) return !done.hasAll(group.first, group.last);
    const parcel = lastWith(this.elsewhere.get(arrival.number), ids, at)?.parcel;
    if (parcel !== undefined && !this.held.has(parcel)) return !done.has(parcel);
    if (indexOfId(arrival.late, ids, at) >= 0) return !done.hasAll(arrival.first, arrival.last);
    return !isCovered || !done.hasAll(group.first, group.last);
  }

  /**
   * Why the spans that an arrival brought of that trace were kept, if they were held until then and
   * this process decided; undefined for all others.
   */
  public keptHeld(arrival: FoundArrival, ids: Int32Array, at: number): KeptBefore | undefined {
    const group = this.groupOf(ids, at);
    if (group === undefined || group === DROPPED || arrival.number > group.upTo) return undefined;
    if (group.last < group.first || indexOfId(arrival.late, ids, at) >= 0) return undefined;
    const found = this.verdicts.find(ids[at], ids[at + 1], ids[at + 2], ids[at + 3]);
    const isOwn = (this.verdicts.words[found + FLAGS] & (AS_LATE | BY_ID | LEARNED)) === 0;
    return isOwn ? this.verdictOf(found) : undefined;
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

  private verdictOf(at: number): VerdictBefore {
    const { words } = this.verdicts;
    const names = words[at + NAMES];
    return {
      isKept: words[at + GROUP] !== DROPPED,
      flags: words[at + FLAGS] & (BY_ID | LEARNED),
      high: words[at + HIGH],
      low: words[at + LOW] >>> 0,
      policy: this.names[names & NAME_MASK],
      part: this.names[names >>> NAME_BITS],
    };
  }

  /** The group of a kept trace; DROPPED of a dropped one, undefined of one without a verdict. */
  private groupOf(ids: Int32Array, at: number): KeptGroup | typeof DROPPED | undefined {
    const found = this.verdicts.find(ids[at], ids[at + 1], ids[at + 2], ids[at + 3]);
    if (found === NONE) return undefined;
    const number = this.verdicts.words[found + GROUP];
    return number === DROPPED ? DROPPED : this.groups[number];
  }

  private placeFor(name: string): number {
    const known = this.placeOf.get(name);
    if (known !== undefined) return known;
    if (this.names.length > NAME_MASK) return 0;
    const place = this.names.push(name) - 1;
    this.placeOf.set(name, place);
    return place;
  }
}

function addTo<T extends { readonly arrival: number }>(all: Map<number, T[]>, entry: T): void {
  const others = all.get(entry.arrival);
  if (others === undefined) all.set(entry.arrival, [entry]);
  else others.push(entry);
}

/** The last one of `entries` in which the id that stands in `ids` from `at` is. */
function lastWith<T extends { readonly ids: Int32Array }>(
  entries: readonly T[] | undefined, ids: Int32Array, at: number,
): T | undefined {
  for (let i = (entries?.length ?? 0) - 1; i >= 0; i -= 1) {
    if (indexOfId(entries![i].ids, ids, at) >= 0) return entries![i];
  }
  return undefined;
}

/** Where the id that stands in `ids` from `at` stands in `list`, or -1. */
function indexOfId(list: Int32Array, ids: Int32Array, at: number): number {
  for (let i = 0; i < list.length; i += ID_WORDS) {
    if (list[i] === ids[at] && list[i + 1] === ids[at + 1] && list[i + 2] === ids[at + 2]
      && list[i + 3] === ids[at + 3]) return i;
  }
  return -1;
}
