/** Bytes that are changed at random, and the same ones every time. */

/** A generator of numbers from 0 to below `below` that always begins with the same ones. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) % below;
  };
}

/** `original` with one to three changes: cut, doubled, left out, appended to, bits turned. */
export function mutant(original: Uint8Array, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(original);
  for (let changes = 1 + random(3); changes > 0; changes -= 1) {
    const at = random(bytes.length + 1);
    const piece = Buffer.from(original.subarray(random(original.length)).subarray(0, random(20)));
    switch (random(6)) {
      case 0: bytes = bytes.subarray(0, at); break;
      case 1: bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]); break;
      case 2: bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(5))]); break;
      case 3: bytes = Buffer.concat([bytes, piece]); break;
      default: if (at < bytes.length) bytes[at] ^= random(2) === 0 ? 1 << random(8) : random(256);
    }
  }
  return bytes;
}
