/**
 * Where the spans of one ExportTraceServiceRequest are, found in one walk over its bytes.
 *
 *   0a len │ ResourceSpans ──────────────────────────────────────────────────┐
 *          │ 0a len resource │ 12 len │ ScopeSpans ────────────┐ │ 1a len url│
 *          │    (extra)      │        │ 0a len scope │ 12 len  │ │  (extra)  │
 *          │                 │        │   (extra)    │ Span …  │ │           │
 *
 * Everything of a ResourceSpans that is not a ScopeSpans, and everything of a ScopeSpans that is
 * not a Span, is an *extra*: kept as byte ranges, so that whoever takes spans out of their request
 * can put the same resource, scope, schema URLs and unknown fields around them.
 *
 * One index is used for request after request: its arrays only ever grow.
 */
import {
  REQUEST_RESOURCE_SPANS, RESOURCE_SPANS_SCOPE_SPANS, SCOPE_SPANS_SPANS, SPAN_ATTRIBUTES,
  SPAN_END_TIME, SPAN_FLAGS, SPAN_KIND, SPAN_START_TIME, SPAN_TRACE_ID,
} from './fields';
import {
  LEN, position, readBodyEnd, readTag, readVarint, skipValue, truncated,
} from '../wire/reader';

const TRACE_ID_LENGTH = 16;
const WIRE_TYPE = 7;
const FIRST_SPANS = 1024;
const FIRST_GROUPS = 64;

/** `array` twice as long, with what it held. */
function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(array.length * 2);
  longer.set(array);
  return longer;
}

/** Byte ranges of groups: those of group `g` are `from[g]` to `from[g + 1]`, in order. */
export class RangeTable {
  /** Index of the first range of each group, and one entry more at the end. */
  public from = new Int32Array(FIRST_GROUPS + 1);
  /** Offset of the first byte of each range. */
  public start = new Int32Array(FIRST_GROUPS);
  /** Offset after the last byte of each range. */
  public end = new Int32Array(FIRST_GROUPS);
  /** Number of bytes in all ranges of each group. */
  public byteCount = new Int32Array(FIRST_GROUPS);
  /** Number of groups. */
  public groupCount = 0;
  private rangeCount = 0;

  /** Forgets all groups. */
  public clear(): void {
    this.groupCount = 0;
    this.rangeCount = 0;
  }

  /** Begins the next group; its number is returned. */
  public open(): number {
    if (this.groupCount === this.byteCount.length) {
      this.byteCount = doubled(this.byteCount);
      this.from = doubled(this.from);
    }
    const group = this.groupCount;
    this.groupCount += 1;
    this.from[group] = this.rangeCount;
    this.from[group + 1] = this.rangeCount;
    this.byteCount[group] = 0;
    return group;
  }

  /** Adds the bytes from `start` to `end` to the group opened last. */
  public add(start: number, end: number): void {
    const group = this.groupCount - 1;
    this.byteCount[group] += end - start;
    const last = this.rangeCount - 1;
    if (last >= this.from[group] && this.end[last] === start) {
      this.end[last] = end;
      return;
    }
    if (this.rangeCount === this.start.length) {
      this.start = doubled(this.start);
      this.end = doubled(this.end);
    }
    this.start[this.rangeCount] = start;
    this.end[this.rangeCount] = end;
    this.rangeCount += 1;
    this.from[group + 1] = this.rangeCount;
  }
}

/** Offsets of every span of a request, and of what stands around them. */
export class SpanIndex {
  /** Number of spans in the request read last. */
  public spanCount = 0;
  /** Offset of each span's tag byte: from here to `spanEnd` the span may be copied as it is. */
  public spanTag = new Int32Array(FIRST_SPANS);
  /** Offset of the first byte of each Span message. */
  public spanBody = new Int32Array(FIRST_SPANS);
  /** Offset after the last byte of each span. */
  public spanEnd = new Int32Array(FIRST_SPANS);
  /** Offset of the 16 bytes of each trace id, -1 when it is missing or not 16 bytes long. */
  public traceIdAt = new Int32Array(FIRST_SPANS);
  /** Number of the ScopeSpans that each span stands in, over the whole request. */
  public scopeOf = new Int32Array(FIRST_SPANS);

  /** Number of ScopeSpans in the request. */
  public scopeCount = 0;
  /** Number of the ResourceSpans that each ScopeSpans stands in. */
  public resourceOf = new Int32Array(FIRST_GROUPS);
  /** Number of ResourceSpans in the request. */
  public resourceCount = 0;

  /** What each ScopeSpans holds besides spans. */
  public readonly scopeExtras = new RangeTable();
  /** What each ResourceSpans holds besides ScopeSpans. */
  public readonly resourceExtras = new RangeTable();
  /** What the request holds besides ResourceSpans: one group. */
  public readonly requestExtras = new RangeTable();

  /**
   * Reads one ExportTraceServiceRequest. Offsets are into `bytes`. Of a span that begins with its
   * trace id nothing else is read.
   *
   * @throws MalformedError when a length or tag on the way is wrong; the index is then empty.
   */
  public read(bytes: Uint8Array): void {
    this.clear();
    try {
      this.readRequest(bytes);
    } catch (error) {
      this.clear();
      throw error;
    }
  }

