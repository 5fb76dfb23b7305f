/**
 * How bytes come from a socket: into one buffer that all connections share, where that can be had.
 *
 * A server of Node.js makes the sockets that it accepts itself, and leaves no way to give them a
 * buffer of ours, which sockets of clients have. So the handle of an accepted socket is put into
 * another one. The handle is nothing that Node.js promises to keep (it is there in 18 to 26): where
 * it is not as expected, and for TLS, every piece comes in a buffer of its own, at half the speed.
 */
import { Socket } from 'net';

/** Takes bytes, which are only there during the call. */
export type TakeBytes = (source: Uint8Array, start: number, end: number) => void;

/** With 64 KiB, a request of usual size comes in one or two pieces. */
const BUFFER_BYTES = 262_144;

/** Reading is one thing after another here, not with the completion ports of Windows. */
const canShare = process.platform !== 'win32';
let shared: Uint8Array | undefined;

interface OnRead {
  readonly buffer: Uint8Array;
  readonly callback: (length: number, buffer: Uint8Array) => boolean;
}

interface Handled {
  _handle?: { readonly useUserBuffer?: unknown } | null;
}

/** The buffer that all connections read into; whoever reads looks at it at once. */
export function sharedBuffer(): Uint8Array {
  shared ??= Buffer.allocUnsafeSlow(BUFFER_BYTES);
  return shared;
}

/**
 * The socket to go on with in the place of `accepted`, of which nothing was read and nothing was
 * asked for. It is paused; `accepted` must not be used any more when it is another.
 */
export function withSharedBuffer(accepted: Socket, take: TakeBytes): Socket {
  const handle = (accepted as Handled)._handle;
  if (!canShare || typeof handle?.useUserBuffer !== 'function') {
    return withOwnBuffers(accepted, take);
  }
  const onread: OnRead = {
    buffer: sharedBuffer(),
    callback: (length, buffer) => {
      take(buffer, 0, length);
      return true;
    },
  };
  const socket = new Socket({ handle, onread } as object);
  (accepted as Handled)._handle = null;
  // The server counts the socket that it knows.
  socket.once('close', () => accepted.destroy());
  return socket;
}

/** Has `socket` give its bytes to `take` in buffers of their own. */
export function withOwnBuffers(socket: Socket, take: TakeBytes): Socket {
  socket.on('data', (chunk: Uint8Array) => take(chunk, 0, chunk.length));
  socket.pause();
  return socket;
}
