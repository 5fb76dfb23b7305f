/**
 * How facts stand in the journal: what was decided, and what became of spans that left.
 *
 * Spans leave in *parcels*, numbered in one row: payloads for the next component, and requests for
 * other pods. A record holds counts, then in this order what they count:
 *
 * | what | bytes of each, little endian |
 * |---|---|
 * | head | 40: version, counts of what follows but for kept traces (4 each); time, arrivals (8) |
 * | groups | 32: first and last parcel, last arrival (8 each), number of traces, again or not (4) |
 * | kept traces | 28: id, flags, threshold upper and lower half; those of the first group first |
 * | dropped traces | 16: id |
 * | parcels that were taken over | 8: number |
 * | parcels that came back to be held here | 8: number |
 * | requests elsewhere | 24: arrival, parcel (8 each), number of ids (4), 4 unused; then the ids |
 */
import { MalformedError } from '../../../errors';
import { createPayload, type Payload } from '../../../pipeline/payload';

const VERSION = 1;
const HEAD_BYTES = 40;
const GROUP_BYTES = 32;
const NUMBER_BYTES = 8;
const ELSEWHERE_BYTES = 24;
const WORD = 4;

/** Number of bytes of a trace id. */
export const ID_BYTES = 16;
/** Number of words of a kept trace: its id, flags, and the threshold's halves. */
export const KEPT_WORDS = 7;
/** Word of a kept trace that holds its flags. */
export const KEPT_FLAGS = 4;
/** Word with the upper half of its threshold; the lower half follows. */
export const KEPT_HIGH = 5;

/** Kept traces whose spans left together. */
export interface KeptGroup {
  /** First of the parcels that their spans left in. */
  readonly first: number;
  /** Last one; below the first if nothing of them was held. */
  readonly last: number;
  /** Last arrival whose spans are in these parcels. */
  readonly upTo: number;
  /** Number of traces. */
  readonly count: number;
  /** Whether they left again at a replay, with all that had come late by then. */
  readonly isAgain: boolean;
}

/** Spans of an arrival that are for other pods. */
export interface Elsewhere {
  /** Number of the arrival. */
  readonly arrival: number;
  /** Number of the parcel. */
  readonly parcel: number;
  /** Ids of their traces, four words each. */
  readonly ids: Int32Array;
}

/** What one record says. */
export interface Facts {
  /** When it was written, by the journal's time. */
  readonly time: number;
  /** Number of the last arrival by then. */
  readonly arrivals: number;
  /** Groups of kept traces. */
  readonly groups: readonly KeptGroup[];
  /** The traces of all groups. */
  readonly kept: Int32Array;
  /** Ids of traces that were not kept. */
  readonly dropped: Int32Array;
  /** Parcels that were taken over by the next component or a pod, or are lost for good. */
  readonly done: readonly number[];
  /** Parcels for other pods whose spans are held here after all. */
  readonly held: readonly number[];
  /** Spans that are for other pods. */
  readonly elsewhere: readonly Elsewhere[];
}

/** Number of verdicts in a record. */
export function verdictsIn({ kept, dropped }: Facts): number {
  return kept.length / KEPT_WORDS + dropped.byteLength / ID_BYTES;
}

/** The record that says `facts`. */
export function encodeFacts(facts: Facts): Payload {
  const { groups, kept, dropped, done, held, elsewhere } = facts;
  let ids = 0;
  for (const entry of elsewhere) ids += entry.ids.byteLength;
  const bytes = Buffer.alloc(HEAD_BYTES + groups.length * GROUP_BYTES + kept.byteLength
    + dropped.byteLength + (done.length + held.length) * NUMBER_BYTES
    + elsewhere.length * ELSEWHERE_BYTES + ids);
  let at = writeHead(bytes, facts);
  for (const group of groups) {
    at = bytes.writeDoubleLE(group.first, at);
    at = bytes.writeDoubleLE(group.last, at);
    at = bytes.writeDoubleLE(group.upTo, at);
    at = bytes.writeUInt32LE(group.count, at);
    at = bytes.writeUInt32LE(Number(group.isAgain), at);
  }
  at = writeWords(bytes, kept, at);
  at = writeWords(bytes, dropped, at);
  for (const number of done) at = bytes.writeDoubleLE(number, at);
  for (const number of held) at = bytes.writeDoubleLE(number, at);
  for (const entry of elsewhere) {
    at = bytes.writeDoubleLE(entry.arrival, at);
    at = bytes.writeDoubleLE(entry.parcel, at);
    at = bytes.writeUInt32LE(entry.ids.byteLength / ID_BYTES, at) + WORD;
    at = writeWords(bytes, entry.ids, at);
  }
  return createPayload('traces', [bytes], verdictsIn(facts));
}

