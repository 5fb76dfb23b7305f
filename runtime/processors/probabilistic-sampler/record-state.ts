/**
 * What a log record says about sampling: the attributes `sampling.randomness` and
 * `sampling.threshold`, which are replaced where they stand or appended.
 */
import { AttributeValue, ValueKind } from './attribute-value';
import type { SamplingState } from './item-sampler';
import { LOG_RECORD_ATTRIBUTES, SCOPE_SPANS_SPANS } from '../../otlp/fields';
import { ALWAYS, isLess, MOST_DIGITS, type Word64 } from '../../otlp/sampling-threshold';
import { digitsOf, readHex, writeHex } from '../../otlp/trace-state';
import type { GrowingBytes } from '../../wire/growing-bytes';
import { varintLength, writeHeader } from '../../wire/writer';

const THRESHOLD = header('sampling.threshold');
const RANDOMNESS = header('sampling.randomness');
/** Tag, length and key, then tags and lengths of the AnyValue and of its text. */
const MOST_ATTRIBUTE = 64;
const ABSENT = -1;

/** The key as a field of a KeyValue. */
function header(key: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(0x0a, key.length), Buffer.from(key)]);
}

/** A hexadecimal number in an attribute. */
class HexAttribute {
  public readonly number = { high: 0, low: 0 };
  public isSet = false;
  public isChanged = false;
  public isRemoved = false;
  /** Where the field of the attribute is in the record; ABSENT when there is none. */
  public start = ABSENT;
  public end = ABSENT;

  public constructor(private readonly key: Uint8Array, private readonly least: number) {}

  public clear(): void {
    this.isSet = this.isChanged = this.isRemoved = false;
    this.start = this.end = ABSENT;
  }

  /** Takes the value from the attribute; whether it is a number or stands for none. */
  public read(bytes: Uint8Array, value: AttributeValue, start: number, end: number): boolean {
    this.start = start;
    this.end = end;
    if (value.kind !== ValueKind.TEXT || value.start === value.end) return true;
    const digits = value.end - value.start;
    if (digits < this.least || digits > MOST_DIGITS) return false;
    this.isSet = readHex(bytes, value.start, value.end, this.number);
    return this.isSet;
  }

  public set({ high, low }: Word64): void {
    this.number.high = high;
    this.number.low = low;
    this.isSet = this.isChanged = true;
  }

  /** Writes the attribute as a field of a record. */
  public write(out: Uint8Array, at: number, digits: number): number {
    const value = digits + 2;
    let end = writeHeader(out, at, LOG_RECORD_ATTRIBUTES, this.key.length + 2 + value);
    out.set(this.key, end);
    end += this.key.length;
    out[end] = 0x12;
    out[end + 1] = value;
    out[end + 2] = 0x0a;
    out[end + 3] = digits;
    return writeHex(out, end + 4, this.number, digits);
  }
}

/** The state of the record read last. */
export class RecordState implements SamplingState {
  /** Whether what it says can be read. */
  public isReadable = true;
  private readonly ofThreshold = new HexAttribute(THRESHOLD, 1);
  private readonly ofRandomness = new HexAttribute(RANDOMNESS, MOST_DIGITS);

  /** Begins with another record. */
  public clear(): void {
    this.isReadable = true;
    this.ofThreshold.clear();
    this.ofThreshold.number.high = ALWAYS.high;
    this.ofThreshold.number.low = ALWAYS.low;
    this.ofRandomness.clear();
  }

  /** The attribute `sampling.threshold`, whose field is from `start` to `end`. */
  public readThreshold(
    bytes: Uint8Array, value: AttributeValue, start: number, end: number,
  ): void {
    if (this.ofThreshold.start !== ABSENT) return;
    if (!this.ofThreshold.read(bytes, value, start, end)) this.isReadable = false;
  }

  /** The attribute `sampling.randomness`, likewise. */
  public readRandomness(
    bytes: Uint8Array, value: AttributeValue, start: number, end: number,
  ): void {
    if (this.ofRandomness.start !== ABSENT) return;
    if (!this.ofRandomness.read(bytes, value, start, end)) this.isReadable = false;
  }

  public get hasThreshold(): boolean {
    return this.ofThreshold.isSet;
  }

  public get threshold(): Word64 {
    return this.ofThreshold.number;
  }

  public get hasRandomness(): boolean {
    return this.ofRandomness.isSet;
  }

  public get randomness(): Word64 {
    return this.ofRandomness.number;
  }

  public raiseThreshold(threshold: Word64): void {
    if (this.hasThreshold && isLess(threshold, this.threshold)) return;
    this.ofThreshold.set(threshold);
  }

  public clearThreshold(): void {
    this.ofThreshold.isSet = this.ofThreshold.isChanged = false;
    this.ofThreshold.isRemoved = true;
  }

  public setRandomness(randomness: Word64): void {
    this.ofRandomness.set(randomness);
  }

  /** Whether the record has to be written anew. */
  public get isChanged(): boolean {
    return this.ofThreshold.isChanged || this.ofThreshold.isRemoved || this.ofRandomness.isChanged;
  }

  /** Appends the record from `start` to `end` to `out`, with what it now says, as a field. */
  public append(out: GrowingBytes, bytes: Uint8Array, start: number, end: number): void {
    const { ofThreshold, ofRandomness } = this;
    const most = end - start + 2 * MOST_ATTRIBUTE;
    out.reserve(most + 1 + varintLength(most));
    // The length is known when all is written: it is left room for, and all is moved up to it.
    const body = out.end + 1 + varintLength(most);
    const [first, second] = ofThreshold.start < ofRandomness.start
      ? [ofThreshold, ofRandomness] : [ofRandomness, ofThreshold];
    let at = body;
    let from = start;
    for (const attribute of [first, second]) {
      if (attribute.start === ABSENT || !(attribute.isChanged || attribute.isRemoved)) continue;
      out.bytes.set(bytes.subarray(from, attribute.start), at);
      at += attribute.start - from;
      from = attribute.end;
      if (attribute.isChanged) at = this.write(attribute, out.bytes, at);
    }
    out.bytes.set(bytes.subarray(from, end), at);
    at += end - from;
    for (const attribute of [ofRandomness, ofThreshold]) {
      if (attribute.isChanged && attribute.start === ABSENT) {
        at = this.write(attribute, out.bytes, at);
      }
    }
    const length = at - body;
    const head = writeHeader(out.bytes, out.end, SCOPE_SPANS_SPANS, length);
    out.bytes.copyWithin(head, body, at);
    out.end = head + length;
  }

  private write(attribute: HexAttribute, out: Uint8Array, at: number): number {
    const { high, low } = attribute.number;
    const digits = attribute === this.ofRandomness ? MOST_DIGITS : digitsOf(high, low);
    return attribute.write(out, at, digits);
  }
}
