/** Records by trace id that forget the oldest one when there are too many. */
import { ID_WORDS, IdTable, NONE } from './id-table';

const NEWER = ID_WORDS;
const OLDER = ID_WORDS + 1;
/** The first word of a record that is the user's own. */
export const OWN = ID_WORDS + 2;

/** A table. A record is named by the offset of its first word, as in IdTable. */
export class AgedTable {
  /** The record that was added first, or NONE. */
  public oldest = NONE;
  private newest = NONE;
  private readonly table: IdTable;

  /**
   * A table of at most `limit` records, which have `ownWords` words from OWN on. There is room for
   * `firstRecords` at first, where most of the time there are few.
   */
  public constructor(ownWords: number, private readonly limit: number, firstRecords?: number) {
    this.table = new IdTable(OWN + ownWords, limit, { firstRecords });
  }

  /** All records; read it anew after every insertion. */
  public get words(): Int32Array {
    return this.table.words;
  }

  /** Number of records. */
  public get size(): number {
    return this.table.size;
  }

  /** The record with this id, or NONE. */
  public find(w0: number, w1: number, w2: number, w3: number): number {
    if (this.table.size === 0) return NONE;
    return this.table.find(w0, w1, w2, w3);
  }

  /** A new record with this id, which must not be there; its own words are 0. */
  public insert(w0: number, w1: number, w2: number, w3: number): number {
    if (this.table.size >= this.limit) this.remove(this.oldest);
    const record = this.table.insert(w0, w1, w2, w3);
    this.link(record);
    return record;
  }

  /** Makes a record the one that was added last. */
  public renew(record: number): void {
    this.unlink(record);
    this.link(record);
  }

  /** The record that was added after this one, or NONE. */
  public newerThan(record: number): number {
    return this.table.words[record + NEWER];
  }

  /** Takes a record out. */
  public remove(record: number): void {
    this.unlink(record);
    this.table.remove(record);
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
    if (older === NONE) this.oldest = newer;
    else words[older + NEWER] = newer;
    if (newer === NONE) this.newest = older;
    else words[newer + OLDER] = older;
  }
}
