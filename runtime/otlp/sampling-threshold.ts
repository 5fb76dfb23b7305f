/**
 * Thresholds of consistent probability sampling (OpenTelemetry's TraceState probability sampling):
 * a trace with the 56 random bits R is kept by a sampler with the threshold T when T ≤ R.
 *
 * A threshold is a number from 0 (keeps all) to 2^56 (keeps none), in two words because numbers
 * have 53 bits. It is written as up to 14 hexadecimal digits without the zeros at their end.
 */

/** A number of 64 bits without sign. */
export interface Word64 {
  /** Its lower half, from 0 to 2^32 - 1. */
  readonly low: number;
  /** Its upper half, likewise. */
  readonly high: number;
}

const HIGH_WORD = 2 ** 32;
/** Number of hexadecimal digits of 56 bits. */
export const MOST_DIGITS = 14;
const HEX_BITS = 4;
const MOST_COUNT = 2 ** 56;
/** The least share that is not none. */
export const LEAST_SHARE = 1 / MOST_COUNT;

/** Keeps all. */
export const ALWAYS: Word64 = { high: 0, low: 0 };
/** Keeps none. */
export const NEVER: Word64 = { high: 2 ** 24, low: 0 };
/** The greatest random number, which all thresholds keep but one. */
export const MOST_RANDOM: Word64 = { high: 2 ** 24 - 1, low: HIGH_WORD - 1 };

/** Whether `a` is less than `b`. */
export function isLess(a: Word64, b: Word64): boolean {
  return a.high === b.high ? a.low < b.low : a.high < b.high;
}

/** Whether two numbers are equal. */
export function isEqual(a: Word64, b: Word64): boolean {
  return a.high === b.high && a.low === b.low;
}

/** Exponent of a positive number as C's frexp gives it: number = f × 2^exponent, ½ ≤ f < 1. */
function exponentOf(value: number): number {
  if (value === 0) return 0;
  let exponent = Math.floor(Math.log2(value)) + 1;
  while (2 ** exponent <= value) exponent += 1;
  while (2 ** (exponent - 1) > value) exponent -= 1;
  return exponent;
}

function digitsFor(share: number, precision: number): number {
  const zeros = Math.trunc(exponentOf(share) / -HEX_BITS);
  const ones = Math.trunc(exponentOf(1 - share) / -HEX_BITS);
  return Math.min(MOST_DIGITS, Math.max(precision + zeros, precision + ones));
}

/**
 * The threshold that keeps a share, rounded to `precision` digits behind those that are all 0 or
 * all f; nothing when the share is not from 2^-56 to 1.
 */
export function thresholdOfShare(share: number, precision = MOST_DIGITS): Word64 | undefined {
  if (!(share >= LEAST_SHARE && share <= 1)) return undefined;
  if (share === 1) return ALWAYS;
  let threshold = BigInt(MOST_COUNT) - BigInt(Math.round(share * MOST_COUNT));
  const shift = BigInt(HEX_BITS * (MOST_DIGITS - digitsFor(share, precision)));
  if (shift !== 0n) threshold = threshold + (1n << shift - 1n) >> shift << shift;
  return { high: Number(threshold >> 32n), low: Number(threshold & 0xffff_ffffn) };
}

/** The share that a threshold keeps. */
export function shareOfThreshold({ high, low }: Word64): number {
  return Number(BigInt(MOST_COUNT) - (BigInt(high) << 32n) - BigInt(low)) / MOST_COUNT;
}

/** 56 bits as 14 hexadecimal digits. */
export function hexOf({ high, low }: Word64): string {
  return high.toString(16).padStart(6, '0') + low.toString(16).padStart(8, '0');
}

/** A threshold as it is written in a trace state: nothing for the one that keeps none. */
export function thresholdText(threshold: Word64): string {
  if (isEqual(threshold, ALWAYS)) return '0';
  return isLess(threshold, NEVER) ? hexOf(threshold).replace(/0+$/, '') : '';
}
