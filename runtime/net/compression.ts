/** Compressed bodies: a limit holds before, while and after one is inflated. */
import * as zlib from 'zlib';

/** Algorithms that bodies may be compressed with. `deflate` has zlib's header, as upstream's. */
export type Compression = 'gzip' | 'deflate' | 'zlib';

/** A body that cannot be inflated, in the words of upstream's decoder. */
export class InflateError extends Error {
  public readonly name: string = 'InflateError';

  public constructor(message: string, /** Whether it is too large. */
    public readonly isTooLarge: boolean) {
    super(message);
  }
}

const SPARE = 64;
/** Deflate never inflates more than this. */
const MAX_RATIO = 1032;
/** Level 6 costs three times the time of this one, for a tenth less bytes. */
const LEVEL = 1;

/** Whether bodies compressed with `name` can be inflated. */
export function isCompression(name: string): name is Compression {
  return name === 'gzip' || name === 'deflate' || name === 'zlib';
}

/**
 * Inflates `body`.
 *
 * @throws InflateError when it is broken, or would hold more than `maxBytes`.
 */
export function inflate(name: Compression, body: Uint8Array, maxBytes: number): Uint8Array {
  const headerBytes = name === 'gzip' ? 10 : 2;
  if (body.length < headerBytes) {
    throw new InflateError(body.length === 0 ? 'EOF' : 'unexpected EOF', false);
  }
  const options = { maxOutputLength: maxBytes, chunkSize: likelySize(name, body, maxBytes) };
  try {
    return name === 'gzip' ? zlib.gunzipSync(body, options) : zlib.inflateSync(body, options);
  } catch (error) {
    throw inflateError(name, error);
  }
}

/** Compresses all `chunks` as one body. */
export function deflate(name: Compression, chunks: readonly Uint8Array[]): Uint8Array {
  const whole = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  const options = { level: LEVEL, chunkSize: Math.max(1024, whole.length >> 2) };
  return name === 'gzip' ? zlib.gzipSync(whole, options) : zlib.deflateSync(whole, options);
}

/** One output block of the right size saves growing and a copy; the last four bytes tell gzip's. */
function likelySize(name: Compression, body: Uint8Array, maxBytes: number): number {
  const most = Math.min(maxBytes, body.length * MAX_RATIO) + SPARE;
  if (name !== 'gzip') return Math.min(most, body.length * 8 + SPARE);
  const at = body.length - 4;
  const told = body[at] + body[at + 1] * 0x100 + body[at + 2] * 0x10000 + body[at + 3] * 0x1000000;
  return Math.min(most, told + SPARE);
}

function inflateError(name: Compression, error: unknown): InflateError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_BUFFER_TOO_LARGE') return new InflateError('too large', true);
  if (code === 'Z_BUF_ERROR') return new InflateError('unexpected EOF', false);
  const format = name === 'gzip' ? 'gzip' : 'zlib';
  if (message === 'incorrect header check') {
    return new InflateError(`${format}: invalid header`, false);
  }
  return new InflateError(`${format}: ${message}`, false);
}
