/**
 * Answers the questions of the policies in one walk over each span, when it arrives.
 *
 * The order of spans matters as it does upstream, where a policy visits them in order of arrival:
 * after every span the duration so far is compared, and a start or end of zero is replaced by that
 * of the next span.
 *
 * Besides, it sketches which spans there are and which are named as parents: a bit of 64 for each
 * id. A parent whose bit no span has set is certainly missing; one that shares its bit with a span
 * is overlooked.
 */
import { AttributeReader } from './attribute-reader';
import type { FactQuestions } from './fact-questions';
import { TraceStateFacts } from './trace-state-facts';
import { BITS, END_HIGH, END_LOW, START_HIGH, START_LOW } from './trace-table';
import {
  SPAN_ATTRIBUTES, SPAN_END_TIME, SPAN_FLAGS, SPAN_PARENT_SPAN_ID, SPAN_SPAN_ID, SPAN_START_TIME,
  SPAN_STATUS, SPAN_TRACE_STATE, STATUS_CODE,
} from '../../otlp/fields';
import type { SpanIndex } from '../../otlp/span-index';
import {
  high, low, position, readFixed32, readFixed64, readTag, readVarint, readVarint64, skipValue,
  truncated, wordAt,
} from '../../wire/reader';

const LEN_WIRE_TYPE = 2;
const UNSET = 0;
const HIGH_WORD = 2 ** 32;
const NANOS_PER_MS = 1_000_000;
/** The longest duration that upstream knows. */
const MOST_NANOS = 2 ** 63;
/** The bit of a span's flags that W3C's `sampled` is. */
const SAMPLED_FLAG = 1;

/** Whether one 64-bit number without sign is smaller than another. */
function isBelow(lowA: number, highA: number, lowB: number, highB: number): boolean {
  return highA === highB ? lowA >>> 0 < lowB >>> 0 : highA >>> 0 < highB >>> 0;
}

/** Number of words of a sketch: bits of spans, then bits of parents. */
export const SKETCH_WORDS = 4;
const SPAN_ID_BYTES = 8;
const FIXED64_LENGTH = 9;

/** Whether a span in the sketch at `at` names a parent that is not there. */
export function lacksParent(words: Int32Array, at: number): boolean {
  return ((words[at + 2] & ~words[at]) | (words[at + 3] & ~words[at + 1])) !== 0;
}

/** Gathers the facts of traces. */
export class FactGatherer {
  /** Whether a span without parent was among those read since `begin`. */
  public rootSeen = false;
  private readonly attributes: AttributeReader;
  private readonly asksAttributes: boolean;
  private readonly traceStates: TraceStateFacts;
  private readonly asksTraceStates: boolean;
  /** Whether any question needs a look into a span. */
  private readonly asksSpans: boolean;
  private readonly bits: Int32Array;
  private status = UNSET;
  private flags = 0;
  private hasParent = false;
  private spanStartLow = 0;
  private spanStartHigh = 0;
  private spanEndLow = 0;
  private spanEndHigh = 0;
  private startLow = 0;
  private startHigh = 0;
  private endLow = 0;
  private endHigh = 0;
  private readonly sketch = new Int32Array(SKETCH_WORDS);

  public constructor(
    private readonly questions: FactQuestions,
    asksRoot: boolean,
    /** Word of a trace's record where its sketch begins; 0 makes none. */
    private readonly sketchAt = 0,
  ) {
    const { keys, durations, statuses } = questions;
    this.attributes = new AttributeReader(questions);
    this.bits = new Int32Array(questions.bitWords);
    this.asksAttributes = keys.length > 0;
    this.traceStates = new TraceStateFacts(questions, this.bits);
    this.asksTraceStates = this.traceStates.asked;
    this.asksSpans = asksRoot || sketchAt > 0 || durations.length > 0 || statuses.length > 0
      || this.asksAttributes || this.asksTraceStates || questions.sampledFlagBit !== undefined;
  }

  /** Reads what is asked about a resource; its answers count for each trace with spans in it. */
  public readResource(bytes: Uint8Array, index: SpanIndex, resource: number): void {
    if (this.asksAttributes) this.attributes.readResource(bytes, index, resource);
  }

