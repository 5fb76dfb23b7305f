/** FNV-1a with 64 bits, in two 32-bit words. It may be gone on with from any point. */

const OFFSET_LOW = 0x8422_2325 | 0;
const OFFSET_HIGH = 0xcbf2_9ce4 | 0;
/** The prime is 2⁴⁰ and this. */
const PRIME_LOW = 0x1b3;
const PRIME_SHIFT = 8;
const WORD = 2 ** 32;

/** A hash of all bytes that were added to it. */
export class Fnv64 {
  /** Lower 32 bits, signed. */
  public low = OFFSET_LOW;
  /** Upper 32 bits, signed. */
  public high = OFFSET_HIGH;

  /** The hash of nothing. */
  public clear(): void {
    this.low = OFFSET_LOW;
    this.high = OFFSET_HIGH;
  }

  /** The hash of what `other` is of. */
  public copy(other: Fnv64): void {
    this.low = other.low;
    this.high = other.high;
  }

  /** Adds one byte. */
  public addByte(byte: number): void {
    const low = this.low ^ byte;
    const carry = Math.floor((low >>> 0) * PRIME_LOW / WORD);
    this.high = Math.imul(this.high, PRIME_LOW) + carry + (low << PRIME_SHIFT) | 0;
    this.low = Math.imul(low, PRIME_LOW);
  }

  /** Adds a 32-bit word, its lowest byte first. */
  public addWord(word: number): void {
    for (let bits = 0; bits < 32; bits += 8) this.addByte(word >>> bits & 0xff);
  }

  /** Adds the bytes from `start` to `end`. */
  public add(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at += 1) this.addByte(bytes[at]);
  }
}
