/**
 * How one request stands in the journal: a head, the ids of traces whose spans left at once, and
 * the request as it arrived.
 *
 * | bytes | little endian |
 * |---|---|
 * | 0–3 | version of this format, 1 |
 * | 4–7 | number of ids that follow the head |
 * | 8–15 | number of the arrival |
 * | 16–23 | when it came, in milliseconds that only run while a sampler does |
 * | 24–31 | the first parcel that left while it was taken; one more than the last if none did |
 * | 32–39 | the last one |
 */
import { ID_BYTES, UnknownRecordError } from './fact-record';
import { MalformedError } from '../../../errors';
import { createPayload, type Payload } from '../../../pipeline/payload';

const VERSION = 1;
const HEAD_BYTES = 40;

/** What is said of an arrival. */
export interface ArrivalHead {
  /** Its number. */
  readonly number: number;
  /** When it came, by the journal's time. */
  readonly time: number;
  /** First parcel that left while it was taken. */
  readonly first: number;
  /** Last such parcel; below the first one if there was none. */
  readonly last: number;
  /** Ids of traces that were decided before and kept: their spans left in these parcels. */
  readonly late: Int32Array;
}

/** An arrival that was read. */
export interface FoundArrival extends ArrivalHead {
  /** The request. */
  readonly request: Uint8Array;
  /** Number of spans in it. */
  readonly spans: number;
}

/** The record of a request of `spans` spans. */
export function encodeArrival(
  { number, time, first, last, late }: ArrivalHead, chunks: readonly Uint8Array[], spans: number,
): Payload {
  const head = Buffer.allocUnsafe(HEAD_BYTES + late.byteLength);
  head.writeUInt32LE(VERSION, 0);
  head.writeUInt32LE(late.byteLength / ID_BYTES, 4);
  head.writeDoubleLE(number, 8);
  head.writeDoubleLE(time, 16);
  head.writeDoubleLE(first, 24);
  head.writeDoubleLE(last, 32);
  head.set(new Uint8Array(late.buffer, late.byteOffset, late.byteLength), HEAD_BYTES);
  return createPayload('traces', [head, ...chunks], spans);
}

/** Number of the arrival that `encodeArrival` made a record of. */
export function arrivalNumberOf({ chunks: [head] }: Payload): number {
  return Buffer.from(head.buffer, head.byteOffset, head.byteLength).readDoubleLE(8);
}

/**
 * What stands in a record.
 *
 * @throws MalformedError when it is none; UnknownRecordError when it is of a later version.
 */
export function decodeArrival({ chunks: [bytes], items }: Payload): FoundArrival {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.length >= HEAD_BYTES ? view.readUInt32LE(0) : 0;
  if (version > VERSION) throw new UnknownRecordError(version, VERSION);
  const isKnown = version === VERSION;
  const ids = isKnown ? view.readUInt32LE(4) * ID_BYTES : 0;
  if (!isKnown || HEAD_BYTES + ids > view.length) {
    throw new MalformedError('an arrival of the journal', 'must be one of version 1',
      `${view.length} bytes`);
  }
  return {
    number: view.readDoubleLE(8),
    time: view.readDoubleLE(16),
    first: view.readDoubleLE(24),
    last: view.readDoubleLE(32),
    late: new Int32Array(new Uint8Array(view.subarray(HEAD_BYTES, HEAD_BYTES + ids)).buffer),
    request: view.subarray(HEAD_BYTES + ids),
    spans: items,
  };
}
