/** Remembers the traces decided last, for spans that come after their trace was let go. */
import { AgedTable, OWN } from '../../otlp/aged-table';
import { NONE } from '../../otlp/id-table';

/** The first word of what is noted with an id. */
export const NOTE = OWN;

/** A set of trace ids that forgets the one asked for longest ago. */
export class DecisionCache {
  private readonly table: AgedTable;

  /** A cache of `limit` ids, each with so many words; zero or less remembers none. */
  public constructor(private readonly limit: number, noteWords = 0) {
    this.table = new AgedTable(noteWords, limit);
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
    const record = this.table.find(w0, w1, w2, w3);
    if (record !== NONE) this.table.renew(record);
    return record;
  }

  /** Remembers this id; gives where its record is, or NONE where nothing is remembered. */
  public add(w0: number, w1: number, w2: number, w3: number): number {
    if (this.limit <= 0) return NONE;
    const known = this.find(w0, w1, w2, w3);
    return known === NONE ? this.table.insert(w0, w1, w2, w3) : known;
  }
}