  /** Begins with spans of the resource read last, of the trace with this record. */
  public begin(words: Int32Array, trace: number): void {
    this.rootSeen = false;
    if (!this.asksSpans) return;
    // Loops: for so few words, set and fill are dear.
    const { bits, sketch, attributes: { resourceBits } } = this;
    for (let i = 0; i < bits.length; i += 1) bits[i] = resourceBits[i];
    for (let i = 0; i < SKETCH_WORDS; i += 1) sketch[i] = 0;
    if (this.asksTraceStates) this.traceStates.begin(words, trace);
    this.startLow = words[trace + START_LOW];
    this.startHigh = words[trace + START_HIGH];
    this.endLow = words[trace + END_LOW];
    this.endHigh = words[trace + END_HIGH];
  }

  /** Reads the span whose message is in `bytes` from `start` to `end`. */
  public readSpan(bytes: Uint8Array, start: number, end: number): void {
    if (!this.asksSpans) return;
    this.walk(bytes, start, end);
    if (!this.hasParent) this.rootSeen = true;
    if (this.asksTraceStates) this.traceStates.answer(bytes);
    const { statuses, durations, sampledFlagBit } = this.questions;
    if (sampledFlagBit !== undefined && (this.flags & SAMPLED_FLAG) !== 0) this.set(sampledFlagBit);
    for (let i = 0; i < statuses.length; i += 1) {
      if (statuses[i].code === this.status) this.set(statuses[i].bit);
    }
    if (durations.length > 0) this.answerDurations();
  }

  /** Forgets all answers about a trace; those about resources are added when it begins anew. */
  public forget(words: Int32Array, trace: number): void {
    words.fill(0, trace + BITS, trace + BITS + this.bits.length);
    words.fill(0, trace + START_LOW, trace + END_HIGH + 1);
  }

  /** Adds what was found to the trace's record. */
  public end(words: Int32Array, trace: number): void {
    if (!this.asksSpans) return;
    for (let i = 0; i < this.bits.length; i += 1) words[trace + BITS + i] |= this.bits[i];
    words[trace + START_LOW] = this.startLow;
    words[trace + START_HIGH] = this.startHigh;
    words[trace + END_LOW] = this.endLow;
    words[trace + END_HIGH] = this.endHigh;
    if (this.asksTraceStates) this.traceStates.end(words, trace);
    if (this.sketchAt === 0) return;
    const { sketch } = this;
    const at = trace + this.sketchAt;
    for (let i = 0; i < SKETCH_WORDS; i += 1) words[at + i] |= sketch[i];
  }

  /** Sets the bit of a span's id in half of the sketch. Ids are random, or else end in a count. */
  private draw(bytes: Uint8Array, start: number, end: number, half: number): void {
    if (end - start !== SPAN_ID_BYTES) return;
    const bit = (bytes[start] ^ bytes[end - 1]) & 63;
    this.sketch[half + (bit >>> 5)] |= 1 << (bit & 31);
  }

  private set(bit: number): void {
    this.bits[bit >>> 5] |= 1 << (bit & 31);
  }

  private answerDurations(): void {
    if ((this.startLow | this.startHigh) === 0
      || isBelow(this.spanStartLow, this.spanStartHigh, this.startLow, this.startHigh)) {
      this.startLow = this.spanStartLow;
      this.startHigh = this.spanStartHigh;
    }
    if ((this.endLow | this.endHigh) === 0
      || isBelow(this.endLow, this.endHigh, this.spanEndLow, this.spanEndHigh)) {
      this.endLow = this.spanEndLow;
      this.endHigh = this.spanEndHigh;
    }
    const below = (this.endLow >>> 0) - (this.startLow >>> 0);
    // As upstream, a time is 64 bits with a sign, and a difference has its bounds: an end of -1,
    // which is none, is no time that is far away.
    const above = this.endHigh - this.startHigh - (below < 0 ? 1 : 0);
    const ns = Math.min(Math.max(above * HIGH_WORD + (below >>> 0), -MOST_NANOS), MOST_NANOS);
    const ms = Math.trunc(ns / NANOS_PER_MS);
    const { durations } = this.questions;
    for (let i = 0; i < durations.length; i += 1) {
      const { aboveMs, upToMs, bit } = durations[i];
      if (ms > aboveMs && (upToMs === 0 || ms <= upToMs)) this.set(bit);
    }
  }

