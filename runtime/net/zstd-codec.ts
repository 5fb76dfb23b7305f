/** Who inflates and compresses frames of Zstandard: Node.js, where it can, or a library. */
import * as zlib from 'zlib';
import { broken, tooLarge, type InflateError } from './inflate-error';
import { messageOf } from '../errors';

/** Inflates and compresses frames. */
export interface ZstdCodec {
  /**
   * Inflates one whole frame.
   *
   * @throws InflateError when it is broken, or holds more than `most` bytes.
   */
  readonly inflate: (frame: Uint8Array, most: number) => Uint8Array;
  /** Compresses as one frame that says how much it holds. */
  readonly deflate: (bytes: Uint8Array, level: number) => Uint8Array;
}

/** What the types of Node.js 20 do not know. */
interface ZstdOfNode {
  readonly zstdCompressSync?: (bytes: Uint8Array, options: object) => Buffer;
  readonly zstdDecompressSync?: (bytes: Uint8Array, options: object) => Buffer;
}

type Library = typeof import('./zstd-library');

const COMPRESSION_LEVEL = 100;
/** A buffer that is just full makes Node.js ask for another one. */
const SPARE = 64;
const TARGET_TOO_SMALL = -70;
const WRONG_CHECKSUM = -22;

const { zstdCompressSync, zstdDecompressSync } = zlib as ZstdOfNode;

/** The codec of Node.js, if it has one. */
export const nodeCodec: ZstdCodec | undefined =
  zstdCompressSync === undefined || zstdDecompressSync === undefined ? undefined : {
    inflate: (frame, most) => {
      try {
        const options = { chunkSize: most + SPARE, maxOutputLength: Math.max(1, most) };
        return fitting(zstdDecompressSync(frame, options));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
        throw corrupt(code === 'ZSTD_error_checksum_wrong');
      }
    },
    deflate: (bytes, level) => zstdCompressSync(bytes, {
      params: { [COMPRESSION_LEVEL]: level }, chunkSize: Math.max(1024, bytes.length >> 2),
    }),
  };

/** The codec of the library. */
export async function libraryCodec(): Promise<ZstdCodec> {
  // Not `import`: tests run where that cannot be called late.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const library = require('./zstd-library') as Library;
  await library.init();
  return {
    inflate: (frame, most) => {
      try {
        return library.decompress(Buffer.from(frame), { defaultHeapSize: Math.max(1, most) });
      } catch (error) {
        const code = Number(/-\d+$/.exec(messageOf(error))?.[0]);
        if (code === TARGET_TOO_SMALL) throw tooLarge();
        throw corrupt(code === WRONG_CHECKSUM);
      }
    },
    deflate: (bytes, level) => library.compress(Buffer.from(bytes), level),
  };
}

/** Gives back what was reserved for bytes that a frame only might have held. */
function fitting(bytes: Buffer): Uint8Array {
  const { byteLength } = bytes.buffer;
  return byteLength > 2 * bytes.length + SPARE ? Uint8Array.prototype.slice.call(bytes) : bytes;
}

function corrupt(isChecksum: boolean): InflateError {
  return broken(isChecksum ? 'CRC check failed' : 'invalid input: corrupt block');
}
