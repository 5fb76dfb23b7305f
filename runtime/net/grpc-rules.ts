/** What holds of unary gRPC calls whatever carries them: who may call, and what is answered. */
import type { ServerAuthenticator } from './authentication';
import { inflate, type Compression } from './compression';
import { InflateError } from './inflate-error';
import { Code, type Status } from './status';
import { encodeStatus } from './status-codec';
import type { Routes } from './transport';
import type { Calls, SocketEnd } from '../telemetry/calls';

/** The type of what is sent and answered. */
export const CONTENT_TYPE = 'application/grpc';
/** What upstream's gRPC knows; what it calls snappy are chunks. */
const COMPRESSIONS: Readonly<Record<string, Compression>> = {
  gzip: 'gzip', snappy: 'x-snappy-framed', zstd: 'zstd',
};
const GZIP_HEADER = 10;

/** The names that messages over gRPC may be compressed with, as a client tells them. */
export const ACCEPTED_ENCODINGS = Object.keys(COMPRESSIONS).join(',');

/** What `encoding` stands for over gRPC. */
export function grpcCompression(encoding: string): Compression | undefined {
  return Object.hasOwn(COMPRESSIONS, encoding) ? COMPRESSIONS[encoding] : undefined;
}

/** What stands between a connection and those who take its messages. */
export interface Door {
  /** Who takes the messages of which path. */
  readonly routes: Routes;
  /** Largest message, inflated ones too. */
  readonly maxBytes: number;
  /** Who lets requests in; everybody may come in without one. */
  readonly authenticator?: ServerAuthenticator;
  /** Told of requests that were not let in. */
  readonly refused: (status: Status) => void;
  /** Whom to tell of calls. */
  readonly calls?: Calls;
  /** This end of the connection, for those who are told. */
  readonly local?: SocketEnd;
}

/** The message that `body` is the compressed form of, or why there is none. */
export function decompressMessage(
  body: Uint8Array, encoding: string, maxBytes: number,
): Uint8Array | Status {
  if (encoding === '' || encoding === 'identity') {
    const message = 'grpc: compressed flag set with identity or empty encoding';
    return { code: Code.internal, message };
  }
  const compression = grpcCompression(encoding);
  if (compression === undefined) return notInstalled(encoding);
  try {
    return inflate(compression, body, maxBytes);
  } catch (error) {
    if (!(error instanceof InflateError)) throw error;
    return error.isTooLarge
      ? {
        code: Code.resourceExhausted,
        message: `grpc: received message after decompression larger than max ${maxBytes}`,
      }
      : { code: Code.internal, message: `${failedAt(compression, body)}: ${error.message}` };
  }
}

/** Only gzip's header is looked at before the rest is read. */
function failedAt(compression: Compression, body: Uint8Array): string {
  const isHeader = compression === 'gzip'
    && (body.length < GZIP_HEADER || body[0] !== 0x1f || body[1] !== 0x8b);
  return isHeader
    ? 'grpc: failed to decompress the message' : 'grpc: failed to read decompressed data';
}

/** A call that is refused before any of its message is read. */
export interface EarlyRefusal {
  /** HTTP status. */
  readonly http: number;
  /** What gRPC says of it. */
  readonly status: Status;
}

/** Why a request is no call that can be answered. */
export function protocolError(
  method: string, type: string | undefined, encoding: string | undefined,
): EarlyRefusal | undefined {
  if (!isGrpc(type)) {
    const message = `invalid gRPC request content-type ${JSON.stringify(type ?? '')}`;
    return { http: 415, status: { code: Code.invalidArgument, message } };
  }
  if (method !== 'POST') {
    const rule = 'which should be POST';
    const message = `Received a HEADERS frame with :method ${JSON.stringify(method)} ${rule}`;
    return { http: 405, status: { code: Code.internal, message } };
  }
  if (encoding === undefined || encoding === '' || encoding === 'identity') return undefined;
  if (grpcCompression(encoding) !== undefined) return undefined;
  return { http: 200, status: notInstalled(encoding) };
}

function isGrpc(type: string | undefined): boolean {
  if (type === CONTENT_TYPE) return true;
  const next = type?.startsWith(CONTENT_TYPE) ? type[CONTENT_TYPE.length] : undefined;
  return next === '+' || next === ';';
}

function notInstalled(encoding: string): Status {
  const message = 'grpc: Decompressor is not installed for grpc-encoding '
    + JSON.stringify(encoding);
  return { code: Code.unimplemented, message };
}

/** What is said of a path that nobody answers. */
export function unknownMethod(path: string, routes: Routes): Status {
  const slash = path.lastIndexOf('/');
  if (!path.startsWith('/') || slash === 0) {
    const message = `malformed method name: ${JSON.stringify(path)}`;
    return { code: Code.unimplemented, message };
  }
  const service = path.slice(1, slash);
  const isKnown = [...routes.keys()].some((known) => known.startsWith(`/${service}/`));
  const message = isKnown
    ? `unknown method ${path.slice(slash + 1)} for service ${service}`
    : `unknown service ${service}`;
  return { code: Code.unimplemented, message };
}

/** The headers that tell `status`, which end an answer. */
export function statusFields(status: Status): (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [
    ['grpc-status', String(status.code)], ['grpc-message', percentEncode(status.message)],
  ];
  if (status.retryDelayMs !== undefined) {
    fields.push(['grpc-status-details-bin', unpaddedBase64(encodeStatus(status))]);
  }
  return fields;
}

/** `message` as the header `grpc-message` carries it. */
export function percentEncode(message: string): string {
  if (/^[ -$&-~]*$/.test(message)) return message;
  let encoded = '';
  for (const byte of Buffer.from(message)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** The reverse of `percentEncode`; what is not encoded well is kept as it is. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const hex = text[i] === '%' ? /^[0-9a-f]{2}/i.exec(text.slice(i + 1, i + 3)) : null;
    if (hex === null) {
      bytes.push(text.charCodeAt(i) & 0xff);
    } else {
      bytes.push(parseInt(hex[0], 16));
      i += 2;
    }
  }
  return Buffer.from(bytes).toString();
}

function unpaddedBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
