/** Writes the protobuf wire format into bytes that are there already; sizes are known before. */

const LOW_BITS = 0x7f;
const MORE = 0x80;

/** Number of bytes that `value`, a whole number from 0 to 2^53, takes as a varint. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= MORE; rest = Math.floor(rest / MORE)) length += 1;
  return length;
}

/** Number of bytes of a length-delimited field with a one-byte tag and `length` bytes in it. */
export function fieldLength(length: number): number {
  return 1 + varintLength(length) + length;
}

/** Writes `value`, a whole number from 0 to 2^53, at `at` and returns the offset after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let end = at;
  let rest = value;
  while (rest >= MORE) {
    bytes[end] = rest % MORE | MORE;
    rest = Math.floor(rest / MORE);
    end += 1;
  }
  bytes[end] = rest;
  return end + 1;
}

/** Number of bytes of the 64-bit varint whose halves are `low` and `high`. */
export function varint64Length(low: number, high: number): number {
  return high === 0 ? varintLength(low >>> 0) : varintLength((high >>> 0) * 16 + (low >>> 28)) + 4;
}

/** Writes the 64-bit varint whose halves are `low` and `high`; returns the offset after it. */
export function writeVarint64(bytes: Uint8Array, at: number, low: number, high: number): number {
  if (high === 0) return writeVarint(bytes, at, low >>> 0);
  for (let i = 0; i < 4; i += 1) bytes[at + i] = low >>> 7 * i & LOW_BITS | MORE;
  return writeVarint(bytes, at + 4, (high >>> 0) * 16 + (low >>> 28));
}

/** Writes the 32-bit word `value` with its lowest byte first; returns the offset after it. */
export function writeFixed32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
  return at + 4;
}

/** Writes a one-byte tag and the length of what follows; returns the offset of what follows. */
export function writeHeader(bytes: Uint8Array, at: number, tag: number, length: number): number {
  bytes[at] = tag;
  return writeVarint(bytes, at + 1, length);
}
