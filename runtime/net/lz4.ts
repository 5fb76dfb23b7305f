/** LZ4 frames: blocks that follow each other, and checksums where the sender wrote some. */
import { broken, tooLarge, truncated, type InflateError } from './inflate-error';
import { copyFrom, findMatches, FRAGMENT, matches, PER_MATCH, repeat } from './matches';
import { xxh32 } from './xxh32';
import { wordAt } from '../wire/reader';

const MAGIC = 0x184d_2204;
/** Frames with any last hexadecimal digit here say nothing. */
const SKIPPABLE = 0x184d_2a50;
const LEAST = 4;
const UNCOMPRESSED = 0x8000_0000;
/** What begins each of our frames: version 1, independent blocks of 64 KiB, no checksums. */
const HEADER = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82);
const END_MARK = 4;

/** What a frame says of its blocks. */
interface Frame {
  readonly isIndependent: boolean;
  readonly hasBlockChecksums: boolean;
  readonly hasChecksum: boolean;
  /** Most bytes that a block holds. */
  readonly maxBlock: number;
  /** Where its first block begins. */
  readonly start: number;
}

/** One block of a frame. */
interface Block {
  readonly start: number;
  readonly end: number;
  readonly isCompressed: boolean;
  /** Bytes that it becomes. */
  readonly holds: number;
}

/**
 * Inflates a row of frames. It is measured first, so that neither too much nor too little is
 * reserved for what it becomes.
 *
 * @throws InflateError when it is broken, or would hold more than `maxBytes`.
 */
export function inflateLz4(body: Uint8Array, maxBytes: number): Uint8Array {
  let length = 0;
  walk(body, ({ holds }) => {
    length += holds;
    if (length > maxBytes) throw tooLarge();
  });
  const whole = Buffer.allocUnsafe(length);
  let to = 0;
  let begin = 0;
  walk(body, ({ start, end, isCompressed, holds }, { isIndependent }) => {
    if (isCompressed) {
      decodeBlock(body, start, end, whole, isIndependent ? to : begin, to, to + holds);
    } else {
      copyFrom(body, start, whole, to, holds);
    }
    to += holds;
  }, ({ hasChecksum }, at) => {
    if (hasChecksum && wordAt(body, at) >>> 0 !== xxh32(whole, begin, to)) {
      throw broken('lz4: invalid frame checksum');
    }
    begin = to;
  });
  return whole;
}

/** Compresses `bytes` as one frame. */
export function deflateLz4(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.length / FRAGMENT);
  const most = HEADER.length + bytes.length + Math.ceil(bytes.length / 255) + blocks * 24;
  const out = Buffer.allocUnsafe(most + END_MARK);
  out.set(HEADER);
  let to = HEADER.length;
  for (let from = 0; from < bytes.length; from += FRAGMENT) {
    const end = Math.min(bytes.length, from + FRAGMENT);
    const start = to + 4;
    let stop = encodeBlock(bytes, from, end, out, start);
    const isPlain = stop - start >= end - from;
    if (isPlain) {
      copyFrom(bytes, from, out, start, end - from);
      stop = start + end - from;
    }
    out.writeUInt32LE((stop - start | (isPlain ? UNCOMPRESSED : 0)) >>> 0, to);
    to = stop;
  }
  out.writeUInt32LE(0, to);
  return out.subarray(0, to + END_MARK);
}

/** Shows every block of every frame, and the end of each frame, with where its checksum stands. */
function walk(
  body: Uint8Array, onBlock: (block: Block, frame: Frame) => void,
  onEnd?: (frame: Frame, at: number) => void,
): void {
  let at = 0;
  while (at < body.length) {
    const magic = numberAt(body, at);
    if (magic >>> 4 === SKIPPABLE >>> 4) {
      at += 8 + numberAt(body, at + 4);
      if (at > body.length) throw truncated();
      continue;
    }
    if (magic !== MAGIC) throw broken('lz4: bad magic number');
    const frame = readHeader(body, at);
    at = walkBlocks(body, frame, onBlock);
    if (frame.hasChecksum) numberAt(body, at);
    onEnd?.(frame, at);
    if (frame.hasChecksum) at += 4;
  }
}

function readHeader(body: Uint8Array, magicAt: number): Frame {
  const at = magicAt + 4;
  const flags = body[at];
  const end = at + 2 + (flags & 0x08 ? 8 : 0);
  if (end >= body.length) throw truncated();
  if (body[end] !== (xxh32(body, at, end) >>> 8 & 0xff)) {
    throw broken('lz4: invalid header checksum');
  }
  const size = body[at + 1] >> 4 & 7;
  if (size < 4) throw broken('lz4: invalid block size');
  return {
    isIndependent: (flags & 0x20) !== 0,
    hasBlockChecksums: (flags & 0x10) !== 0,
    hasChecksum: (flags & 0x04) !== 0,
    maxBlock: 1 << 8 + 2 * size,
    start: end + 1,
  };
}

