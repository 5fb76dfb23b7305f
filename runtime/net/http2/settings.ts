/** Settings of a connection, as peers tell them to each other (RFC 9113, section 6.5). */
import {
  ConnectionError, DEFAULT_FRAME_BYTES, DEFAULT_WINDOW, ErrorCode, MOST_FRAME_BYTES, MOST_WINDOW,
  readUint32, writeUint32,
} from './frames';

/** Bytes of one setting: two of its number, four of its value. */
export const SETTING_BYTES = 6;

const HEADER_TABLE_SIZE = 1;
const ENABLE_PUSH = 2;
const MAX_CONCURRENT_STREAMS = 3;
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;
const MAX_HEADER_LIST_SIZE = 6;

/** What one side of a connection may rely on of the other. */
export interface Settings {
  /** Bytes that the table of the other side's header encoder may have. */
  headerTableSize: number;
  /** Whether a server may push; only a client can say so. */
  enablePush: boolean;
  /** Streams that may be open at a time; Infinity without limit. */
  maxConcurrentStreams: number;
  /** Bytes that may be sent on a new stream before they are credited. */
  initialWindowSize: number;
  /** Largest payload of a frame in bytes. */
  maxFrameSize: number;
  /** Largest list of headers in bytes; Infinity without limit. */
  maxHeaderListSize: number;
}

/** What holds before a peer has told its settings. */
export function defaultSettings(): Settings {
  return {
    headerTableSize: 4096,
    enablePush: true,
    maxConcurrentStreams: Infinity,
    initialWindowSize: DEFAULT_WINDOW,
    maxFrameSize: DEFAULT_FRAME_BYTES,
    maxHeaderListSize: Infinity,
  };
}

/**
 * Changes `settings` by what a SETTINGS frame holds from `start` to `end`. `isFromServer` tells who
 * sent it: a server must not ask for pushes.
 *
 * @throws ConnectionError when a value is not allowed.
 */
export function readSettings(
  settings: Settings, payload: Uint8Array, start: number, end: number, isFromServer: boolean,
): void {
  for (let at = start; at < end; at += SETTING_BYTES) {
    const value = readUint32(payload, at + 2);
    switch (payload[at] << 8 | payload[at + 1]) {
      case HEADER_TABLE_SIZE: settings.headerTableSize = value; break;
      case ENABLE_PUSH:
        check(value <= (isFromServer ? 0 : 1), ErrorCode.protocolError, 'ENABLE_PUSH', value);
        settings.enablePush = value === 1;
        break;
      case MAX_CONCURRENT_STREAMS: settings.maxConcurrentStreams = value; break;
      case INITIAL_WINDOW_SIZE:
        check(value <= MOST_WINDOW, ErrorCode.flowControlError, 'INITIAL_WINDOW_SIZE', value);
        settings.initialWindowSize = value;
        break;
      case MAX_FRAME_SIZE:
        check(value >= DEFAULT_FRAME_BYTES && value <= MOST_FRAME_BYTES,
          ErrorCode.protocolError, 'MAX_FRAME_SIZE', value);
        settings.maxFrameSize = value;
        break;
      case MAX_HEADER_LIST_SIZE: settings.maxHeaderListSize = value; break;
      default: // Settings that nobody knows are to be ignored.
    }
  }
}

/** The payload of a SETTINGS frame that tells what differs from `defaultSettings`. */
export function settingsPayload(settings: Partial<Settings>): Uint8Array {
  const usual = defaultSettings();
  const rows: readonly (readonly [number, number | undefined, number])[] = [
    [HEADER_TABLE_SIZE, settings.headerTableSize, usual.headerTableSize],
    [ENABLE_PUSH, settings.enablePush === undefined ? undefined : Number(settings.enablePush), 1],
    [MAX_CONCURRENT_STREAMS, settings.maxConcurrentStreams, usual.maxConcurrentStreams],
    [INITIAL_WINDOW_SIZE, settings.initialWindowSize, usual.initialWindowSize],
    [MAX_FRAME_SIZE, settings.maxFrameSize, usual.maxFrameSize],
    [MAX_HEADER_LIST_SIZE, settings.maxHeaderListSize, usual.maxHeaderListSize],
  ];
  const told = rows.filter(([, value, known]) => value !== undefined && value !== known);
  const payload = new Uint8Array(told.length * SETTING_BYTES);
  told.forEach(([number, value = 0], index) => {
    payload[index * SETTING_BYTES + 1] = number;
    writeUint32(payload, index * SETTING_BYTES + 2, value);
  });
  return payload;
}

function check(holds: boolean, code: number, name: string, value: number): void {
  if (holds) return;
  throw new ConnectionError(code, `SETTINGS: ${name} must be in its range, got ${value}`);
}
