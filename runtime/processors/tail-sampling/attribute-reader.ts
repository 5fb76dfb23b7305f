/** Finds the attributes that policies ask about and answers the questions about their values. */
import {
  BOOL_VALUE, INT_VALUE, OTHER_VALUE, STRING_VALUE,
  type AttributeValue, type FactQuestions, type KeyQuestions,
} from './fact-questions';
import {
  ANY_VALUE_BOOL, ANY_VALUE_INT, ANY_VALUE_STRING, KEY_VALUE_KEY, KEY_VALUE_VALUE,
  RESOURCE_ATTRIBUTES, RESOURCE_SPANS_RESOURCE,
} from '../../otlp/fields';
import type { SpanIndex } from '../../otlp/span-index';
import {
  high, low, position, readBodyEnd, readTag, readVarint64, skipValue,
} from '../../wire/reader';

const HIGH_WORD = 2 ** 32;
const NO_BYTES = new Uint8Array(0);
const UNKNOWN = -1;
const LENGTHS = 256;

/** Reads attributes. */
export class AttributeReader {
  /** The answers for the resource read last. */
  public readonly resourceBits: Int32Array;
  private readonly keys: readonly KeyQuestions[];
  /** Whether some name that is asked for has this many bytes, modulo 256. */
  private readonly lengths = new Uint8Array(LENGTHS);
  /** By length and last byte: one more than the number of the last such name, 0 for none. */
  private readonly lastLike = new Int32Array(LENGTHS);
  /** For each name the one before it that is like it in this, likewise. */
  private readonly likeBefore: Int32Array;
  /** The list of attributes in which each name was met last: only the first of them counts. */
  private readonly metIn: Float64Array;
  private list = 0;
  private readonly value: AttributeValue = {
    kind: OTHER_VALUE, bytes: NO_BYTES, start: 0, end: 0, truth: false, integer: 0,
  };

  public constructor(questions: FactQuestions) {
    this.keys = questions.keys;
    this.resourceBits = new Int32Array(questions.bitWords);
    this.metIn = new Float64Array(this.keys.length);
    this.likeBefore = new Int32Array(this.keys.length);
    this.keys.forEach(({ key }, number) => {
      const like = likeness(key, 0, key.length);
      this.lengths[key.length % LENGTHS] = 1;
      this.likeBefore[number] = this.lastLike[like];
      this.lastLike[like] = number + 1;
    });
  }

  /** Answers for a resource, out of what a request holds about it. */
  public readResource(bytes: Uint8Array, index: SpanIndex, resource: number): void {
    const { from, start, end } = index.resourceExtras;
    this.resourceBits.fill(0);
    this.list += 1;
    for (let range = from[resource]; range < from[resource + 1]; range += 1) {
      for (let at = start[range]; at < end[range];) {
        const tag = readTag(bytes, at, end[range]);
        const valueAt = position;
        at = skipValue(bytes, valueAt, end[range], tag);
        if (tag === RESOURCE_SPANS_RESOURCE) this.readMembers(bytes, position, at);
      }
    }
  }

  /** The attributes read from here on are those of another span. */
  public beginSpan(): void {
    this.list += 1;
  }

  /** Answers for one attribute of a span, a KeyValue message, into `bits`. */
  public readSpanAttribute(
    bytes: Uint8Array, start: number, end: number, bits: Int32Array,
  ): void {
    // Most attributes are passed over by their name alone. Encoders write the name first; the Go
    // collector writes it behind the value.
    if (bytes[start] === KEY_VALUE_KEY) {
      const length = bytes[start + 1];
      const value = start + 2 + length;
      if (length < 0x80 && bytes[value] === KEY_VALUE_VALUE) {
        if (this.lengths[length] === 0) return;
        if (bytes[value + 1] < 0x80 && value + 2 + bytes[value + 1] === end) {
          this.answer(bytes, this.keyOf(bytes, start + 2, value), value + 2, end, bits, false);
          return;
        }
      }
    } else if (bytes[start] === KEY_VALUE_VALUE && bytes[start + 1] < 0x80) {
      const name = start + 2 + bytes[start + 1];
      const length = bytes[name + 1];
      if (bytes[name] === KEY_VALUE_KEY && name + 2 + length === end && length < 0x80) {
        if (this.lengths[length] === 0) return;
        this.answer(bytes, this.keyOf(bytes, name + 2, end), start + 2, name, bits, false);
        return;
      }
    }
    this.readAttribute(bytes, start, end, bits, false);
  }

