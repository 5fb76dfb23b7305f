/** One unary gRPC call as a server sees it. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'http2';
import { askToLetIn } from './authentication';
import {
  CONTENT_TYPE, decompressMessage, percentDecode, protocolError, statusFields, unknownMethod,
  type Door,
} from './grpc-rules';
import { MessageAssembler, messagePrefix } from './message-assembler';
import type { RawHeaders } from './request-metadata';
import { Code, type Status } from './status';
import type { OnMessage } from './transport';
import type { ClientMetadata } from '../pipeline/client-metadata';
import type { ToldGrpcCall } from '../telemetry/calls';

const OK_HEADERS = { ':status': 200, 'content-type': CONTENT_TYPE };
const OK_TRAILERS = { 'grpc-status': '0', 'grpc-message': '' };
const OK_OPTIONS = { waitForTrailers: true, sendDate: false };
const END = { endStream: true, sendDate: false };
const NOTHING = new Uint8Array(0);
const NO_ERROR = 0;
const CANCELLED = 1;

/** Answers one call out of the routes of `door`; `metadata` goes along. */
export function serveCall(
  stream: ServerHttp2Stream, headers: IncomingHttpHeaders, door: Door,
  rawHeaders: RawHeaders = [], metadata?: ClientMetadata,
): void {
  const { authenticator, calls, maxBytes, refused, routes } = door;
  // A peer that goes away in the middle is no failure of ours; its session tells why.
  stream.on('error', () => undefined);
  const onMessage = routes.get(headers[':path'] as string);
  const told = calls?.grpcServer({
    path: String(headers[':path']),
    isTaken: onMessage !== undefined,
    local: door.local,
    headers: () => rawHeaders,
  });
  if (told !== undefined) observe(stream, told);
  const refusal = protocolError(
    String(headers[':method']), headers['content-type'], encodingOf(headers));
  if (refusal !== undefined) {
    refuse(stream, refusal.status, refusal.http);
  } else if (onMessage === undefined) {
    refuse(stream, unknownMethod(String(headers[':path']), routes));
  } else {
    askToLetIn(authenticator, headers, (no) => {
      if (no === undefined) {
        const isPlain = metadata === undefined && told === undefined;
        const taken: OnMessage = isPlain ? onMessage : (...given) => {
          const [arena, offset, length, encoding, respond] = given;
          onMessage(arena, offset, length, encoding, respond, metadata, told?.place);
        };
        receive(stream, encodingOf(headers) ?? '', taken, maxBytes);
        return;
      }
      refused(no);
      refuse(stream, no);
    });
  }
}

/** What was never answered was given up by the client. */
function observe(stream: ServerHttp2Stream, told: ToldGrpcCall): void {
  stream.once('close', () => {
    const answer = [stream.sentHeaders, stream.sentTrailers].find(
      (sent) => sent?.['grpc-status'] !== undefined);
    const code = answer === undefined ? CANCELLED : Number(answer['grpc-status']);
    told.end(code, percentDecode(String(answer?.['grpc-message'] ?? '')));
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
    ...Object.fromEntries(statusFields(status)),
  }, END);
  // Whatever else the client sends of this call is not waited for.
  stream.resume();
  if (!stream.readableEnded) stream.close(NO_ERROR);
}

function encodingOf(headers: IncomingHttpHeaders): string | undefined {
  const encoding = headers['grpc-encoding'];
  return encoding === undefined ? undefined : String(encoding);
}