  private clear(): void {
    this.spanCount = 0;
    this.scopeCount = 0;
    this.resourceCount = 0;
    this.scopeExtras.clear();
    this.resourceExtras.clear();
    this.requestExtras.clear();
    this.requestExtras.open();
  }

  private readRequest(bytes: Uint8Array): void {
    const limit = bytes.length;
    for (let at = 0; at < limit;) {
      const fieldAt = at;
      const tag = readTag(bytes, at, limit);
      if (tag === REQUEST_RESOURCE_SPANS) {
        at = readBodyEnd(bytes, position, limit);
        this.readResourceSpans(bytes, position, at);
      } else {
        at = skipValue(bytes, position, limit, tag);
        this.requestExtras.add(fieldAt, at);
      }
    }
  }

  private readResourceSpans(bytes: Uint8Array, start: number, limit: number): void {
    const resource = this.resourceExtras.open();
    this.resourceCount = resource + 1;
    for (let at = start; at < limit;) {
      const fieldAt = at;
      const tag = readTag(bytes, at, limit);
      if (tag === RESOURCE_SPANS_SCOPE_SPANS) {
        at = readBodyEnd(bytes, position, limit);
        this.openScope(resource);
        this.readScopeSpans(bytes, position, at);
      } else {
        at = skipValue(bytes, position, limit, tag);
        this.resourceExtras.add(fieldAt, at);
      }
    }
  }

  private openScope(resource: number): void {
    const scope = this.scopeExtras.open();
    this.scopeCount = scope + 1;
    if (scope === this.resourceOf.length) this.resourceOf = doubled(this.resourceOf);
    this.resourceOf[scope] = resource;
  }

  private readScopeSpans(bytes: Uint8Array, start: number, limit: number): void {
    for (let at = start; at < limit;) {
      const fieldAt = at;
      const tag = readTag(bytes, at, limit);
      if (tag === SCOPE_SPANS_SPANS) {
        at = this.readSpan(bytes, fieldAt, position, limit);
      } else {
        at = skipValue(bytes, position, limit, tag);
        this.scopeExtras.add(fieldAt, at);
      }
    }
  }

  /** Two-byte lengths are what spans have (128 to 16383 bytes): read here, without a call. */
  private readSpan(bytes: Uint8Array, tagAt: number, lengthAt: number, limit: number): number {
    let body = lengthAt + 1;
    let length = bytes[lengthAt];
    if (length >= 0x80) {
      const second = bytes[body];
      if (second < 0x80) {
        length = length & 0x7f | second << 7;
        body += 1;
      } else {
        length = readVarint(bytes, lengthAt, limit);
        body = position;
      }
    }
    const end = body + length;
    if (!(end <= limit)) throw truncated(tagAt, limit);

    const span = this.spanCount;
    if (span === this.spanTag.length) this.growSpans();
    const fast = length >= 18 && bytes[body] === SPAN_TRACE_ID
      && bytes[body + 1] === TRACE_ID_LENGTH;
    this.spanTag[span] = tagAt;
    this.spanBody[span] = body;
    this.spanEnd[span] = end;
    this.traceIdAt[span] = fast ? body + 2 : findTraceId(bytes, body, end);
    this.scopeOf[span] = this.scopeCount - 1;
    this.spanCount = span + 1;
    return end;
  }

  private growSpans(): void {
    this.spanTag = doubled(this.spanTag);
    this.spanBody = doubled(this.spanBody);
    this.spanEnd = doubled(this.spanEnd);
    this.traceIdAt = doubled(this.traceIdAt);
    this.scopeOf = doubled(this.scopeOf);
  }
}

/** First byte of the tag of `flags`, which is where the Go collector begins a span. */
const FLAGS_TAG = SPAN_FLAGS & 0x7f | 0x80;
const FLAGS_LENGTH = 6;

/**
 * The Go collector writes fields from the last to the first, so its trace ids come at the end, and
 * all before must be stepped over: what stands there could be the end of a text as well. Fields as
 * spans have them are stepped over without calls.
 */
function findTraceId(bytes: Uint8Array, start: number, limit: number): number {
  let traceIdAt = -1;
  for (let at = start; at < limit;) {
    const tag = bytes[at];
    const next = bytes[at + 1];
    if (tag === SPAN_ATTRIBUTES && next < 0x80) {
      // Most of a span are attributes, one behind the other.
      at += 2 + next;
      while (at < limit && bytes[at] === SPAN_ATTRIBUTES && bytes[at + 1] < 0x80) {
        at += 2 + bytes[at + 1];
      }
    } else if ((tag & WIRE_TYPE) === LEN && tag > 7 && tag < 0x80 && next < 0x80) {
      at += 2 + next;
      if (tag === SPAN_TRACE_ID) traceIdAt = next === TRACE_ID_LENGTH ? at - next : -1;
    } else if (tag === SPAN_START_TIME || tag === SPAN_END_TIME) {
      at += 9;
    } else if (tag === SPAN_KIND && next < 0x80) {
      at += 2;
    } else if (tag === FLAGS_TAG && next === SPAN_FLAGS >>> 7) {
      at += FLAGS_LENGTH;
    } else {
      const other = readTag(bytes, at, limit);
      at = skipValue(bytes, position, limit, other);
      if (other === SPAN_TRACE_ID) traceIdAt = at - position === TRACE_ID_LENGTH ? position : -1;
    }
    if (!(at <= limit)) throw truncated(start, limit);
  }
  return traceIdAt;
}