/** Shows every block of a frame; what it returns is where they end. */
function walkBlocks(
  body: Uint8Array, frame: Frame, onBlock: (block: Block, frame: Frame) => void,
): number {
  const { hasBlockChecksums, maxBlock } = frame;
  let at = frame.start;
  for (;;) {
    const told = numberAt(body, at);
    const start = at + 4;
    if (told === 0) return start;
    const isCompressed = told < UNCOMPRESSED;
    const end = start + (isCompressed ? told : told - UNCOMPRESSED);
    if (end - start > maxBlock) throw broken('lz4: invalid block size');
    at = end + (hasBlockChecksums ? 4 : 0);
    if (at > body.length) throw truncated();
    const holds = isCompressed ? measure(body, start, end) : end - start;
    if (holds > maxBlock) throw corrupt();
    if (hasBlockChecksums && wordAt(body, end) >>> 0 !== xxh32(body, start, end)) {
      throw broken('lz4: invalid block checksum');
    }
    onBlock({ start, end, isCompressed, holds }, frame);
  }
}

/** Bytes that a block becomes, found without writing any. */
function measure(body: Uint8Array, start: number, end: number): number {
  let at = start;
  let holds = 0;
  while (at < end) {
    const token = body[at++];
    let length = token >> 4;
    if (length === 15) {
      do {
        if (at >= end) throw corrupt();
        length += body[at];
      } while (body[at++] === 255);
    }
    at += length;
    holds += length;
    if (at === end) return holds;
    at += 2;
    length = token & 15;
    if (length === 15) {
      do {
        if (at >= end) throw corrupt();
        length += body[at];
      } while (body[at++] === 255);
    }
    holds += length + LEAST;
  }
  // A block ends with literals, never in the middle of something, and is not empty.
  throw corrupt();
}

/** Inflates a block that was measured; it may repeat what stands from `begin` on. */
function decodeBlock(
  body: Uint8Array, start: number, end: number, target: Uint8Array, begin: number,
  from: number, to: number,
): void {
  let at = start;
  let next = from;
  while (next < to || at < end) {
    const token = body[at++];
    let length = token >> 4;
    if (length === 15) {
      let more: number;
      do {
        more = body[at++];
        length += more;
      } while (more === 255);
    }
    copyFrom(body, at, target, next, length);
    at += length;
    next += length;
    if (at === end) return;
    const back = body[at] | body[at + 1] << 8;
    at += 2;
    length = (token & 15) + LEAST;
    if (length === 15 + LEAST) {
      let more: number;
      do {
        more = body[at++];
        length += more;
      } while (more === 255);
    }
    if (back === 0 || back > next - begin) throw corrupt();
    repeat(target, next, back, length);
    next += length;
  }
}

/** Compresses what stands from `from` to `end` as one block; what it returns is its end. */
function encodeBlock(
  bytes: Uint8Array, from: number, end: number, out: Uint8Array, at: number,
): number {
  let to = at;
  const count = findMatches(bytes, from, end);
  let literal = from;
  for (let i = 0; i < count; i += PER_MATCH) {
    const back = matches[i + 1];
    const length = matches[i + 2] - LEAST;
    const token = to;
    to = putLiterals(bytes, literal, matches[i], out, to);
    out[to++] = back;
    out[to++] = back >> 8;
    out[token] |= Math.min(15, length);
    if (length >= 15) to = putLength(length - 15, out, to);
    literal = matches[i] + matches[i + 2];
  }
  return putLiterals(bytes, literal, end, out, to);
}

/** Writes a token that tells how many literals follow, and these. */
function putLiterals(
  bytes: Uint8Array, from: number, end: number, out: Uint8Array, at: number,
): number {
  const length = end - from;
  out[at] = Math.min(15, length) << 4;
  const to = length < 15 ? at + 1 : putLength(length - 15, out, at + 1);
  copyFrom(bytes, from, out, to, length);
  return to + length;
}

function putLength(length: number, out: Uint8Array, at: number): number {
  let to = at;
  let left = length;
  for (; left >= 255; left -= 255) out[to++] = 255;
  out[to++] = left;
  return to;
}

function numberAt(body: Uint8Array, at: number): number {
  if (at + 4 > body.length) throw truncated();
  return wordAt(body, at) >>> 0;
}

function corrupt(): InflateError {
  return broken('lz4: invalid source or destination buffer too short');
}
