/**
 * All traces that are held or remembered, one record of words each, in the order of arrival.
 *
 * The record is strided through one array, so that one trace touches one or two cache lines; its
 * last words are the bits that the policies asked for (trace-facts.ts).
 */
import { ID_WORDS, IdTable, NONE } from '../../otlp/id-table';

/** Neighbours in the batch that the trace is decided with. */
export const NEXT_IN_BATCH = ID_WORDS;
/** See NEXT_IN_BATCH. */
export const PREVIOUS_IN_BATCH = 5;
/** Number of that batch; NONE when the trace is in none. */
export const BATCH = 6;
/** The trace that arrived next. */
export const NEWER = 7;
/** The trace that arrived before. */
export const OLDER = 8;
/** What was decided (policies/policy.ts). */
export const DECISION = 9;
/** Flags, and above them the rules that its bits are answers to (`EPOCH_SHIFT`). */
export const FLAGS = 10;
/** When its first span arrived: milliseconds, of which 32 bits are kept. */
export const ARRIVED = 11;
/** When it was decided, likewise. */
export const DECIDED = 12;
/** Number of spans that arrived. */
export const SPANS = 13;
/** Number of bytes that arrived, at most 2^32 - 1: of each part what is inside of its field. */
export const BYTES = 14;
/** Two words that name the last of its rows (span-arena.ts). */
export const CHAIN = 15;
/** Smallest start of its spans, lower half; zero as upstream's "not yet". */
export const START_LOW = 17;
/** Upper half. */
export const START_HIGH = 18;
/** Greatest end of its spans, lower half. */
export const END_LOW = 19;
/** Upper half. */
export const END_HIGH = 20;
/** Number of the batch in which it is decided at the latest. */
export const DEADLINE = 21;
/** Number of bytes that the fields around those parts take in a request. */
export const FRAMES = 22;
/** The first word of its bits. */
export const BITS = 23;

/** Flag: the trace was given up because of its size, and never decided by policies. */
export const TOO_LARGE = 1;
/** Flag: a span without a parent arrived. */
export const ROOT_SEEN = 2;
/** Flag: it is among the big ones (memory-bound.ts). */
export const BIG = 4;
/** Flag: it was decided by its id alone (stress-relief.ts). */
export const BY_ID = 8;
/** Flag: another pod decided it (peer-holder.ts). */
export const LEARNED = 16;
/** Flags below, and the number of the rules above. */
export const EPOCH_SHIFT = 8;
const FLAG_BITS = (1 << EPOCH_SHIFT) - 1;

/** Whether a flag is set in the record of a trace. */
export function hasFlag(words: Int32Array, trace: number, flag: number): boolean {
  return (words[trace + FLAGS] & flag) !== 0;
}

/** Number of the rules that the bits of a trace are answers to. */
export function epochOf(words: Int32Array, trace: number): number {
  return words[trace + FLAGS] >>> EPOCH_SHIFT;
}

/** Notes whose answers the bits of a trace are. */
export function setEpoch(words: Int32Array, trace: number, epoch: number): void {
  words[trace + FLAGS] = words[trace + FLAGS] & FLAG_BITS | epoch << EPOCH_SHIFT;
}

/** The traces. */
export class TraceTable {
  /** The trace that arrived first. */
  public oldest = NONE;
  private newest = NONE;
  private readonly table: IdTable;

  public constructor(bitWords: number, limit: number) {
    this.table = new IdTable(BITS + bitWords, limit);
  }

  /** The records; read it anew after every insertion. */
  public get words(): Int32Array {
    return this.table.words;
  }

  /** Number of traces. */
  public get size(): number {
    return this.table.size;
  }

  /** The record of the trace with this id, or NONE. */
  public find(w0: number, w1: number, w2: number, w3: number): number {
    return this.table.find(w0, w1, w2, w3);
  }

  /** A record for the trace with this id, which must not be there. */
  public insert(w0: number, w1: number, w2: number, w3: number, nowMs: number): number {
    const trace = this.table.insert(w0, w1, w2, w3);
    const { words } = this.table;
    words[trace + ARRIVED] = nowMs;
    words[trace + BATCH] = NONE;
    words[trace + CHAIN] = NONE;
    words[trace + NEWER] = NONE;
    words[trace + OLDER] = this.newest;
    if (this.newest === NONE) this.oldest = trace;
    else words[this.newest + NEWER] = trace;
    this.newest = trace;
    return trace;
  }

  /** The trace that arrived after this one, or NONE. */
  public newerThan(trace: number): number {
    return this.table.words[trace + NEWER];
  }

  /** Takes a trace out. It must be in no batch and hold no spans. */
  public remove(trace: number): void {
    const { words } = this.table;
    const newer = words[trace + NEWER];
    const older = words[trace + OLDER];
    if (older === NONE) this.oldest = newer;
    else words[older + NEWER] = newer;
    if (newer === NONE) this.newest = older;
    else words[newer + OLDER] = older;
    this.table.remove(trace);
  }
}
