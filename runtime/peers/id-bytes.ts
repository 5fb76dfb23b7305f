/** Trace ids as bytes side by side, and as four words each. */
import { ID_BYTES } from './messages';

/** An id as words: bytes 0 to 3 in the first one, the first of them lowest. */
export interface IdWords {
  /** Bytes 0 to 3. */
  readonly w0: number;
  /** Bytes 4 to 7. */
  readonly w1: number;
  /** Bytes 8 to 11. */
  readonly w2: number;
  /** Bytes 12 to 15. */
  readonly w3: number;
}

/** Told of the words of each id. */
export type IdVisitor = (w0: number, w1: number, w2: number, w3: number) => void;

/** The ids side by side. */
export function idsOf(ids: readonly IdWords[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(ids.length * ID_BYTES);
  ids.forEach(({ w0, w1, w2, w3 }, i) => {
    const at = i * ID_BYTES;
    bytes.writeInt32LE(w0, at);
    bytes.writeInt32LE(w1, at + 4);
    bytes.writeInt32LE(w2, at + 8);
    bytes.writeInt32LE(w3, at + 12);
  });
  return bytes;
}

/** Tells `visitor` of every id in `bytes`. */
export function eachId(bytes: Uint8Array, visitor: IdVisitor): void {
  const ids = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + ID_BYTES <= ids.length; at += ID_BYTES) {
    visitor(ids.readInt32LE(at), ids.readInt32LE(at + 4), ids.readInt32LE(at + 8),
      ids.readInt32LE(at + 12));
  }
}
