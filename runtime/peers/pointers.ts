/**
 * Where traces live that this pod gave away or was told of. They save questions and decide nothing:
 * any of them may be forgotten at any time.
 */
import type { Clock } from '../clock';
import { AgedTable, OWN } from '../otlp/aged-table';
import { NONE } from '../otlp/id-table';

const PEER = OWN;
/** When it ends: milliseconds of which 32 bits are kept, so differences up to 24 days are right. */
const UNTIL = OWN + 1;
const OWN_WORDS = 2;
/** Nothing is pointed at most of the time. */
const FIRST_RECORDS = 64;

/** The pointers. */
export class Pointers {
  private readonly table: AgedTable;

  /** At most `limit` pointers, which hold for `ms` milliseconds. */
  public constructor(
    private readonly clock: Clock, private readonly ms: number, limit: number,
  ) {
    this.table = new AgedTable(OWN_WORDS, limit, FIRST_RECORDS);
  }

  /** Number of pointers, of which some may have ended. */
  public get size(): number {
    return this.table.size;
  }

  /** Number of the pod that the trace lives at, or NONE. */
  public find(w0: number, w1: number, w2: number, w3: number): number {
    const record = this.table.find(w0, w1, w2, w3);
    if (record === NONE) return NONE;
    const { words } = this.table;
    if ((words[record + UNTIL] - this.now() | 0) > 0) return words[record + PEER];
    this.table.remove(record);
    return NONE;
  }

  /** The trace lives at the pod with this number. */
  public point(w0: number, w1: number, w2: number, w3: number, peer: number): void {
    this.remove(w0, w1, w2, w3);
    this.removeEnded();
    const record = this.table.insert(w0, w1, w2, w3);
    this.table.words[record + PEER] = peer;
    this.table.words[record + UNTIL] = this.now() + this.ms | 0;
  }

  /** Nothing is known of where the trace lives. */
  public remove(w0: number, w1: number, w2: number, w3: number): void {
    const record = this.table.find(w0, w1, w2, w3);
    if (record !== NONE) this.table.remove(record);
  }

  /** Lets those go that have ended: all hold equally long, so they stand first. */
  public removeEnded(): void {
    const now = this.now();
    for (let { oldest } = this.table; oldest !== NONE; oldest = this.table.oldest) {
      if ((this.table.words[oldest + UNTIL] - now | 0) > 0) return;
      this.table.remove(oldest);
    }
  }

  private now(): number {
    return Math.floor(this.clock.monotonic()) | 0;
  }
}
