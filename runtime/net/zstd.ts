/** Zstandard: frames are measured here, so that whoever inflates them is never asked too much. */
import { broken, tooLarge, truncated } from './inflate-error';
import { libraryCodec, nodeCodec, type ZstdCodec } from './zstd-codec';
import { wordAt } from '../wire/reader';

const MAGIC = 0xfd2f_b528;
/** Frames with any last hexadecimal digit here say nothing. */
const SKIPPABLE = 0x184d_2a50;
const MIB = 1024 * 1024;
const MAX_BLOCK = 128 * 1024;
const MIN_WINDOW = 1024;
/** Windows that every decoder should allow, by RFC 8878; a larger one only as far as a body may. */
const COMMON_WINDOW = 8 * MIB;
const SINGLE_SEGMENT = 0x20;
const RESERVED = 0x08;
const CHECKSUM = 0x04;
/** Each frame costs a call, and who compresses a message writes one. */
const MAX_FRAMES = 100;
const DICTIONARY_BYTES = [0, 1, 2, 4];
const RAW = 0;
const REPEATED = 1;
const COMPRESSED = 2;
/** Levels above cost many times more for little, as upstream's highest tells. */
const HIGHEST_LEVEL = 11;

/** One frame. */
interface Frame {
  readonly start: number;
  readonly end: number;
  /** Bytes that it holds at most. */
  readonly most: number;
  /** Whether it says so itself. */
  readonly isExact: boolean;
}

/** What the header of a frame says. */
interface Header {
  /** Where the first block begins. */
  readonly blocks: number;
  readonly window: number;
  /** Bytes that it holds; -1 where it does not say. */
  readonly content: number;
  readonly hasChecksum: boolean;
}

let codec: ZstdCodec | undefined = nodeCodec;
let loading: Promise<void> | undefined;

/** Settled when Zstandard can be used; absent when it can be at once. */
export function zstdLoading(): Promise<void> | undefined {
  if (codec !== undefined) return undefined;
  loading ??= libraryCodec().then((loaded) => { codec = loaded; });
  return loading;
}

/**
 * Inflates a row of frames. `zstdLoading` must have settled.
 *
 * @throws InflateError when it is broken, or would hold more than `maxBytes`.
 */
export function inflateZstd(
  body: Uint8Array, maxBytes: number, { inflate } = codec ?? notLoaded(),
): Uint8Array {
  const wholes: Uint8Array[] = [];
  let left = maxBytes;
  for (const { start, end, most, isExact } of framesOf(body, maxBytes)) {
    if (isExact && most > left) throw tooLarge();
    if (most === 0) continue;
    const whole = inflate(body.subarray(start, end), Math.min(most, left));
    if (isExact && whole.length !== most) {
      throw broken('frame size does not match size on stream');
    }
    left -= whole.length;
    if (left < 0) throw tooLarge();
    wholes.push(whole);
  }
  return wholes.length === 1 ? wholes[0] : Buffer.concat(wholes);
}

/** Compresses `bytes` as one frame. `zstdLoading` must have settled. */
export function deflateZstd(
  bytes: Uint8Array, level: number, { deflate } = codec ?? notLoaded(),
): Uint8Array {
  return deflate(bytes, Math.min(HIGHEST_LEVEL, Math.max(1, level)));
}

function framesOf(body: Uint8Array, maxBytes: number): readonly Frame[] {
  const frames: Frame[] = [];
  let least = 0;
  for (let at = 0; at < body.length;) {
    need(body, at + 4);
    const magic = wordAt(body, at) >>> 0;
    if (magic >>> 4 === SKIPPABLE >>> 4) {
      need(body, at + 8);
      at += 8 + (wordAt(body, at + 4) >>> 0);
      need(body, at);
      continue;
    }
    if (magic !== MAGIC) throw broken('invalid input: magic number mismatch');
    const header = readHeader(body, at + 4);
    if (header.window > Math.max(COMMON_WINDOW, maxBytes)) {
      if (header.content > maxBytes) throw tooLarge();
      throw broken('window size exceeded');
    }
    const blocks = measure(body, header);
    const isExact = header.content >= 0;
    if (isExact && (header.content < blocks.least || header.content > blocks.most)) {
      throw broken('frame size does not match size on stream');
    }
    least += isExact ? header.content : blocks.least;
    if (least > maxBytes) throw tooLarge();
    const most = isExact ? header.content : blocks.most;
    if (frames.length === MAX_FRAMES) throw broken(`zstd: more than ${MAX_FRAMES} frames`);
    frames.push({ start: at, end: blocks.end, most, isExact });
    at = blocks.end;
  }
  return frames;
}

function readHeader(body: Uint8Array, start: number): Header {
  need(body, start + 1);
  const flags = body[start];
  if (flags & RESERVED) throw broken('reserved bit set on frame header');
  const isSingle = (flags & SINGLE_SEGMENT) !== 0;
  let at = start + 1;
  let window = 0;
  if (!isSingle) {
    need(body, at + 1);
    const base = 2 ** (10 + (body[at] >> 3));
    window = base + base / 8 * (body[at] & 7);
    at++;
  }
  const dictionaryBytes = DICTIONARY_BYTES[flags & 3];
  need(body, at + dictionaryBytes);
  if (littleEndian(body, at, dictionaryBytes) !== 0) throw broken('unknown dictionary');
  at += dictionaryBytes;
  const kind = flags >> 6;
  const contentBytes = kind === 0 ? isSingle ? 1 : 0 : 1 << kind;
  need(body, at + contentBytes);
  const content = contentBytes === 0 ? -1
    : littleEndian(body, at, contentBytes) + (contentBytes === 2 ? 256 : 0);
  return {
    blocks: at + contentBytes,
    window: isSingle ? Math.max(content, MIN_WINDOW) : window,
    content,
    hasChecksum: (flags & CHECKSUM) !== 0,
  };
}

/** Goes over all blocks of a frame: where it ends, and how much it holds at least and at most. */
function measure(
  body: Uint8Array, { blocks, window, hasChecksum }: Header,
): { readonly end: number; readonly least: number; readonly most: number } {
  const maxBlock = Math.min(window, MAX_BLOCK);
  let at = blocks;
  let least = 0;
  let most = 0;
  for (let isLast = false; !isLast;) {
    need(body, at + 3);
    const told = littleEndian(body, at, 3);
    isLast = (told & 1) === 1;
    const kind = told >> 1 & 3;
    const size = told >> 3;
    if (kind > COMPRESSED) throw broken('invalid input: reserved block type encountered');
    if (size > maxBlock) throw broken('window size exceeded');
    at += 3 + (kind === REPEATED ? 1 : size);
    need(body, at);
    if (kind === RAW || kind === REPEATED) least += size;
    most += kind === COMPRESSED ? maxBlock : size;
  }
  const end = at + (hasChecksum ? 4 : 0);
  need(body, end);
  return { end, least, most };
}

function need(body: Uint8Array, end: number): void {
  if (end > body.length) throw truncated();
}

function littleEndian(body: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + body[at + i];
  return value;
}

function notLoaded(): never {
  throw new Error('zstd: must be loaded before it is used, got a call before');
}
