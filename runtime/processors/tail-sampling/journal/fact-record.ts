/**
 * How facts stand in the journal: what was decided, and what became of spans that left.
 *
 * Spans leave in *parcels*, numbered in one row: payloads for the next component, and requests for
 * other pods. A record holds counts, then in this order what they count:
 *
 * | what | bytes of each, little endian |
 * |---|---|
 * | head | 48: version, counts of what follows but for kept traces (4 each); time, arrivals (8) |
 * | groups | 32: first and last parcel, last arrival (8 each), number of traces (4), 4 unused |
 * | kept traces | 32: id, flags, threshold upper and lower half, names; first group first |
 * | dropped traces | 16: id |
 * | parcels that were taken over | 8: number |
 * | parcels that came back to be held here | 8: number |
 * | requests elsewhere | 24: arrival, parcel (8 each), number of ids (4), 4 unused; then the ids |
 * | spans that left again | 32: arrival, first and last parcel (8 each), as above; then the ids |
 * | names of policies | 4: number of bytes; then the bytes |
 *
 * Version 1, which is still read, had neither names nor spans that left again: its groups said in
 * the place of what is unused now whether all spans of their traces left again.
 */
import { MalformedError } from '../../../errors';
import { createPayload, type Payload } from '../../../pipeline/payload';

const VERSION = 2;
const OLD_VERSION = 1;
const HEAD_BYTES = 48;
const GROUP_BYTES = 32;
const NUMBER_BYTES = 8;
const ELSEWHERE_BYTES = 24;
const AGAIN_BYTES = 32;
const WORD = 4;
const OLD_KEPT_WORDS = 7;

/** Number of bytes of a trace id. */
export const ID_BYTES = 16;
/** Number of words of a kept trace: its id, flags, the threshold's halves, and names. */
export const KEPT_WORDS = 8;
/** Word of a kept trace that holds its flags. */
export const KEPT_FLAGS = 4;
/** Word with the upper half of its threshold; the lower half follows. */
export const KEPT_HIGH = 5;

/**
 * Word with the names of the policy, and above NAME_BITS of the one inside it: 0 for none, else one
 * more than the place in the list of names.
 */
export const KEPT_NAMES = 7;
/** See KEPT_NAMES. */
export const NAME_BITS = 16;
/** What is below them. */
export const NAME_MASK = (1 << NAME_BITS) - 1;
/** Flag of a kept trace: its spans left as late ones do, for another pod had decided. */
export const AS_LATE = 1 << 8;

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
  /** Whether they left again at a replay, with all that had come late by then; of version 1. */
  readonly isAgain?: boolean;
}

/** Spans of an arrival that left again after a kill. */
export interface Again {
  /** Number of the arrival. */
  readonly arrival: number;
  /** First of the parcels that they left in. */
  readonly first: number;
  /** Last one. */
  readonly last: number;
  /** Ids of their traces, four words each. */
  readonly ids: Int32Array;
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
  /** Spans that left again. */
  readonly again: readonly Again[];
  /** Names of the policies that kept the traces. */
  readonly names: readonly string[];
}

/** Records that only another build knows. */
export class UnknownRecordError extends Error {
  public constructor(version: number, known: number) {
    super(`its records must be of version ${known} at most, got version ${version}`);
  }
}

/** Number of verdicts in a record. */
export function verdictsIn({ kept, dropped }: Facts): number {
  return kept.length / KEPT_WORDS + dropped.byteLength / ID_BYTES;
}

/** The record that says `facts`. */
export function encodeFacts(facts: Facts): Payload {
  const { groups, kept, dropped, done, held, elsewhere, again } = facts;
  const names = facts.names.map((name) => Buffer.from(name));
  const bytes = Buffer.alloc(sizeOf(facts, names));
  let at = writeHead(bytes, facts);
  for (const group of groups) {
    at = bytes.writeDoubleLE(group.first, at);
    at = bytes.writeDoubleLE(group.last, at);
    at = bytes.writeDoubleLE(group.upTo, at);
    at = bytes.writeUInt32LE(group.count, at) + WORD;
  }
  at = writeWords(bytes, kept, at);
  at = writeWords(bytes, dropped, at);
  for (const number of done) at = bytes.writeDoubleLE(number, at);
  for (const number of held) at = bytes.writeDoubleLE(number, at);
  for (const { arrival, parcel, ids } of elsewhere) {
    at = bytes.writeDoubleLE(arrival, at);
    at = bytes.writeDoubleLE(parcel, at);
    at = writeIds(bytes, ids, at);
  }
  for (const { arrival, first, last, ids } of again) {
    at = bytes.writeDoubleLE(arrival, at);
    at = bytes.writeDoubleLE(first, at);
    at = bytes.writeDoubleLE(last, at);
    at = writeIds(bytes, ids, at);
  }
  for (const name of names) {
    at = bytes.writeUInt32LE(name.length, at);
    at += name.copy(bytes, at);
  }
  return createPayload('traces', [bytes], verdictsIn(facts));
}