  /** Reads what nearly all spans consist of without a call, and the rest by `readField`. */
  private walk(bytes: Uint8Array, start: number, end: number): void {
    this.status = UNSET;
    this.flags = 0;
    this.hasParent = false;
    this.spanStartLow = this.spanStartHigh = this.spanEndLow = this.spanEndHigh = 0;
    if (this.asksTraceStates) this.traceStates.beginSpan();
    const { asksAttributes, attributes, bits } = this;
    if (asksAttributes) attributes.beginSpan();
    for (let at = start; at < end;) {
      const tag = bytes[at];
      const second = bytes[at + 1];
      if (tag === SPAN_ATTRIBUTES && second < 0x80) {
        const body = at + 2;
        at = body + second;
        if (!(at <= end)) throw truncated(body - 1, end);
        if (asksAttributes) attributes.readSpanAttribute(bytes, body, at, bits);
      } else if (tag === SPAN_START_TIME && at + FIXED64_LENGTH <= end) {
        this.spanStartLow = wordAt(bytes, at + 1);
        this.spanStartHigh = wordAt(bytes, at + 5);
        at += FIXED64_LENGTH;
      } else if (tag === SPAN_END_TIME && at + FIXED64_LENGTH <= end) {
        this.spanEndLow = wordAt(bytes, at + 1);
        this.spanEndHigh = wordAt(bytes, at + 5);
        at += FIXED64_LENGTH;
      } else {
        at = this.readField(bytes, at, end);
      }
    }
  }

  private readField(bytes: Uint8Array, start: number, end: number): number {
    let tag = bytes[start];
    let valueAt = start + 1;
    if (tag < 8 || tag >= 0x80) {
      tag = readTag(bytes, start, end);
      valueAt = position;
    }
    if ((tag & 7) !== LEN_WIRE_TYPE) return this.readScalar(bytes, tag, valueAt, end);
    let length = bytes[valueAt];
    let body = valueAt + 1;
    if (!(length < 0x80)) {
      length = readVarint(bytes, valueAt, end);
      body = position;
    }
    const next = body + length;
    if (!(next <= end)) throw truncated(valueAt, end);
    this.readMessage(bytes, tag, body, next);
    return next;
  }

  private readMessage(bytes: Uint8Array, tag: number, start: number, end: number): void {
    if (tag === SPAN_ATTRIBUTES) {
      if (this.asksAttributes) this.attributes.readSpanAttribute(bytes, start, end, this.bits);
    } else if (tag === SPAN_STATUS) {
      this.readStatus(bytes, start, end);
    } else if (tag === SPAN_TRACE_STATE) {
      this.traceStates.found(start, end);
    } else if (tag === SPAN_PARENT_SPAN_ID) {
      this.hasParent = false;
      for (let at = start; at < end; at += 1) if (bytes[at] !== 0) this.hasParent = true;
      if (this.hasParent) this.draw(bytes, start, end, 2);
    } else if (tag === SPAN_SPAN_ID) {
      this.draw(bytes, start, end, 0);
    }
  }

  private readScalar(bytes: Uint8Array, tag: number, valueAt: number, end: number): number {
    if (tag === SPAN_START_TIME) {
      readFixed64(bytes, valueAt, end);
      this.spanStartLow = low;
      this.spanStartHigh = high;
    } else if (tag === SPAN_END_TIME) {
      readFixed64(bytes, valueAt, end);
      this.spanEndLow = low;
      this.spanEndHigh = high;
    } else if (tag === SPAN_FLAGS) {
      this.flags = readFixed32(bytes, valueAt, end);
    } else {
      return skipValue(bytes, valueAt, end, tag);
    }
    return position;
  }

  private readStatus(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end;) {
      const tag = readTag(bytes, at, end);
      const valueAt = position;
      if (tag === STATUS_CODE) {
        readVarint64(bytes, valueAt, end);
        this.status = low;
        at = position;
      } else {
        at = skipValue(bytes, valueAt, end, tag);
      }
    }
  }
}
