/**
 * How one request stands in a file: a header of 24 bytes, its metadata as JSON, its bytes.
 *
 * | bytes | little endian |
 * |---|---|
 * | 0–3 | the mark `OGQ1`, by which the next record is found behind damage |
 * | 4–7 | length of metadata and request |
 * | 8–11 | items of the request |
 * | 12–15 | length of the metadata; 0 without any |
 * | 16–19 | CRC-32 of metadata and request |
 * | 20–23 | CRC-32 of the 20 bytes before, beginning with the salt of the file |
 *
 * The salt is in the file's name and known to nobody outside. Without it whoever sends a request
 * with the bytes of a record inside could have them taken for one. The checksum is zlib's, which is
 * native and costs a fifth of what our own of another polynomial does.
 */
import { crc32 } from 'node:zlib';
import type { ClientMetadata } from '../pipeline/client-metadata';
import { createPayload, type Payload, type Signal } from '../pipeline/payload';

/** Number of bytes in a header. */
export const HEADER_BYTES = 24;
/** What every header begins with. */
export const MARK = Buffer.from('OGQ1');

const MARK_NUMBER = MARK.readUInt32LE(0);
const CHECKED_BYTES = 20;
const LARGEST_BODY = 2 ** 31;

/** A record whose header is whole. */
export interface RecordAt {
  /** Where it begins in its file. */
  readonly offset: number;
  /** Number of bytes, header included. */
  readonly length: number;
  /** Spans, data points or log records in it. */
  readonly items: number;
  /** Number of bytes of metadata. */
  readonly metadataLength: number;
  /** Checksum of all behind the header. */
  readonly bodySum: number;
}

/** Number of bytes of the request itself. */
export function requestBytes({ length, metadataLength }: RecordAt): number {
  return length - HEADER_BYTES - metadataLength;
}

/** The bytes of `payload` as a record, to be written in a row to a file with `salt`. */
export function encodeRecord(
  { chunks, items, metadata, sizeBytes }: Payload, salt: number,
): Uint8Array[] {
  const names = metadata === undefined ? undefined : Buffer.from(JSON.stringify(metadata));
  const metadataLength = names?.length ?? 0;
  const body = names === undefined ? chunks : [names, ...chunks];
  let bodySum = 0;
  for (const bytes of body) bodySum = crc32(bytes, bodySum);
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32LE(MARK_NUMBER, 0);
  header.writeUInt32LE(metadataLength + sizeBytes, 4);
  header.writeUInt32LE(items, 8);
  header.writeUInt32LE(metadataLength, 12);
  header.writeUInt32LE(bodySum, 16);
  salted(header, salt);
  return [header, ...body];
}

/** Makes the header at the beginning of `record` one of a file with `salt`. */
export function salted(record: Buffer, salt: number): void {
  record.writeUInt32LE(crc32(record.subarray(0, CHECKED_BYTES), salt), CHECKED_BYTES);
}

/** The record whose header is at `at` of `bytes` and at `offset` of its file, if it is one. */
export function readHeader(
  bytes: Buffer, at: number, offset: number, salt: number,
): RecordAt | undefined {
  if (at + HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== MARK_NUMBER) return undefined;
  const sum = crc32(bytes.subarray(at, at + CHECKED_BYTES), salt);
  if (sum !== bytes.readUInt32LE(at + CHECKED_BYTES)) return undefined;
  const bodyLength = bytes.readUInt32LE(at + 4);
  const metadataLength = bytes.readUInt32LE(at + 12);
  if (metadataLength > bodyLength || bodyLength > LARGEST_BODY) return undefined;
  return {
    offset,
    length: HEADER_BYTES + bodyLength,
    items: bytes.readUInt32LE(at + 8),
    metadataLength,
    bodySum: bytes.readUInt32LE(at + 16),
  };
}

/** The payload in `bytes`, a whole record; undefined when they are not what was written. */
export function decodeRecord(
  record: RecordAt, bytes: Buffer, signal: Signal,
): Payload | undefined {
  if (crc32(bytes.subarray(HEADER_BYTES)) !== record.bodySum) return undefined;
  const requestAt = HEADER_BYTES + record.metadataLength;
  const metadata = record.metadataLength === 0
    ? undefined
    : JSON.parse(bytes.toString('utf8', HEADER_BYTES, requestAt)) as ClientMetadata;
  return createPayload(signal, [bytes.subarray(requestAt)], record.items, metadata);
}
