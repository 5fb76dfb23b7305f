/** Bytes that are put together piece by piece, without a new object for each. */
import { GrowingBytes } from './growing-bytes';

const FIRST_LENGTH = 256;
/** From here on one call for all bytes is cheaper than one store for each. */
const LONG = 48;
const ZERO = 0x30;
const HEX = Buffer.from('0123456789abcdef');
const WORD = 2 ** 32;
const MAX_DIGITS = 20;

/** Grows, and keeps its memory when it is cut. */
export class ByteBuilder extends GrowingBytes {
  public constructor() {
    super(FIRST_LENGTH);
  }

  /** Adds one byte. */
  public addByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.end] = byte;
    this.end += 1;
  }

  /** Adds the bytes of `from` from `start` to `end`. */
  public add(from: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    if (count >= LONG) {
      this.copy(from, start, end);
      return;
    }
    const { bytes } = this;
    let to = this.end;
    this.end += count;
    for (let at = start; at < end; at += 1, to += 1) bytes[to] = from[at];
  }

  /** Adds a text as UTF-8. */
  public addText(text: string): void {
    const bytes = Buffer.from(text);
    this.add(bytes, 0, bytes.length);
  }

  /** Adds the bytes from `start` to `end` as lower-case hex digits. */
  public addHex(from: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at += 1) {
      this.addByte(HEX[from[at] >>> 4]);
      this.addByte(HEX[from[at] & 0xf]);
    }
  }

  /** Adds an unsigned 64-bit number in hex digits, without zeros before it. */
  public addHex64(low: number, high: number): void {
    let isBegun = false;
    for (let bits = 60; bits >= 0; bits -= 4) {
      const digit = (bits < 32 ? low >>> bits : high >>> bits - 32) & 0xf;
      isBegun ||= digit !== 0 || bits === 0;
      if (isBegun) this.addByte(HEX[digit]);
    }
  }

  /** Adds a signed 64-bit number in decimal digits. */
  public addInt64(low: number, high: number): void {
    const value = high * WORD + (low >>> 0);
    if (!Number.isSafeInteger(value)) {
      this.addText(String(BigInt(high) * BigInt(WORD) + BigInt(low >>> 0)));
      return;
    }
    if (value < 0) this.addByte(0x2d);
    this.addDigits(Math.abs(value));
  }

  private addDigits(value: number): void {
    this.reserve(MAX_DIGITS);
    const first = this.end;
    let rest = value;
    do {
      this.bytes[this.end] = ZERO + rest % 10;
      this.end += 1;
      rest = Math.floor(rest / 10);
    } while (rest > 0);
    this.bytes.subarray(first, this.end).reverse();
  }
}
