/** Remembers the traces decided last, for spans that come after their trace was let go. */
import { ID_WORDS, IdTable, NONE } from './id-table';

const NEWER = ID_WORDS;
const OLDER = ID_WORDS + 1;
const NOTE = ID_WORDS + 2;
const STRIDE = ID_WORDS + 3;

/** A set of trace ids that forgets the one asked for longest ago. */
export class DecisionCache {
  /** What was noted with the id that was found last. */
  public note = 0;
  private readonly table: IdTable;
  private newest = NONE;
  private oldest = NONE;

  /** A cache of `limit` ids; zero or less remembers none. */
  public constructor(private readonly limit: number) {
    this.table = new IdTable(STRIDE, limit);
  }

  /** Whether anything is ever remembered. */
  public get enabled(): boolean {
    return this.limit > 0;
  }

  /** Whether this id is remembered; if so, it is now the one that is forgotten last. */
  public has(w0: number, w1: number, w2: number, w3: number): boolean {
    if (this.table.size === 0) return false;
    const record = this.table.find(w0, w1, w2, w3);
    if (record === NONE) return false;
    this.note = this.table.words[record + NOTE];
    this.unlink(record);
    this.link(record);
    return true;
  }

  /** Remembers this id, and a note with it. */
  public add(w0: number, w1: number, w2: number, w3: number, note = 0): void {
    if (this.limit <= 0 || this.has(w0, w1, w2, w3)) return;
    if (this.table.size >= this.limit) {
      const forgotten = this.oldest;
      this.unlink(forgotten);
      this.table.remove(forgotten);
    }
    const record = this.table.insert(w0, w1, w2, w3);
    this.table.words[record + NOTE] = note;
    this.link(record);
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
