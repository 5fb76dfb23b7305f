/** Remembers the traces decided last, for spans that come after their trace was let go. */
import { ID_WORDS, IdTable, NONE } from './id-table';

const NEWER = ID_WORDS;
const OLDER = ID_WORDS + 1;
/** The first word of what is noted with an id. */
export const NOTE = ID_WORDS + 2;

/** A set of trace ids that forgets the one asked for longest ago. */
export class DecisionCache {
  private readonly table: IdTable;
  private newest = NONE;
  private oldest = NONE;

  /** A cache of `limit` ids, each with so many words; zero or less remembers none. */
  public constructor(private readonly limit: number, noteWords = 0) {
    this.table = new IdTable(NOTE + noteWords, limit);
  }

  /** The records of ids; read it anew after every `add`. */
  public get words(): Int32Array {
    return this.table.words;
  }

  /** Whether anything is ever remembered. */
  public get enabled(): boolean {
    return this.limit > 0;
  }

  /** Whether this id is remembered; if so, it is now the one that is forgotten last. */
  public has(w0: number, w1: number, w2: number, w3: number): boolean {
    return this.find(w0, w1, w2, w3) !== NONE;
  }

  /** As `has`, but gives where the id's record is, or NONE. */
  public find(w0: number, w1: number, w2: number, w3: number): number {
    if (this.table.size === 0) return NONE;
    const record = this.table.find(w0, w1, w2, w3);
    if (record === NONE) return NONE;
    this.unlink(record);
    this.link(record);
    return record;
  }

  /** Remembers this id; gives where its record is, or NONE where nothing is remembered. */
  public add(w0: number, w1: number, w2: number, w3: number): number {
    if (this.limit <= 0) return NONE;
    const known = this.find(w0, w1, w2, w3);
    if (known !== NONE) return known;
    if (this.table.size >= this.limit) {
      const forgotten = this.oldest;
      this.unlink(forgotten);
      this.table.remove(forgotten);
    }
    const record = this.table.insert(w0, w1, w2, w3);
    this.link(record);
    return record;
  }

  private link(record: number): void {
    const { words } = this.table;
    words[record + NEWER] = NONE;
    words[record + OLDER] = this.newest;
    if (this.newest === NONE) this.oldest = record;
    else words[this.newest + NEWER] = record;
    this.newest = record;
  }

  private unlink(record: number): void {
    const { words } = this.table;
    const newer = words[record + NEWER];
    const older = words[record + OLDER];
    if (newer === NONE) this.newest = older;
    else words[newer + OLDER] = older;
    if (older === NONE) this.oldest = newer;
    else words[older + NEWER] = newer;
  }
}
