/** What Snappy and LZ4 have in common: they repeat what came at most 64 KiB earlier. */
import { wordAt } from '../wire/reader';

/** Bytes that are compressed at once, which is as far as both look back. */
export const FRAGMENT = 65_536;
/** Numbers that tell one match: where it begins, how far back it repeats, and how long. */
export const PER_MATCH = 3;

const HASH_BITS = 14;
const LEAST = 4;
/** No match begins so near to the end, nor does one reach the last bytes, as LZ4 asks for. */
const MARGIN = 12;
const LAST = 5;
/** Misses after which every second position is tried, then every third, and so on. */
const PATIENCE_BITS = 5;
/** From here on a call costs less than a loop. */
const LONG = 48;

const table = new Uint16Array(1 << HASH_BITS);

/** Where matches of one fragment are kept until the next one is looked at. */
export const matches = new Int32Array(FRAGMENT / LEAST * PER_MATCH);

/**
 * Finds what `bytes` repeats between `from` and `to`, which are at most a fragment apart, and
 * writes it to `matches`; what it returns is how many numbers it wrote.
 */
export function findMatches(bytes: Uint8Array, from: number, to: number): number {
  const limit = to - MARGIN;
  let count = 0;
  let at = from + 1;
  let misses = 1 << PATIENCE_BITS;
  table.fill(0);
  while (at < limit) {
    const word = wordAt(bytes, at);
    const hash = Math.imul(word, 0x9e37_79b1) >>> 32 - HASH_BITS;
    let earlier = from + table[hash];
    table[hash] = at - from;
    if (wordAt(bytes, earlier) !== word) {
      at += misses++ >> PATIENCE_BITS;
      continue;
    }
    misses = 1 << PATIENCE_BITS;
    const begin = at;
    const back = at - earlier;
    const last = to - LAST;
    at += LEAST;
    earlier += LEAST;
    while (at < last && bytes[at] === bytes[earlier]) {
      at++;
      earlier++;
    }
    matches[count] = begin;
    matches[count + 1] = back;
    matches[count + 2] = at - begin;
    count += PER_MATCH;
    if (at < limit) {
      table[Math.imul(wordAt(bytes, at - 2), 0x9e37_79b1) >>> 32 - HASH_BITS] = at - 2 - from;
    }
  }
  return count;
}

/** Copies `length` bytes of `source` from `at` on to `target`. */
export function copyFrom(
  source: Uint8Array, at: number, target: Uint8Array, to: number, length: number,
): void {
  if (length >= LONG) {
    target.set(source.subarray(at, at + length), to);
  } else {
    for (let i = 0; i < length; i++) target[to + i] = source[at + i];
  }
}

/** Writes again what stands `back` bytes earlier, which may overlap with what is written. */
export function repeat(target: Uint8Array, to: number, back: number, length: number): void {
  const at = to - back;
  if (length >= LONG && back >= length) {
    target.copyWithin(to, at, at + length);
  } else {
    for (let i = 0; i < length; i++) target[to + i] = target[at + i];
  }
}
