/** xxHash with 32 bits, the checksum of LZ4's frames. */
import { wordAt } from '../wire/reader';

const PRIME_1 = 0x9e37_79b1;
const PRIME_2 = 0x85eb_ca77;
const PRIME_3 = 0xc2b2_ae3d;
const PRIME_4 = 0x27d4_eb2f;
const PRIME_5 = 0x1656_67b1;
const STRIPE = 16;

/** The checksum, with seed 0, of the bytes from `start` to `end`, as an unsigned number. */
export function xxh32(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let hash = PRIME_5;
  if (end - start >= STRIPE) {
    let a = PRIME_1 + PRIME_2 | 0;
    let b = PRIME_2;
    let c = 0;
    let d = -PRIME_1 | 0;
    for (; at + STRIPE <= end; at += STRIPE) {
      a = round(a, wordAt(bytes, at));
      b = round(b, wordAt(bytes, at + 4));
      c = round(c, wordAt(bytes, at + 8));
      d = round(d, wordAt(bytes, at + 12));
    }
    hash = turned(a, 1) + turned(b, 7) + turned(c, 12) + turned(d, 18);
  }
  hash = hash + (end - start) | 0;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(turned(hash + Math.imul(wordAt(bytes, at), PRIME_3) | 0, 17), PRIME_4);
  }
  for (; at < end; at++) {
    hash = Math.imul(turned(hash + Math.imul(bytes[at], PRIME_5) | 0, 11), PRIME_1);
  }
  hash = Math.imul(hash ^ hash >>> 15, PRIME_2);
  hash = Math.imul(hash ^ hash >>> 13, PRIME_3);
  return (hash ^ hash >>> 16) >>> 0;
}

function round(lane: number, word: number): number {
  return Math.imul(turned(lane + Math.imul(word, PRIME_2) | 0, 13), PRIME_1);
}

function turned(word: number, bits: number): number {
  return word << bits | word >>> 32 - bits;
}
