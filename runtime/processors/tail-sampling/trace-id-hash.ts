/** FNV-1a with 64 bits over a salt and a trace id, in two words because numbers have 53 bits. */
import { ID_WORDS } from '../../otlp/id-table';
import type { Word64 } from '../../otlp/sampling-threshold';

const OFFSET_LOW = 0x8422_2325;
const OFFSET_HIGH = 0xcbf2_9ce4;
// The prime is 2^40 + 0x1b3.
const PRIME_LOW = 0x1b3;
const PRIME_SHIFT = 8;
const HIGH_WORD = 2 ** 32;
const MOST = 2n ** 64n - 1n;
const FLOAT_MANTISSA_BITS = 52n;
const FLOAT_EXPONENT_BIAS = 1075n;

/** Hashes trace ids. */
export class TraceIdHash {
  private readonly saltLow: number;
  private readonly saltHigh: number;
  private low = 0;
  private high = 0;

  public constructor(salt: string) {
    this.low = OFFSET_LOW;
    this.high = OFFSET_HIGH;
    for (const byte of Buffer.from(salt)) this.add(byte);
    this.saltLow = this.low;
    this.saltHigh = this.high;
  }

  /**
   * Whether the hash of the id in the four words from `at` is at most `most`. The words hold the
   * id's bytes, the first of them lowest.
   */
  public isAtMost(most: Word64, words: Int32Array, at: number): boolean {
    this.low = this.saltLow;
    this.high = this.saltHigh;
    for (let i = 0; i < ID_WORDS; i += 1) {
      const word = words[at + i];
      this.add(word & 0xff);
      this.add(word >>> 8 & 0xff);
      this.add(word >>> 16 & 0xff);
      this.add(word >>> 24);
    }
    return this.high < most.high || this.high === most.high && this.low <= most.low;
  }

  private add(byte: number): void {
    const low = (this.low ^ byte) >>> 0;
    const product = low * PRIME_LOW;
    const carry = Math.floor(product / HIGH_WORD);
    const shifted = low << PRIME_SHIFT >>> 0;
    this.high = (Math.imul(this.high, PRIME_LOW) + carry + shifted) >>> 0;
    this.low = product >>> 0;
  }
}

/**
 * The greatest hash that a share from 0 to 1 keeps: (2^64 - 1) × share, rounded to 64 significant
 * bits, ties to even, and then cut to a whole number, as upstream's big float does it.
 */
export function thresholdOf(share: number): Word64 {
  const value = share <= 0 ? 0n : share >= 1 ? MOST : scaled(share);
  return { low: Number(value & 0xffff_ffffn), high: Number(value >> 32n) };
}

function scaled(share: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, share);
  const raw = bits.getBigUint64(0);
  const exponentBits = raw >> FLOAT_MANTISSA_BITS;
  const fraction = raw & (1n << FLOAT_MANTISSA_BITS) - 1n;
  const mantissa = exponentBits === 0n ? fraction : fraction | 1n << FLOAT_MANTISSA_BITS;
  // share = mantissa / 2^down, exactly.
  const down = FLOAT_EXPONENT_BIAS - (exponentBits === 0n ? 1n : exponentBits);
  const product = mantissa * MOST;
  const surplus = BigInt(product.toString(2).length) - 64n;
  if (surplus <= 0n) return product >> down;
  const kept = roundedHalfEven(product, surplus) << surplus;
  return kept >> down;
}

function roundedHalfEven(value: bigint, dropped: bigint): bigint {
  const kept = value >> dropped;
  const rest = value & (1n << dropped) - 1n;
  const half = 1n << dropped - 1n;
  if (rest > half || rest === half && (kept & 1n) === 1n) return kept + 1n;
  return kept;
}
