/** CRC-32C (Castagnoli's, the one of Snappy's chunks) over a range of bytes, eight at a step. */
import { crcTables } from './crc-tables';

const POLYNOMIAL = 0x82f6_3b78;
const SLICES = 8;
const TABLE = crcTables(POLYNOMIAL, SLICES);

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
