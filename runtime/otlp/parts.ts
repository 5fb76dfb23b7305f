/** What splitters of requests have in common: the parts that they make. */
import type { RangeTable } from './span-index';
import { createPayload, type Payload } from '../pipeline/payload';

/** Gives a block of at least `bytes` bytes; what is in it does not matter. */
export type Allocate = (bytes: number) => Uint8Array;

/** What one target gets of a request. */
export interface Part {
  /** The number that the route gave. */
  readonly target: number;
  /** A whole export request. */
  readonly bytes: Uint8Array;
  /** Number of items in it. */
  readonly items: number;
}

/** What one target gets of a payload. */
export interface TargetPayload {
  /** The number that the route gave. */
  readonly target: number;
  /** The items that go there. */
  readonly payload: Payload;
}

/** The parts of all chunks of `payload`, gathered by target in the order in which they are met. */
export function gatherParts(
  payload: Payload, split: (chunk: Uint8Array) => readonly Part[],
): TargetPayload[] {
  const chunks = new Map<number, { list: Uint8Array[]; items: number }>();
  for (const chunk of payload.chunks) {
    for (const { target, bytes, items } of split(chunk)) {
      const found = chunks.get(target);
      if (found === undefined) {
        chunks.set(target, { list: [bytes], items });
      } else {
        found.list.push(bytes);
        found.items += items;
      }
    }
  }
  return [...chunks].map(([target, { list, items }]) =>
    ({ target, payload: createPayload(payload.signal, list, items, payload.metadata) }));
}

/** The same bytes; `subarray` of a Buffer costs twice that of a Uint8Array. */
export function asUint8Array({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

/** Copies the ranges of a group to `at` and returns the offset after them. */
export function copyRanges(
  bytes: Uint8Array, ranges: RangeTable, group: number, out: Uint8Array, at: number,
): number {
  let end = at;
  for (let i = ranges.from[group]; i < ranges.from[group + 1]; i += 1) {
    out.set(bytes.subarray(ranges.start[i], ranges.end[i]), end);
    end += ranges.end[i] - ranges.start[i];
  }
  return end;
}
