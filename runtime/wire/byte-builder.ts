/** Bytes that are put together piece by piece, without a new object for each. */
const FIRST_LENGTH = 256;
/** From here on one call for all bytes is cheaper than one store for each. */
const LONG = 48;
const ZERO = 0x30;
const HEX = Buffer.from('0123456789abcdef');
const WORD = 2 ** 32;
const MAX_DIGITS = 20;

/** Grows, and keeps its memory when it is cut. */
export class ByteBuilder {
  /** The bytes; those from `length` on mean nothing. */
  public bytes = new Uint8Array(FIRST_LENGTH);
  /** Number of bytes. */
  public length = 0;

  /** A copy of the bytes. */
  public copy(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  /** Adds one byte. */
  public addByte(byte: number): void {
    if (this.length === this.bytes.length) this.grow(1);
    this.bytes[this.length] = byte;
    this.length += 1;
  }

  /** Adds the bytes of `from` from `start` to `end`. */
  public add(from: Uint8Array, start: number, end: number): void {
    const count = end - start;
    if (this.length + count > this.bytes.length) this.grow(count);
    const { bytes } = this;
    let to = this.length;
    this.length += count;
    if (count >= LONG) {
      bytes.set(from.subarray(start, end), to);
      return;
    }
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
    if (this.length + MAX_DIGITS > this.bytes.length) this.grow(MAX_DIGITS);
    const first = this.length;
    let rest = value;
    do {
      this.bytes[this.length] = ZERO + rest % 10;
      this.length += 1;
      rest = Math.floor(rest / 10);
    } while (rest > 0);
    this.bytes.subarray(first, this.length).reverse();
  }

  private grow(by: number): void {
    const longer = new Uint8Array(Math.max(this.bytes.length * 2, this.length + by));
    longer.set(this.bytes.subarray(0, this.length));
    this.bytes = longer;
  }
}
