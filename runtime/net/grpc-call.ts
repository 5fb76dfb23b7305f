/** One unary gRPC call as a server sees it. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'http2';
import { askToLetIn, type ServerAuthenticator } from './authentication';
import { inflate, type Compression } from './compression';
import { InflateError } from './inflate-error';
import { MessageAssembler, messagePrefix } from './message-assembler';
import { Code, type Status } from './status';
import { encodeStatus } from './status-codec';
import type { OnMessage, Routes } from './transport';
import type { ClientMetadata } from '../pipeline/client-metadata';
import type { Calls, EndGrpcCall } from '../telemetry/calls';

const CONTENT_TYPE = 'application/grpc';
const OK_HEADERS = { ':status': 200, 'content-type': CONTENT_TYPE };
const OK_TRAILERS = { 'grpc-status': '0', 'grpc-message': '' };
const OK_OPTIONS = { waitForTrailers: true, sendDate: false };
const END = { endStream: true, sendDate: false };
/** What upstream's gRPC knows; what it calls snappy are chunks. */
const COMPRESSIONS: Readonly<Record<string, Compression>> = {
  gzip: 'gzip', snappy: 'x-snappy-framed', zstd: 'zstd',
};
const NOTHING = new Uint8Array(0);
const NO_ERROR = 0;
const CANCELLED = 1;
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
}

/** Answers one call out of the routes of `door`; `metadata` goes along with its message. */
export function serveCall(
  stream: ServerHttp2Stream, headers: IncomingHttpHeaders, door: Door, metadata?: ClientMetadata,
): void {
  const { authenticator, calls, maxBytes, refused, routes } = door;
  // A peer that goes away in the middle is no failure of ours; its session tells why.
  stream.on('error', () => undefined);
  const onMessage = routes.get(headers[':path'] as string);
  if (calls !== undefined) {
    const known = onMessage === undefined ? '_OTHER' : headers[':path'] as string;
    observe(stream, calls.grpcServer(known));
  }
  const refusal = protocolError(headers);
  if (refusal !== undefined) {
    refuse(stream, refusal.status, refusal.http);
  } else if (onMessage === undefined) {
    refuse(stream, unknownMethod(String(headers[':path']), routes));
  } else {
    askToLetIn(authenticator, headers, (no) => {
      if (no === undefined) {
        const taken: OnMessage = metadata === undefined ? onMessage : (...given) => {
          const [arena, offset, length, encoding, respond] = given;
          onMessage(arena, offset, length, encoding, respond, metadata);
        };
        receive(stream, String(headers['grpc-encoding'] ?? ''), taken, maxBytes);
        return;
      }
      refused(no);
      refuse(stream, no);
    });
  }
}

/** What was never answered was given up by the client. */
function observe(stream: ServerHttp2Stream, ended: EndGrpcCall): void {
  stream.once('close', () => {
    const answers = [stream.sentHeaders, stream.sentTrailers];
    const status = answers.map((answer) => answer?.['grpc-status']).find(Boolean);
    ended(status === undefined ? CANCELLED : Number(status));
  });
}

function receive(
  stream: ServerHttp2Stream, encoding: string, onMessage: OnMessage, maxBytes: number,
): void {
  const assembler = new MessageAssembler(maxBytes);
  let isOver = false;
  const fail = (status: Status): void => {
    isOver = true;
    refuse(stream, status);
  };
  stream.on('data', (chunk: Uint8Array) => {
    if (isOver) return;
    const failure = assembler.push(chunk);
    if (failure !== undefined) fail(failure);
  });
  stream.on('end', () => {
    if (isOver || stream.destroyed || stream.aborted) return;
    const failure = assembler.end();
    if (failure !== undefined) {
      fail(failure);
    } else if (assembler.flag === 0) {
      deliver(stream, assembler.framed(), 5, assembler.length, onMessage);
    } else {
      inflated(assembler, encoding, maxBytes, fail, (message) => {
        deliver(stream, message, 0, message.length, onMessage);
      });
    }
  });
}

function deliver(
  stream: ServerHttp2Stream, arena: Uint8Array, offset: number, length: number,
  onMessage: OnMessage,
): void {
  onMessage(arena, offset, length, 'proto', (status, body = NOTHING) => {
    if (stream.destroyed) return;
    if (status.code === Code.ok) accept(stream, body); else refuse(stream, status);
  });
}

function inflated(
  assembler: MessageAssembler, encoding: string, maxBytes: number,
  fail: (status: Status) => void, then: (message: Uint8Array) => void,
): void {
  const message = decompressMessage(assembler.message(), encoding, maxBytes);
  if (message instanceof Uint8Array) then(message); else fail(message);
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

function accept(stream: ServerHttp2Stream, body: Uint8Array): void {
  stream.once('wantTrailers', () => { stream.sendTrailers(OK_TRAILERS); });
  stream.respond(OK_HEADERS, OK_OPTIONS);
  stream.end(Buffer.concat([messagePrefix(body.length, false), body]));
}

function refuse(stream: ServerHttp2Stream, status: Status, http = 200): void {
  if (stream.destroyed || stream.headersSent) return;
  stream.respond({
    ':status': http,
    'content-type': CONTENT_TYPE,
    'grpc-status': String(status.code),
    'grpc-message': percentEncode(status.message),
    ...status.retryDelayMs !== undefined && {
      'grpc-status-details-bin': unpaddedBase64(encodeStatus(status)),
    },
  }, END);
  // Whatever else the client sends of this call is not waited for.
  stream.resume();
  if (!stream.readableEnded) stream.close(NO_ERROR);
}

function protocolError(
  headers: IncomingHttpHeaders,
): { readonly http: number; readonly status: Status } | undefined {
  const method = String(headers[':method']);
  const type = headers['content-type'];
  if (!isGrpc(type)) {
    const message = `invalid gRPC request content-type ${JSON.stringify(type ?? '')}`;
    return { http: 415, status: { code: Code.invalidArgument, message } };
  }
  if (method !== 'POST') {
    const rule = 'which should be POST';
    const message = `Received a HEADERS frame with :method ${JSON.stringify(method)} ${rule}`;
    return { http: 405, status: { code: Code.internal, message } };
  }
  const encoding = headers['grpc-encoding'];
  if (encoding === undefined || encoding === '' || encoding === 'identity') return undefined;
  if (grpcCompression(String(encoding)) !== undefined) return undefined;
  return { http: 200, status: notInstalled(String(encoding)) };
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

function unknownMethod(path: string, routes: Routes): Status {
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
