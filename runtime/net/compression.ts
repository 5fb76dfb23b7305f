/** Compressed bodies: a limit holds before, while and after one is inflated. */
import * as zlib from 'zlib';
import { broken, InflateError, tooLarge, truncated } from './inflate-error';
import { deflateLz4, inflateLz4 } from './lz4';
import {
  deflateFramedSnappy, deflateSnappy, inflateFramedSnappy, inflateSnappy, isFramedSnappy,
} from './snappy';
import { deflateZstd, inflateZstd, zstdLoading } from './zstd';

/** Algorithms that bodies may be compressed with. `deflate` has zlib's header, as upstream's. */
export type Compression =
  'gzip' | 'deflate' | 'zlib' | 'zstd' | 'snappy' | 'x-snappy-framed' | 'lz4';

const SPARE = 64;
/** Deflate never inflates more than this. */
const MAX_RATIO = 1032;
/** Level 6 of gzip costs three times the time of this one, for a tenth less bytes. */
const LEVEL = 1;
/** The most memory that it may work with, 128 KiB more than usual, makes it a tenth faster. */
const MEM_LEVEL = 9;
const HUFFMAN_ONLY = -2;

const INFLATERS: Readonly<Record<
  Compression, (body: Uint8Array, maxBytes: number) => Uint8Array>> = {
  'gzip': (body, maxBytes) => unzip('gzip', body, maxBytes),
  'deflate': (body, maxBytes) => unzip('zlib', body, maxBytes),
  'zlib': (body, maxBytes) => unzip('zlib', body, maxBytes),
  'zstd': inflateZstd,
  'snappy': (body, maxBytes) => isFramedSnappy(body)
    ? inflateFramedSnappy(body, maxBytes) : inflateSnappy(body, maxBytes),
  'x-snappy-framed': inflateFramedSnappy,
  'lz4': inflateLz4,
};

/** Whether bodies compressed with `name` can be inflated. */
export function isCompression(name: string): name is Compression {
  return Object.hasOwn(INFLATERS, name);
}

/** Settled when bodies of `names` can be inflated; absent when they can be at once. */
export function compressionLoading(names: readonly string[]): Promise<void> | undefined {
  return names.includes('zstd') ? zstdLoading() : undefined;
}

/**
 * Inflates `body`.
 *
 * @throws InflateError when it is broken, or would hold more than `maxBytes`.
 */
export function inflate(name: Compression, body: Uint8Array, maxBytes: number): Uint8Array {
  return INFLATERS[name](body, maxBytes);
}

/**
 * Compresses all `chunks` as one body. Level 0 is the least costly; gzip, zlib and deflate take
 * those from -2 (no repetitions are looked for) over -1 (the usual one) to 9, zstd any.
 */
export function deflate(
  name: Compression, chunks: readonly Uint8Array[], level = 0,
): Uint8Array {
  const whole = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  switch (name) {
    case 'zstd': return deflateZstd(whole, level);
    case 'snappy': return deflateSnappy(whole);
    case 'x-snappy-framed': return deflateFramedSnappy(whole);
    case 'lz4': return deflateLz4(whole);
    default: return zip(name, whole, level);
  }
}

function zip(name: 'gzip' | 'deflate' | 'zlib', whole: Uint8Array, level: number): Uint8Array {
  const options = {
    level: level === HUFFMAN_ONLY ? zlib.constants.Z_DEFAULT_COMPRESSION : level || LEVEL,
    ...level === HUFFMAN_ONLY && { strategy: zlib.constants.Z_HUFFMAN_ONLY },
    memLevel: MEM_LEVEL,
    chunkSize: Math.max(1024, whole.length >> 2),
  };
  return name === 'gzip' ? zlib.gzipSync(whole, options) : zlib.deflateSync(whole, options);
}

function unzip(format: 'gzip' | 'zlib', body: Uint8Array, maxBytes: number): Uint8Array {
  const headerBytes = format === 'gzip' ? 10 : 2;
  if (body.length < headerBytes) {
    throw body.length === 0 ? broken('EOF') : truncated();
  }
  const options = { maxOutputLength: maxBytes, chunkSize: likelySize(format, body, maxBytes) };
  try {
    return format === 'gzip' ? zlib.gunzipSync(body, options) : zlib.inflateSync(body, options);
  } catch (error) {
    throw inflateError(format, error);
  }
}

/** One output block of the right size saves growing and a copy; the last four bytes tell gzip's. */
function likelySize(format: 'gzip' | 'zlib', body: Uint8Array, maxBytes: number): number {
  const most = Math.min(maxBytes, body.length * MAX_RATIO) + SPARE;
  if (format !== 'gzip') return Math.min(most, body.length * 8 + SPARE);
  const at = body.length - 4;
  const told = body[at] + body[at + 1] * 0x100 + body[at + 2] * 0x10000 + body[at + 3] * 0x1000000;
  return Math.min(most, told + SPARE);
}

function inflateError(format: 'gzip' | 'zlib', error: unknown): InflateError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_BUFFER_TOO_LARGE') return tooLarge();
  if (code === 'Z_BUF_ERROR') return truncated();
  return broken(message === 'incorrect header check'
    ? `${format}: invalid header` : `${format}: ${message}`);
}
