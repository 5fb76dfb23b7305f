/** Numbers that look random and are the same for the same seed. */

/** A source of numbers from 0 up to, but not including, 1 (the generator `mulberry32`). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = state + 0x6d2b79f5 >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

/** `bytes` bytes from `random`, in hexadecimal, never all zero. */
export function randomHex(random: () => number, bytes: number): string {
  let hex = '';
  for (let byte = 0; byte < bytes; byte++) {
    hex += Math.floor(random() * 256).toString(16).padStart(2, '0');
  }
  return /^0+$/.test(hex) ? randomHex(random, bytes) : hex;
}
