/**
 * Blocks of headers that leave the table of the connection alone, so that the same bytes are right
 * on every connection: answers are then copied, not encoded.
 */
import { CONTENT_TYPE, statusFields } from '../grpc-rules';
import { PREFIX } from '../message-assembler';
import { OK, type Status } from '../status';
import { Flag, FRAME_HEADER, FrameType, writeFrameHeader, writeUint32 } from './frames';
import type { Outbox } from './outbox';

/** Tells the peer that no table is used, so that it may make its own as small as it likes. */
const NO_TABLE = Buffer.from([0x20]);
const MOST_IN_PREFIX = 0x7f;
/** Bodies up to this size are written together with the headers around them. */
const SHORT_BODY = 512;
const STREAM_ID_AT = 5;

/** A block of `fields`, each written out in full. Names and values are Latin-1. */
export function plainBlock(fields: readonly (readonly [string, string])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of fields) {
    parts.push(Buffer.from([0]), plainString(name), plainString(value));
  }
  return Buffer.concat(parts);
}

/** `block` as the first one of a connection. */
export function firstBlock(block: Uint8Array): Uint8Array {
  return Buffer.concat([NO_TABLE, block]);
}

/** The block of an answer without a message. */
export function refusalBlock(status: Status, http: number, type = CONTENT_TYPE): Uint8Array {
  return plainBlock([
    [':status', String(http)], ['content-type', type], ...statusFields(status),
  ]);
}

/** The block in front of a message. */
export const OK_BLOCK: Uint8Array = plainBlock([
  [':status', '200'], ['content-type', CONTENT_TYPE],
]);

/** The block behind it. */
export const OK_TRAILERS: Uint8Array = plainBlock(statusFields(OK));

const HEAD_BYTES = FRAME_HEADER + OK_BLOCK.length;

/** Whether a whole answer with `body` is written at once. */
export function isShort(body: Uint8Array): boolean {
  return body.length <= SHORT_BODY;
}

/** The last answer that was written, three frames in a row: most are all alike. */
let last = newAnswer(new Uint8Array(0));

/** Writes a whole answer with one short message. */
export function writeAnswer(outbox: Outbox, streamId: number, body: Uint8Array): void {
  if (!isSameBody(last, body)) last = newAnswer(body);
  const at = outbox.reserve(last.length);
  const { block } = outbox;
  block.set(last, at);
  writeUint32(block, at + STREAM_ID_AT, streamId);
  writeUint32(block, at + HEAD_BYTES + STREAM_ID_AT, streamId);
  const trailersAt = last.length - OK_TRAILERS.length - FRAME_HEADER;
  writeUint32(block, at + trailersAt + STREAM_ID_AT, streamId);
}

function isSameBody(answer: Uint8Array, body: Uint8Array): boolean {
  const at = HEAD_BYTES + FRAME_HEADER + PREFIX;
  if (answer.length - at - FRAME_HEADER - OK_TRAILERS.length !== body.length) return false;
  for (let i = 0; i < body.length; i++) if (answer[at + i] !== body[i]) return false;
  return true;
}

function newAnswer(body: Uint8Array): Uint8Array {
  const length = PREFIX + body.length;
  const trailersAt = HEAD_BYTES + FRAME_HEADER + length;
  const frames = Buffer.alloc(trailersAt + FRAME_HEADER + OK_TRAILERS.length);
  let at = writeFrameHeader(
    frames, 0, OK_BLOCK.length, FrameType.headers, Flag.endHeaders, 0);
  frames.set(OK_BLOCK, at);
  at = writeFrameHeader(frames, HEAD_BYTES, length, FrameType.data, 0, 0);
  writeUint32(frames, at + 1, body.length);
  frames.set(body, at + PREFIX);
  at = writeFrameHeader(frames, trailersAt, OK_TRAILERS.length, FrameType.headers,
    Flag.endHeaders | Flag.endStream, 0);
  frames.set(OK_TRAILERS, at);
  return frames;
}

function plainString(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const length: number[] = [];
  let left = bytes.length;
  if (left >= MOST_IN_PREFIX) {
    length.push(MOST_IN_PREFIX);
    left -= MOST_IN_PREFIX;
    for (; left >= 0x80; left >>>= 7) length.push(left & 0x7f | 0x80);
  }
  length.push(left);
  return Buffer.concat([Buffer.from(length), bytes]);
}
