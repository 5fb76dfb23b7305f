/** CRC-32C (Castagnoli's, the one of Snappy's chunks) over a range of bytes, eight at a step. */
const POLYNOMIAL = 0x82f6_3b78;
const SLICES = 8;

function tables(): Uint32Array {
  const table = new Uint32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? crc >>> 1 ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let i = 256; i < table.length; i += 1) {
    table[i] = table[i - 256] >>> 8 ^ table[table[i - 256] & 0xff];
  }
  return table;
}

/** Table `k` (at 256 × k): the effect of a byte that `k` further bytes follow. */
const TABLE = tables();

/** The checksum of the bytes from `start` to `end`, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1;
  let at = start;
  for (; at + SLICES <= end; at += SLICES) {
    crc = TABLE[1792 | (bytes[at] ^ crc) & 0xff]
      ^ TABLE[1536 | (bytes[at + 1] ^ crc >>> 8) & 0xff]
      ^ TABLE[1280 | (bytes[at + 2] ^ crc >>> 16) & 0xff]
      ^ TABLE[1024 | bytes[at + 3] ^ crc >>> 24]
      ^ TABLE[768 | bytes[at + 4]] ^ TABLE[512 | bytes[at + 5]]
      ^ TABLE[256 | bytes[at + 6]] ^ TABLE[bytes[at + 7]];
  }
  for (; at < end; at += 1) crc = crc >>> 8 ^ TABLE[(crc ^ bytes[at]) & 0xff];
  return ~crc >>> 0;
}