  private readMembers(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end;) {
      const tag = readTag(bytes, at, end);
      const valueAt = position;
      at = skipValue(bytes, valueAt, end, tag);
      if (tag === RESOURCE_ATTRIBUTES) {
        this.readAttribute(bytes, position, at, this.resourceBits, true);
      }
    }
  }

  private readAttribute(
    bytes: Uint8Array, start: number, end: number, bits: Int32Array, ofResource: boolean,
  ): void {
    let key = UNKNOWN;
    let valueStart = 0;
    let valueEnd = 0;
    for (let at = start; at < end;) {
      const tag = readTag(bytes, at, end);
      if (tag === KEY_VALUE_KEY) {
        at = readBodyEnd(bytes, position, end);
        key = this.keyOf(bytes, position, at);
      } else if (tag === KEY_VALUE_VALUE) {
        at = readBodyEnd(bytes, position, end);
        valueStart = position;
        valueEnd = at;
      } else {
        at = skipValue(bytes, position, end, tag);
      }
    }
    this.answer(bytes, key, valueStart, valueEnd, bits, ofResource);
  }

  private answer(
    bytes: Uint8Array, key: number, start: number, end: number, bits: Int32Array,
    ofResource: boolean,
  ): void {
    if (key === UNKNOWN || this.metIn[key] === this.list) return;
    this.metIn[key] = this.list;
    this.readValue(bytes, start, end);
    const { questions } = this.keys[key];
    for (let i = 0; i < questions.length; i += 1) {
      const { test, bit } = questions[i];
      const matches = ofResource
        ? test.matchesResource(this.value)
        : test.matchesSpan(this.value);
      if (matches) bits[bit >>> 5] |= 1 << (bit & 31);
    }
  }

  private keyOf(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    let key = this.lastLike[likeness(bytes, start, end)] - 1;
    for (; key !== UNKNOWN; key = this.likeBefore[key] - 1) {
      const wanted = this.keys[key].key;
      if (wanted.length !== length) continue;
      // Names differ in their ends rather than where they begin.
      let left = length - 1;
      while (left >= 0 && wanted[left] === bytes[start + left]) left -= 1;
      if (left < 0) return key;
    }
    return UNKNOWN;
  }

  /** Of several values in one message the last one counts. */
  private readValue(bytes: Uint8Array, start: number, end: number): void {
    const { value } = this;
    value.kind = OTHER_VALUE;
    value.bytes = bytes;
    value.start = value.end = 0;
    value.truth = false;
    value.integer = 0;
    const first = bytes[start + 1];
    if (bytes[start] === ANY_VALUE_STRING && first < 0x80 && start + 2 + first === end) {
      value.kind = STRING_VALUE;
      value.start = start + 2;
      value.end = end;
      return;
    }
    if (bytes[start] === ANY_VALUE_INT && first < 0x80 && start + 2 === end) {
      value.kind = INT_VALUE;
      value.integer = first;
      return;
    }
    for (let at = start; at < end;) {
      const tag = readTag(bytes, at, end);
      const valueAt = position;
      at = skipValue(bytes, valueAt, end, tag);
      this.keepValue(bytes, tag, valueAt, at);
    }
  }

  private keepValue(bytes: Uint8Array, tag: number, valueAt: number, end: number): void {
    const { value } = this;
    value.truth = false;
    value.integer = 0;
    value.kind = OTHER_VALUE;
    if (tag === ANY_VALUE_STRING) {
      value.kind = STRING_VALUE;
      value.start = position;
      value.end = end;
    } else if (tag === ANY_VALUE_BOOL) {
      readVarint64(bytes, valueAt, end);
      value.kind = BOOL_VALUE;
      value.truth = (low | high) !== 0;
    } else if (tag === ANY_VALUE_INT) {
      readVarint64(bytes, valueAt, end);
      value.kind = INT_VALUE;
      value.integer = high * HIGH_WORD + (low >>> 0);
    }
  }
}

/** Which names are worth a comparison: those of one length and last byte, and some others. */
function likeness(bytes: Uint8Array, start: number, end: number): number {
  return end === start ? 0 : ((end - start) * 31 ^ bytes[end - 1]) % LENGTHS;
}
