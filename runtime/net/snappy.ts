/** Snappy: blocks, and the format in which they follow each other as chunks with checksums. */
import { broken, InflateError, tooLarge } from './inflate-error';
import { copyFrom, findMatches, FRAGMENT, matches, PER_MATCH, repeat } from './matches';
import { crc32c } from '../wire/crc32c';

const SIGNATURE = Uint8Array.of(0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59);
const COMPRESSED = 0;
const PLAIN = 1;
const IDENTIFIER = 0xff;
const FIRST_SKIPPABLE = 0x80;
const CHUNK_HEADER = 4;
const CHECKSUM = 4;
/** Largest chunk: a fragment that does not compress, and its checksum. */
const MAX_CHUNK = maxBlock(FRAGMENT) + CHECKSUM;
/** The best that three bytes can do is to repeat 64. */
const MAX_RATIO = 22;
/** Why a block that is larger than a body may be is refused before it is read, as upstream says. */
const BLOCK_TOO_LARGE = 'snappy: decoded size exceeds max request body size';

/** Whether a body is a row of chunks; upstream sent those too as `snappy`. */
export function isFramedSnappy(body: Uint8Array): boolean {
  return body.length >= SIGNATURE.length && SIGNATURE.every((byte, at) => body[at] === byte);
}

/**
 * Inflates one block. Its length stands in front of it, so nothing is reserved for one too large.
 *
 * @throws InflateError when it is broken, or would hold more than `maxBytes`.
 */
export function inflateSnappy(body: Uint8Array, maxBytes: number): Uint8Array {
  const length = lengthOf(body, 0, body.length);
  if (length > maxBytes) throw new InflateError(BLOCK_TOO_LARGE, true);
  if (length > body.length * MAX_RATIO) throw corrupt();
  const whole = Buffer.allocUnsafe(length);
  decodeBlock(body, 0, body.length, whole, 0, length);
  return whole;
}

/**
 * Inflates a row of chunks.
 *
 * @throws InflateError when it is broken, or would hold more than `maxBytes`.
 */
export function inflateFramedSnappy(body: Uint8Array, maxBytes: number): Uint8Array {
  const whole = Buffer.allocUnsafe(framedLength(body, maxBytes));
  let to = 0;
  for (let at = 0; at < body.length;) {
    const end = at + CHUNK_HEADER + chunkLength(body, at);
    if (body[at] <= PLAIN) {
      const from = to;
      const start = at + CHUNK_HEADER + CHECKSUM;
      if (body[at] === COMPRESSED) {
        to += lengthOf(body, start, end);
        decodeBlock(body, start, end, whole, from, to);
      } else {
        to += end - start;
        copyFrom(body, start, whole, from, end - start);
      }
      if (masked(crc32c(whole, from, to)) !== littleEndian(body, start - CHECKSUM, CHECKSUM)) {
        throw corrupt();
      }
    }
    at = end;
  }
  return whole;
}

/** Compresses `bytes` as one block. */
export function deflateSnappy(bytes: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(5 + maxBlock(bytes.length));
  return out.subarray(0, encodeBlock(bytes, 0, bytes.length, out, 0));
}

/** Compresses `bytes` as a row of chunks. */
export function deflateFramedSnappy(bytes: Uint8Array): Uint8Array {
  const chunks = Math.ceil(bytes.length / FRAGMENT);
  const most = SIGNATURE.length + maxBlock(bytes.length) + chunks * 64;
  const out = Buffer.allocUnsafe(most);
  out.set(SIGNATURE);
  let to = SIGNATURE.length;
  for (let from = 0; from < bytes.length; from += FRAGMENT) {
    const end = Math.min(bytes.length, from + FRAGMENT);
    const start = to + CHUNK_HEADER + CHECKSUM;
    let stop = encodeBlock(bytes, from, end, out, start);
    const isPlain = stop - start >= end - from;
    if (isPlain) {
      copyFrom(bytes, from, out, start, end - from);
      stop = start + end - from;
    }
    out.writeUInt32LE(stop - to - CHUNK_HEADER << 8 | (isPlain ? PLAIN : COMPRESSED), to);
    out.writeUInt32LE(masked(crc32c(bytes, from, end)), to + CHUNK_HEADER);
    to = stop;
  }
  return out.subarray(0, to);
}

/** Bytes that all chunks hold together; whatever else is wrong with their headers is told too. */
function framedLength(body: Uint8Array, maxBytes: number): number {
  let whole = 0;
  for (let at = 0; at < body.length;) {
    if (at + CHUNK_HEADER > body.length) throw corrupt();
    const type = body[at];
    const length = chunkLength(body, at);
    const start = at + CHUNK_HEADER;
    if (at === 0 && type !== IDENTIFIER) throw corrupt();
    if (length > MAX_CHUNK) throw unsupported();
    if (start + length > body.length) throw corrupt();
    if (type <= PLAIN) {
      if (length < CHECKSUM) throw corrupt();
      const from = start + CHECKSUM;
      const holds = type === PLAIN ? length - CHECKSUM : lengthOf(body, from, start + length);
      if (holds > FRAGMENT) throw corrupt();
      whole += holds;
      if (whole > maxBytes) throw tooLarge();
    } else if (type === IDENTIFIER) {
      if (!isFramedSnappy(body.subarray(at, start + length)) || length !== 6) throw corrupt();
    } else if (type < FIRST_SKIPPABLE) {
      throw unsupported();
    }
    at = start + length;
  }
  return whole;
}

