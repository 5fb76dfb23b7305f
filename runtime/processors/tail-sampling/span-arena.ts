/**
 * Holds spans as the bytes that arrived.
 *
 * A request that has spans to hold is copied into a slab once, in one go: into one of its own if it
 * is large. Where most of it is for other pods, it is copied piece by piece as its spans are taken.
 * What is written behind that, in words, makes its spans traces again:
 *
 *   resource   bytes of its extras, number of ranges, then each range's start and end
 *   scope      offset of its resource, then the same about its own extras
 *   row        spans of one trace and scope that stand side by side: the row of the trace before
 *              (slab, offset), start and length of the bytes, offset of the scope, number of spans
 *
 * What a row says about spans lies in its own slab, so a slab is free when its last row is. A trace
 * names its last row only, and each row the one before: what arrived long ago, and is in no cache
 * of the processor, need not be touched for another span. Extras are what OTLP puts around spans:
 * resource, scope, schema URLs and unknown fields.
 */
import { SlabPool } from './slab-pool';
import { NONE } from '../../otlp/id-table';
import { asUint8Array } from '../../otlp/parts';
import type { RangeTable, SpanIndex } from '../../otlp/span-index';

/** Number of words of a chain: slab and offset of its last row. */
export const CHAIN_WORDS = 2;

/** Word of a row: slab of the row before, or NONE. */
export const ROW_BEFORE_SLAB = 0;
/** Offset of the row before in its slab. */
export const ROW_BEFORE_AT = 1;
/** Offset of the spans' bytes. */
export const ROW_START = 2;
/** Number of those bytes. */
export const ROW_LENGTH = 3;
/** Offset of the scope. */
export const ROW_SCOPE = 4;
/** Number of spans. */
export const ROW_SPANS = 5;
const ROW_WORDS = 6;

/** Word of a scope: offset of its resource. */
export const SCOPE_RESOURCE = 0;
/** Words of a scope from here on are as those of a resource. */
export const SCOPE_EXTRAS = 1;
/** Word of extras: number of bytes in all ranges. */
export const EXTRAS_BYTES = 0;
/** Word of extras: number of ranges, which follow. */
export const EXTRAS_RANGES = 1;
/** Word of extras: start of the first range; its end follows, then the next range. */
export const EXTRAS_FIRST = 2;

/** Spans that just arrived. */
export const FRESH = 0;
/** Spans that wait much longer than most: they lie apart, so that no slab waits for a few. */
export const STRAGGLERS = 1;

const WORD = 4;
const FIRST_GROUPS = 64;
/** Bytes of a request, with what is written about it, that shares a slab if it is in pieces. */
const MOST_IN_PIECES = 2 * 1024 * 1024;
/** Such a slab has room for so many requests as large as the one that it is taken for. */
const LEAST_SHARERS = 4;
const NO_BYTES = new Uint8Array(0);

/** Makes an empty chain of the words at `at`. */
export function clearChain(words: Int32Array, at: number): void {
  words[at] = NONE;
}

/** Holds spans. */
export class SpanArena {
  /** The memory; a row's slab and offset are to be read here. */
  public readonly slabs = new SlabPool();
  /** Number of requests so far that had spans to hold. */
  public landings = 0;
  /** The slab that is filled now, and how far; and that which the requests of each lane share. */
  private slab = NONE;
  private cursor = 0;
  private lane = FRESH;
  private readonly laneSlab = [NONE, NONE];
  private readonly laneCursor = [0, 0];
  /** Where the request lies that arrives now, and whether it has a slab of its own. */
  private base = NONE;
  private bytes: Uint8Array = NO_BYTES;
  private isAlone = false;
  /** Whether its spans are copied one row at a time. */
  private isInPieces = false;
  private index?: SpanIndex;
  /** Offsets of the scopes and resources of that request that were written; 0 if not yet. */
  private scopeAt = new Int32Array(FIRST_GROUPS);
  private resourceAt = new Int32Array(FIRST_GROUPS);

  /**
   * Makes ready for the spans of a request. Nothing is copied before there is one to hold; then the
   * whole request is, or each row when it comes. That takes a third more time for a span, and keeps
   * no memory of the others.
   */
  public begin(index: SpanIndex, lane = FRESH, isInPieces = false): void {
    this.isInPieces = isInPieces;
    this.index = index;
    this.base = NONE;
    this.lane = lane;
    this.slab = this.laneSlab[lane];
    this.cursor = this.laneCursor[lane];
  }

  /** No more spans of that request. */
  public end(): void {
    if (this.base !== NONE) this.slabs.release(this.slab);
    if (!this.isAlone) {
      // Held by the arena alone, the slab is empty and can be filled from its start.
      if (this.slab !== NONE && this.slabs.heldOnce(this.slab)) this.cursor = 0;
      this.laneSlab[this.lane] = this.slab;
      this.laneCursor[this.lane] = this.cursor;
    }
    this.isAlone = false;
    this.base = NONE;
    this.bytes = NO_BYTES;
    this.index = undefined;
  }

