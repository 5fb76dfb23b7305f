/**
 * The points of a ring and the order in which they take positions, made fast enough that a ring of
 * 300 backends may change many times a second: sorting 60,000 numbers by a function, and 60,000
 * checksums one by one, would stop all traffic for a tenth of a second each time.
 */
import { crc32 } from 'zlib';

/** CRC-32 of every endpoint followed by the number of its point in so many bytes, lowest first. */
export function pointCrcs(
  endpoints: readonly string[], pointsPerEndpoint: number, numberBytes: number,
): Uint32Array {
  const crcs = new Uint32Array(endpoints.length * pointsPerEndpoint);
  const differences = numberDifferences(pointsPerEndpoint, numberBytes);
  const zero = Buffer.alloc(numberBytes);
  endpoints.forEach((endpoint, index) => {
    const first = crc32(zero, crc32(endpoint));
    const from = index * pointsPerEndpoint;
    for (let point = 0; point < pointsPerEndpoint; point++) {
      crcs[from + point] = first ^ differences[point];
    }
  });
  return crcs;
}

/**
 * By number: what it changes in a checksum that ends in it, compared with zero. The checksum is
 * linear, so that this does not depend on what stands before.
 */
function numberDifferences(count: number, numberBytes: number): Uint32Array {
  const number = Buffer.alloc(numberBytes);
  const zero = crc32(number);
  return Uint32Array.from({ length: count }, (_, point) => {
    number.writeUIntLE(point, 0, numberBytes);
    return crc32(number) ^ zero;
  });
}

/** Indices of `crcs` by position on a ring of `positions`, then by the whole CRC, then by index. */
export function orderByPosition(crcs: Uint32Array, positions: number): Uint32Array {
  const ends = new Uint32Array(positions);
  for (let index = 0; index < crcs.length; index++) ends[crcs[index] % positions]++;
  for (let position = 1; position < positions; position++) ends[position] += ends[position - 1];
  const order = new Uint32Array(crcs.length);
  for (let index = crcs.length - 1; index >= 0; index--) {
    order[--ends[crcs[index] % positions]] = index;
  }
  // Those with one position stand together now, in the order of their indices.
  for (let at = 1; at < order.length; at++) {
    const index = order[at];
    const crc = crcs[index];
    let to = at;
    while (to > 0 && isAfter(crcs[order[to - 1]], crc, positions)) {
      order[to] = order[to - 1];
      to--;
    }
    order[to] = index;
  }
  return order;
}

/** Whether one with the same position must stand behind. */
function isAfter(crc: number, other: number, positions: number): boolean {
  return crc > other && crc % positions === other % positions;
}