function chunkLength(body: Uint8Array, at: number): number {
  return body[at + 1] | body[at + 2] << 8 | body[at + 3] << 16;
}

function masked(checksum: number): number {
  return (checksum >>> 15 | checksum << 17) + 0xa282_ead8 >>> 0;
}

/** The length that a block tells in front, at most 2³² − 1. */
function lengthOf(body: Uint8Array, start: number, end: number): number {
  let length = 0;
  for (let i = 0; i < 5 && start + i < end; i++) {
    const byte = body[start + i];
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) {
      if (length > 0xffff_ffff) break;
      return length;
    }
  }
  throw corrupt();
}

/** Inflates the block that stands from `start` to `end`, which must fill `from` to `to`. */
function decodeBlock(
  body: Uint8Array, start: number, end: number, target: Uint8Array, from: number, to: number,
): void {
  let at = start;
  let next = from;
  while (body[at] >= 0x80) at++;
  at++;
  while (at < end) {
    const tag = body[at++];
    const kind = tag & 3;
    let length = (tag >> 2) + 1;
    if (kind === 0) {
      const extra = length - 60;
      if (extra > 0) {
        if (at + extra > end) throw corrupt();
        length = littleEndian(body, at, extra) + 1;
        at += extra;
      }
      if (at + length > end || next + length > to) throw corrupt();
      copyFrom(body, at, target, next, length);
      at += length;
    } else {
      let back: number;
      if (kind === 1) {
        length = (tag >> 2 & 7) + 4;
        back = (tag & 0xe0) << 3 | body[at++];
      } else if (kind === 2) {
        back = body[at] | body[at + 1] << 8;
        at += 2;
      } else {
        back = littleEndian(body, at, 4);
        at += 4;
      }
      // Where the block ends in the middle of a tag, `at` is past its end.
      const isSound = at <= end && back > 0 && back <= next - from && next + length <= to;
      if (!isSound) throw corrupt();
      repeat(target, next, back, length);
    }
    next += length;
  }
  if (next !== to || at !== end) throw corrupt();
}

/** Most bytes that `length` bytes become. */
function maxBlock(length: number): number {
  return 32 + length + Math.ceil(length / 6);
}

/** Compresses what stands from `start` to `end` as one block; what it returns is its end. */
function encodeBlock(
  bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number,
): number {
  let to = at;
  let length = end - start;
  for (; length >= 0x80; length = Math.floor(length / 128)) out[to++] = length & 0x7f | 0x80;
  out[to++] = length;
  for (let from = start; from < end; from += FRAGMENT) {
    const until = Math.min(end, from + FRAGMENT);
    const count = findMatches(bytes, from, until);
    let literal = from;
    for (let i = 0; i < count; i += PER_MATCH) {
      to = putLiteral(bytes, literal, matches[i], out, to);
      to = putCopy(matches[i + 1], matches[i + 2], out, to);
      literal = matches[i] + matches[i + 2];
    }
    to = putLiteral(bytes, literal, until, out, to);
  }
  return to;
}

function putLiteral(
  bytes: Uint8Array, from: number, end: number, out: Uint8Array, at: number,
): number {
  const length = end - from;
  if (length === 0) return at;
  let to = at;
  const told = length - 1;
  if (told < 60) {
    out[to++] = told << 2;
  } else if (told < 0x100) {
    out[to++] = 60 << 2;
    out[to++] = told;
  } else {
    out[to++] = 61 << 2;
    out[to++] = told;
    out[to++] = told >> 8;
  }
  copyFrom(bytes, from, out, to, length);
  return to + length;
}

function putCopy(back: number, length: number, out: Uint8Array, at: number): number {
  let to = at;
  let left = length;
  // A copy of less than four bytes has no short form, so none is left over.
  while (left > 64) {
    const piece = left >= 68 ? 64 : 60;
    out[to++] = piece - 1 << 2 | 2;
    out[to++] = back;
    out[to++] = back >> 8;
    left -= piece;
  }
  if (left >= 12 || back >= 2048) {
    out[to++] = left - 1 << 2 | 2;
    out[to++] = back;
    out[to++] = back >> 8;
  } else {
    out[to++] = back >> 8 << 5 | left - 4 << 2 | 1;
    out[to++] = back;
  }
  return to;
}

function littleEndian(body: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + body[at + i];
  return value;
}

function corrupt(): InflateError {
  return broken('snappy: corrupt input');
}

function unsupported(): InflateError {
  return broken('snappy: unsupported input');
}