  /**
   * Adds `spans` spans of one scope to the chain at `chain` in `words`; they stand side by side
   * from `start` to `end` in the request `bytes`.
   */
  public append(
    words: Int32Array, chain: number,
    bytes: Uint8Array, start: number, end: number, scope: number, spans: number,
  ): void {
    if (this.base === NONE) this.land(bytes);
    const scopeAt = this.scopeAt[scope] || this.writeScope(scope);
    const { slab } = this;
    const startsAt = this.bring(start, end);
    const at = this.cursor;
    this.cursor = at + ROW_WORDS * WORD;
    const row = at / WORD;
    const memory = this.slabs.words[slab];
    memory[row + ROW_BEFORE_SLAB] = words[chain];
    memory[row + ROW_BEFORE_AT] = words[chain + 1];
    memory[row + ROW_START] = startsAt;
    memory[row + ROW_LENGTH] = end - start;
    memory[row + ROW_SCOPE] = scopeAt;
    memory[row + ROW_SPANS] = spans;
    this.slabs.hold(slab);
    words[chain] = slab;
    words[chain + 1] = at;
  }

  /** Lets all spans of a chain go, and makes it empty. */
  public drop(words: Int32Array, chain: number): void {
    let slab = words[chain];
    let at = words[chain + 1];
    while (slab !== NONE) {
      const memory = this.slabs.words[slab];
      const row = at / WORD;
      const before = memory[row + ROW_BEFORE_SLAB];
      at = memory[row + ROW_BEFORE_AT];
      this.slabs.release(slab);
      slab = before;
    }
    words[chain] = NONE;
  }

  /** Finds a slab with room for the request and all that may be written about it. */
  private land(bytes: Uint8Array): void {
    const index = this.index as SpanIndex;
    this.reserve(wholeWords(bytes.length) + noteBytes(index));
    this.landings += 1;
    this.base = this.cursor;
    this.bytes = asUint8Array(bytes);
    if (this.isInPieces) {
      // Offset 0 says of a scope that it is not written yet.
      this.cursor = this.base + WORD;
    } else {
      this.slabs.bytes[this.slab].set(bytes, this.base);
      this.cursor = this.base + wholeWords(bytes.length);
    }
    if (index.scopeCount > this.scopeAt.length) {
      this.scopeAt = new Int32Array(index.scopeCount * 2);
    }
    if (index.resourceCount > this.resourceAt.length) {
      this.resourceAt = new Int32Array(index.resourceCount * 2);
    }
    this.scopeAt.fill(0, 0, index.scopeCount);
    this.resourceAt.fill(0, 0, index.resourceCount);
  }

  /** Where in the slab these bytes of the request are. */
  private bring(start: number, end: number): number {
    if (!this.isInPieces) return this.base + start;
    const at = this.cursor;
    this.slabs.bytes[this.slab].set(this.bytes.subarray(start, end), at);
    this.cursor = at + wholeWords(end - start);
    return at;
  }

  /** Makes room, and holds the slab until the end of the request. */
  private reserve(size: number): void {
    const { slabs } = this;
    // Of a request that is copied in pieces little may be held: it would not fill a slab.
    const sharesSlab = this.isInPieces && size <= MOST_IN_PIECES;
    this.isAlone = !sharesSlab && slabs.isLarge(size);
    if (this.isAlone) {
      this.slab = slabs.take(size);
      this.cursor = 0;
      return;
    }
    if (this.slab === NONE || this.cursor + size > slabs.bytes[this.slab].length) {
      if (this.slab !== NONE) slabs.release(this.slab);
      this.slab = slabs.takeShared(sharesSlab ? size * LEAST_SHARERS : 0);
      this.cursor = 0;
    }
    slabs.hold(this.slab);
  }

  private writeScope(scope: number): number {
    const index = this.index as SpanIndex;
    const resource = index.resourceOf[scope];
    if (this.resourceAt[resource] === 0) {
      this.resourceAt[resource] = this.cursor;
      this.writeExtras(this.cursor, index.resourceExtras, resource);
    }
    const at = this.cursor;
    this.slabs.words[this.slab][at / WORD + SCOPE_RESOURCE] = this.resourceAt[resource];
    this.writeExtras(at + SCOPE_EXTRAS * WORD, index.scopeExtras, scope);
    this.scopeAt[scope] = at;
    return at;
  }

  private writeExtras(at: number, extras: RangeTable, group: number): void {
    const memory = this.slabs.words[this.slab];
    const word = at / WORD;
    const first = extras.from[group];
    const count = extras.from[group + 1] - first;
    memory[word + EXTRAS_BYTES] = extras.byteCount[group];
    memory[word + EXTRAS_RANGES] = count;
    this.cursor = at + (EXTRAS_FIRST + 2 * count) * WORD;
    for (let i = 0; i < count; i += 1) {
      const start = this.bring(extras.start[first + i], extras.end[first + i]);
      memory[word + EXTRAS_FIRST + 2 * i] = start;
      memory[word + EXTRAS_FIRST + 2 * i + 1] =
        start + extras.end[first + i] - extras.start[first + i];
    }
  }
}

/** The most bytes that may be written about a request. */
function noteBytes(index: SpanIndex): number {
  const { spanCount, scopeCount, resourceCount, scopeExtras, resourceExtras } = index;
  const ranges = scopeExtras.from[scopeCount] + resourceExtras.from[resourceCount];
  const groups = scopeCount * (SCOPE_EXTRAS + EXTRAS_FIRST) + resourceCount * EXTRAS_FIRST;
  // What is copied in pieces needs up to one word more for each.
  return (1 + spanCount * (ROW_WORDS + 1) + groups + 3 * ranges) * WORD;
}

function wholeWords(bytes: number): number {
  return Math.ceil(bytes / WORD) * WORD;
}
