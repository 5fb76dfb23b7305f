/** Values of attributes, read where they lie. */
import {
  ANY_VALUE_DOUBLE, ANY_VALUE_INT, ANY_VALUE_STRING, KEY_VALUE_KEY, KEY_VALUE_VALUE,
} from '../../otlp/fields';
import {
  high, LEN, low, position, readBodyEnd, readFixed64, readTag, readVarint64, skipValue,
} from '../../wire/reader';

const HIGH_WORD = 2 ** 32;
/** AnyValue: `bytes bytes_value = 7;` */
const ANY_VALUE_BYTES = 7 << 3 | LEN;

/** What kind a value is. */
export enum ValueKind {
  /** None of the others. */
  OTHER,
  /** A text. */
  TEXT,
  /** Bytes. */
  BYTES,
  /** A number, whole or not. */
  NUMBER,
}

const double = new DataView(new ArrayBuffer(8));

/** The attribute read last; one object reads many. */
export class AttributeValue {
  /** Offset of the first byte of its key. */
  public keyStart = 0;
  /** Offset after the last byte of its key. */
  public keyEnd = 0;
  /** What its value is. */
  public kind = ValueKind.OTHER;
  /** Offset of the first byte of the AnyValue. */
  public valueStart = 0;
  /** Offset after its last byte. */
  public valueEnd = 0;
  /** Offset of the first byte of a text, or of bytes. */
  public start = 0;
  /** Offset after the last one. */
  public end = 0;
  /** A number. */
  public number = 0;

  /** Reads the KeyValue from `start` to `end`. */
  public read(bytes: Uint8Array, start: number, end: number): void {
    this.keyStart = this.keyEnd = this.valueStart = this.valueEnd = start;
    for (let at = start; at < end;) {
      const tag = readTag(bytes, at, end);
      at = tag === KEY_VALUE_KEY || tag === KEY_VALUE_VALUE
        ? readBodyEnd(bytes, position, end) : skipValue(bytes, position, end, tag);
      if (tag === KEY_VALUE_KEY) {
        this.keyStart = position;
        this.keyEnd = at;
      } else if (tag === KEY_VALUE_VALUE) {
        this.valueStart = position;
        this.valueEnd = at;
      }
    }
    this.readValue(bytes, this.valueStart, this.valueEnd);
  }

  /** Of several values in one message the last one counts. */
  private readValue(bytes: Uint8Array, start: number, end: number): void {
    this.kind = ValueKind.OTHER;
    for (let at = start; at < end;) {
      const tag = readTag(bytes, at, end);
      const valueAt = position;
      at = skipValue(bytes, valueAt, end, tag);
      this.kind = ValueKind.OTHER;
      if (tag === ANY_VALUE_STRING || tag === ANY_VALUE_BYTES) {
        this.kind = tag === ANY_VALUE_STRING ? ValueKind.TEXT : ValueKind.BYTES;
        this.start = position;
        this.end = at;
      } else if (tag === ANY_VALUE_INT) {
        readVarint64(bytes, valueAt, end);
        this.kind = ValueKind.NUMBER;
        this.number = high * HIGH_WORD + (low >>> 0);
      } else if (tag === ANY_VALUE_DOUBLE) {
        readFixed64(bytes, valueAt, end);
        double.setInt32(0, high);
        double.setInt32(4, low);
        this.kind = ValueKind.NUMBER;
        this.number = double.getFloat64(0);
      }
    }
  }
}
