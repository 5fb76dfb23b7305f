/** Claims by trace id. */
import { ID_WORDS, IdTable, NONE } from '../otlp/id-table';

const FIRST_RECORDS = 64;

/** A trace that this pod is about to hold, and the pods that it asks first. */
export class Claim {
  /** Its spans that wait, as requests. */
  public readonly chunks: Uint8Array[] = [];
  /** Number of spans in each of them. */
  public readonly spans: number[] = [];
  /** Number of bytes in all of them. */
  public bytes = 0;
  /** The most pods that any of them has passed. */
  public hops = 0;
  /** Addresses of pods that have answered "no". */
  public readonly answered = new Set<string>();
  /** Addresses of pods that others have said to ask. */
  public readonly hearsay: string[] = [];
  /** Address of the pod that is asked now; '' when none is. */
  public asking = '';
  /** When it was asked first, by the clock's `monotonic`. */
  public askedAt = 0;
  /** Whether it still stands. */
  public isOpen = true;

  public constructor(
    /** Bytes 0 to 3 of the id. */
    public readonly w0: number,
    /** Bytes 4 to 7. */
    public readonly w1: number,
    /** Bytes 8 to 11. */
    public readonly w2: number,
    /** Bytes 12 to 15. */
    public readonly w3: number,
    /** When its first span came, by the clock's `monotonic`. */
    public readonly since: number,
  ) {}
}

/** The claims that stand. */
export class ClaimTable {
  private readonly table: IdTable;
  private readonly claims: (Claim | undefined)[] = [];

  /** A table for about `limit` claims; whoever adds looks at `size`. */
  public constructor(limit: number) {
    this.table = new IdTable(ID_WORDS, limit, { firstRecords: FIRST_RECORDS });
  }

  /** Number of claims. */
  public get size(): number {
    return this.table.size;
  }

  /** The claim of this trace. */
  public find(w0: number, w1: number, w2: number, w3: number): Claim | undefined {
    if (this.table.size === 0) return undefined;
    const record = this.table.find(w0, w1, w2, w3);
    return record === NONE ? undefined : this.claims[record / ID_WORDS];
  }

  /** A new claim of a trace that has none. */
  public open(w0: number, w1: number, w2: number, w3: number, now: number): Claim {
    const claim = new Claim(w0, w1, w2, w3, now);
    this.claims[this.table.insert(w0, w1, w2, w3) / ID_WORDS] = claim;
    return claim;
  }

  /** The claim has ended. */
  public close(claim: Claim): void {
    claim.isOpen = false;
    const record = this.table.find(claim.w0, claim.w1, claim.w2, claim.w3);
    this.claims[record / ID_WORDS] = undefined;
    this.table.remove(record);
  }

  /** All claims that stand now. */
  public all(): Claim[] {
    return this.claims.filter((claim) => claim !== undefined);
  }
}
