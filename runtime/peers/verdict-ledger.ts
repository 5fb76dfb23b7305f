/**
 * The verdicts that this pod answers for. Each verdict has one such pod: the one that decided, then
 * whoever took it over. Copies elsewhere are only remembered by the holders.
 */
import type { VerdictNote } from './verdict-note';
import { AgedTable, OWN } from '../otlp/aged-table';
import { NONE } from '../otlp/id-table';

/** IS_KEPT and what else is told. */
const FLAGS = OWN;
/** How often it came back: a hand-over that was sent before it did passes nothing on. */
const IMPORTS = OWN + 1;
/** The note: its threshold, and the number of its policy among all that were met. */
const HIGH = OWN + 2;
const LOW = OWN + 3;
const POLICY = OWN + 4;
const OWN_WORDS = 5;
const IS_KEPT = 1;
const IS_NOTED = 2;
const IS_BY_ID = 4;
/** Policies that are remembered; other pods may name any number of them. */
const MOST_NAMES = 1000;
/** In quiet times every pod decides about its own. */
const FIRST_RECORDS = 64;

/** Told of each verdict on a walk. */
export type VerdictVisitor = (
  w0: number, w1: number, w2: number, w3: number, isKept: boolean,
) => void;

/** The verdicts. */
export class VerdictLedger {
  private readonly table: AgedTable;
  private cursor = NONE;
  private readonly names = [''];
  private readonly numbers = new Map([['', 0]]);

  /** At most `limit` verdicts; then the oldest is forgotten. */
  public constructor(limit: number) {
    this.table = new AgedTable(OWN_WORDS, limit, FIRST_RECORDS);
  }

  /** Number of verdicts. */
  public get size(): number {
    return this.table.size;
  }

  /** Whether this pod answers for the trace. */
  public has(w0: number, w1: number, w2: number, w3: number): boolean {
    return this.table.find(w0, w1, w2, w3) !== NONE;
  }

  /** 1 for kept, 0 for not kept, NONE when this pod does not answer for it. */
  public verdictOf(w0: number, w1: number, w2: number, w3: number): number {
    const record = this.table.find(w0, w1, w2, w3);
    return record === NONE ? NONE : this.table.words[record + FLAGS] & IS_KEPT;
  }

  /** What is written on spans of a trace that was kept, if anything is. */
  public noteOf(w0: number, w1: number, w2: number, w3: number): VerdictNote | undefined {
    const record = this.table.find(w0, w1, w2, w3);
    const { words } = this.table;
    if (record === NONE || (words[record + FLAGS] & IS_NOTED) === 0) return undefined;
    return {
      high: words[record + HIGH],
      low: words[record + LOW] >>> 0,
      policy: this.names[words[record + POLICY]],
      isById: (words[record + FLAGS] & IS_BY_ID) !== 0,
    };
  }

  /** This pod answers for it from now on, or once more. */
  public add(
    w0: number, w1: number, w2: number, w3: number, isKept: boolean, note?: VerdictNote,
  ): void {
    let record = this.table.find(w0, w1, w2, w3);
    if (record === NONE) {
      if (this.cursor !== NONE && this.cursor === this.table.oldest) this.step();
      record = this.table.insert(w0, w1, w2, w3);
      this.table.words[record + FLAGS] = isKept ? IS_KEPT : 0;
      if (isKept && note !== undefined) this.write(record, note);
    }
    this.table.words[record + IMPORTS] += 1;
  }

  /** How often it came; NONE when this pod does not answer for it. */
  public importsOf(w0: number, w1: number, w2: number, w3: number): number {
    const record = this.table.find(w0, w1, w2, w3);
    return record === NONE ? NONE : this.table.words[record + IMPORTS];
  }

  /** Another pod answers for it now. */
  public remove(w0: number, w1: number, w2: number, w3: number): void {
    const record = this.table.find(w0, w1, w2, w3);
    if (record === NONE) return;
    if (record === this.cursor) this.step();
    this.table.remove(record);
  }

  /** The next walk begins with the oldest verdict. */
  public rewind(): void {
    this.cursor = this.table.oldest;
  }

  /** Whether the walk has passed all verdicts. */
  public get isWalked(): boolean {
    return this.cursor === NONE;
  }

  /** Tells `visitor` of the next `most` verdicts; it must add and remove none. */
  public walk(most: number, visitor: VerdictVisitor): void {
    const { words } = this.table;
    for (let i = 0; i < most && this.cursor !== NONE; i += 1) {
      const record = this.cursor;
      visitor(words[record], words[record + 1], words[record + 2], words[record + 3],
        (words[record + FLAGS] & IS_KEPT) !== 0);
      this.step();
    }
  }

  /** Whether `test` holds for every verdict. */
  public every(test: (w0: number, w1: number, w2: number, w3: number) => boolean): boolean {
    const { words } = this.table;
    for (let at = this.table.oldest; at !== NONE; at = this.table.newerThan(at)) {
      if (!test(words[at], words[at + 1], words[at + 2], words[at + 3])) return false;
    }
    return true;
  }

  private write(record: number, { high, low, policy, isById }: VerdictNote): void {
    const { words } = this.table;
    words[record + FLAGS] |= IS_NOTED | (isById ? IS_BY_ID : 0);
    words[record + HIGH] = high;
    words[record + LOW] = low;
    words[record + POLICY] = this.numberOf(policy);
  }

  private numberOf(policy: string): number {
    const known = this.numbers.get(policy);
    if (known !== undefined) return known;
    if (this.names.length > MOST_NAMES) return 0;
    this.numbers.set(policy, this.names.length);
    return this.names.push(policy) - 1;
  }

  private step(): void {
    this.cursor = this.table.newerThan(this.cursor);
  }
}