/**
 * What a record says.
 *
 * @throws MalformedError when it is none.
 */
export function decodeFacts({ chunks: [bytes] }: Payload): Facts {
  const from = new FactReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (from.count() !== VERSION) throw from.malformed();
  const groupCount = from.count();
  const droppedCount = from.count();
  const doneCount = from.count();
  const heldCount = from.count();
  const elsewhereCount = from.count();
  const time = from.number();
  const arrivals = from.number();
  const groups = from.list(groupCount, GROUP_BYTES, () => {
    const [first, last, upTo] = [from.number(), from.number(), from.number()];
    return { first, last, upTo, count: from.count(), isAgain: from.count() === 1 };
  });
  let keptCount = 0;
  for (const { count } of groups) keptCount += count;
  return {
    time,
    arrivals,
    groups,
    kept: from.words(keptCount * KEPT_WORDS),
    dropped: from.words(droppedCount * (ID_BYTES / WORD)),
    done: from.list(doneCount, NUMBER_BYTES, () => from.number()),
    held: from.list(heldCount, NUMBER_BYTES, () => from.number()),
    elsewhere: from.list(elsewhereCount, ELSEWHERE_BYTES, () => {
      const [arrival, parcel] = [from.number(), from.number()];
      return { arrival, parcel, ids: from.words(from.countAndGap() * (ID_BYTES / WORD)) };
    }),
  };
}

function writeHead(bytes: Buffer, facts: Facts): number {
  const { groups, dropped, done, held, elsewhere, time, arrivals } = facts;
  let at = bytes.writeUInt32LE(VERSION, 0);
  for (const count of [groups.length, dropped.byteLength / ID_BYTES, done.length, held.length,
    elsewhere.length]) at = bytes.writeUInt32LE(count, at);
  at = bytes.writeDoubleLE(time, at);
  return bytes.writeDoubleLE(arrivals, at);
}

function writeWords(bytes: Buffer, words: Int32Array, at: number): number {
  bytes.set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), at);
  return at + words.byteLength;
}

class FactReader {
  private at = 0;

  public constructor(private readonly bytes: Buffer) {}

  public count(): number {
    this.need(WORD);
    this.at += WORD;
    return this.bytes.readUInt32LE(this.at - WORD);
  }

  public countAndGap(): number {
    const count = this.count();
    this.count();
    return count;
  }

  public number(): number {
    this.need(NUMBER_BYTES);
    this.at += NUMBER_BYTES;
    return this.bytes.readDoubleLE(this.at - NUMBER_BYTES);
  }

  public words(count: number): Int32Array {
    this.need(count * WORD);
    const start = this.at;
    this.at += count * WORD;
    return new Int32Array(new Uint8Array(this.bytes.subarray(start, this.at)).buffer);
  }

  /** `count` of something that takes `least` bytes each at least: memory is for what is there. */
  public list<T>(count: number, least: number, read: () => T): T[] {
    this.need(count * least);
    return Array.from({ length: count }, read);
  }

  public malformed(): MalformedError {
    return new MalformedError('facts of the journal', 'must be of version 1, with all that they'
      + ' count', `${this.bytes.length} bytes`);
  }

  private need(bytes: number): void {
    if (this.at + bytes > this.bytes.length) throw this.malformed();
  }
}
