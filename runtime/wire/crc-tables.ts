/**
 * Tables of a reflected CRC-32 that takes several bytes per step. Table `k` (at 256 × k) is the
 * effect of a byte that `k` further bytes follow.
 */
export function crcTables(polynomial: number, slices: number): Uint32Array {
  const table = new Uint32Array(slices * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? crc >>> 1 ^ polynomial : crc >>> 1;
    table[byte] = crc;
  }
  for (let i = 256; i < table.length; i += 1) {
    const previous = table[i - 256];
    table[i] = previous >>> 8 ^ table[previous & 0xff];
  }
  return table;
}
