/** What frames of HTTP/2 are made of (RFC 9113, sections 4, 6 and 7). */

/** What every client says first. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** Bytes in front of every frame's payload. */
export const FRAME_HEADER = 9;
/** Largest payload that a peer takes before it says otherwise, and the least that it may say. */
export const DEFAULT_FRAME_BYTES = 16_384;
/** Largest payload that there can be. */
export const MOST_FRAME_BYTES = 2 ** 24 - 1;
/** What a peer may send at first, of each stream and of all together. */
export const DEFAULT_WINDOW = 65_535;
/** Largest window that there can be. */
export const MOST_WINDOW = 2 ** 31 - 1;
/** Largest number of a stream. */
export const MOST_STREAM_ID = 2 ** 31 - 1;

/** Types of frames. */
export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of frames; the same bit means different things in different types. */
export const Flag = {
  ack: 0x1,
  endStream: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const;

/** Why a stream or a connection ends. */
export const ErrorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  connectError: 10,
  enhanceYourCalm: 11,
} as const;

const ERROR_NAMES = [
  'NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT',
  'STREAM_CLOSED', 'FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR',
  'CONNECT_ERROR', 'ENHANCE_YOUR_CALM', 'INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED',
];

/** An error code as the RFC spells it. */
export function errorName(code: number): string {
  return ERROR_NAMES[code] ?? `error ${code}`;
}

/** A mistake of the peer after which the connection cannot go on. */
export class ConnectionError extends Error {
  public readonly name: string = 'ConnectionError';

  public constructor(
    /** What the peer is told, out of `ErrorCode`. */
    public readonly code: number, message: string,
  ) {
    super(message);
  }
}

/** Writes the nine bytes in front of a payload of `length` bytes; the place behind them. */
export function writeFrameHeader(
  target: Uint8Array, at: number, length: number, type: number, flags: number, streamId: number,
): number {
  target[at] = length >>> 16;
  target[at + 1] = length >>> 8;
  target[at + 2] = length;
  target[at + 3] = type;
  target[at + 4] = flags;
  return writeUint32(target, at + 5, streamId);
}

/** Writes four bytes, highest first; the place behind them. */
export function writeUint32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}

/** Four bytes, highest first, as a number without sign. */
export function readUint32(source: Uint8Array, at: number): number {
  return (source[at] << 24 | source[at + 1] << 16 | source[at + 2] << 8 | source[at + 3]) >>> 0;
}

/** Four bytes without their highest bit, which is reserved in streams' numbers and increments. */
export function readUint31(source: Uint8Array, at: number): number {
  return (source[at] & 0x7f) << 24 | source[at + 1] << 16 | source[at + 2] << 8 | source[at + 3];
}