/**
 * What a record says.
 *
 * @throws MalformedError when it is none; UnknownRecordError when it is of a later version.
 */
export function decodeFacts({ chunks: [bytes] }: Payload): Facts {
  const from = new FactReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const version = from.count();
  if (version > VERSION) throw new UnknownRecordError(version, VERSION);
  if (version < OLD_VERSION) throw from.malformed();
  const isOld = version === OLD_VERSION;
  const groupCount = from.count();
  const droppedCount = from.count();
  const doneCount = from.count();
  const heldCount = from.count();
  const elsewhereCount = from.count();
  const againCount = isOld ? 0 : from.count();
  const nameCount = isOld ? 0 : from.count();
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
    kept: isOld ? widened(from.words(keptCount * OLD_KEPT_WORDS), keptCount)
      : from.words(keptCount * KEPT_WORDS),
    dropped: from.words(droppedCount * (ID_BYTES / WORD)),
    done: from.list(doneCount, NUMBER_BYTES, () => from.number()),
    held: from.list(heldCount, NUMBER_BYTES, () => from.number()),
    elsewhere: from.list(elsewhereCount, ELSEWHERE_BYTES, () => {
      const [arrival, parcel] = [from.number(), from.number()];
      return { arrival, parcel, ids: from.ids() };
    }),
    again: from.list(againCount, AGAIN_BYTES, () => {
      const [arrival, first, last] = [from.number(), from.number(), from.number()];
      return { arrival, first, last, ids: from.ids() };
    }),
    names: from.list(nameCount, WORD, () => from.text()),
  };
}

/** Kept traces of version 1, with no names. */
function widened(old: Int32Array, count: number): Int32Array {
  const words = new Int32Array(count * KEPT_WORDS);
  for (let i = 0; i < count; i += 1) {
    words.set(old.subarray(i * OLD_KEPT_WORDS, (i + 1) * OLD_KEPT_WORDS), i * KEPT_WORDS);
  }
  return words;
}

function sizeOf(facts: Facts, names: readonly Uint8Array[]): number {
  const { groups, kept, dropped, done, held, elsewhere, again } = facts;
  let bytes = HEAD_BYTES + groups.length * GROUP_BYTES + kept.byteLength + dropped.byteLength
    + (done.length + held.length) * NUMBER_BYTES;
  for (const { ids } of elsewhere) bytes += ELSEWHERE_BYTES + ids.byteLength;
  for (const { ids } of again) bytes += AGAIN_BYTES + ids.byteLength;
  for (const name of names) bytes += WORD + name.length;
  return bytes;
}

function writeHead(bytes: Buffer, facts: Facts): number {
  const { groups, dropped, done, held, elsewhere, again, names, time, arrivals } = facts;
  let at = bytes.writeUInt32LE(VERSION, 0);
  for (const count of [groups.length, dropped.byteLength / ID_BYTES, done.length, held.length,
    elsewhere.length, again.length, names.length]) at = bytes.writeUInt32LE(count, at);
  at = bytes.writeDoubleLE(time, at);
  return bytes.writeDoubleLE(arrivals, at);
}

function writeIds(bytes: Buffer, ids: Int32Array, at: number): number {
  return writeWords(bytes, ids, bytes.writeUInt32LE(ids.byteLength / ID_BYTES, at) + WORD);
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

  /** Ids, after their number and a word that says nothing. */
  public ids(): Int32Array {
    const count = this.count();
    this.count();
    return this.words(count * (ID_BYTES / WORD));
  }

  public text(): string {
    const length = this.count();
    this.need(length);
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
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
    return new MalformedError('facts of the journal', 'must have a version, and all that they'
      + ' count', `${this.bytes.length} bytes`);
  }

  private need(bytes: number): void {
    if (this.at + bytes > this.bytes.length) throw this.malformed();
  }
}
