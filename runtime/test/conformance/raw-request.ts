/** Requests as bytes, and what of an answer is compared. */
import * as http from 'http';
import { connect, constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'http2';
import { decodeForeignStatus } from '../../testing/rpc-status';

/** A request over HTTP or gRPC. */
export interface RawRequest {
  /** POST unless given. */
  readonly method?: string;
  /** Path on the server. */
  readonly path: string;
  /** Headers as they are sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** Body as it is sent. */
  readonly body: Uint8Array;
}

/** What of an answer is compared: parts that it does not have are left out. */
export type Answer = Readonly<Record<string, unknown>>;

const DEADLINE_MS = 30_000;
const COMPARED = ['content-type', 'retry-after', 'www-authenticate', 'allow',
  'x-content-type-options', 'grpc-status', 'grpc-message', 'grpc-encoding'];

/** Asks over HTTP/1.1. */
export function askHttp(
  port: number, { method, path, headers, body }: RawRequest,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1',
      port,
      path,
      method: method ?? 'POST',
      agent: false,
      timeout: DEADLINE_MS,
      headers: { ...headers, 'content-length': body.length },
    }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({
        status: response.statusCode,
        ...compared(response.headers),
        ...readBody(Buffer.concat(chunks), response.headers['content-type']),
      }));
    });
    request.on('timeout', () => request.destroy(new Error('the server: must answer, got nothing')));
    request.on('error', reject);
    request.end(body);
  });
}

/** JSON is compared as what it says: protojson puts in white space by chance. */
function readBody(body: Buffer, type = ''): Answer {
  if (type.startsWith('application/json')) return { body: JSON.parse(body.toString()) as unknown };
  if (!type.startsWith('application/x-protobuf')) return { body: body.toString() };
  const asText = body.toString('hex');
  if (asText === '0a00') return { body: asText };
  return { body: decodeForeignStatus(body) };
}

/** Asks over HTTP/2 without TLS; the body has its five bytes in front already. */
export function askGrpc(
  port: number, { method, path, headers, body }: RawRequest,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const fail = (error: Error): void => {
      session.destroy();
      reject(error);
    };
    session.on('error', fail);
    const sent: OutgoingHttpHeaders = { ':method': method ?? 'POST', ':path': path, ...headers };
    const stream = session.request(sent, { endStream: false });
    stream.setTimeout(DEADLINE_MS, () => fail(new Error('the server: must answer, got nothing')));
    const chunks: Buffer[] = [];
    let answer: Answer = {};
    const add = (received: IncomingHttpHeaders): void => {
      answer = {
        ...answer,
        ...compared(received),
        ...detailsIn(received),
        ...received[':status'] !== undefined && { status: received[':status'] },
      };
    };
    stream.on('response', add);
    stream.on('trailers', add);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => {}); // `close` tells the code.
    stream.on('close', () => {
      session.destroy();
      const reset = stream.rstCode !== constants.NGHTTP2_NO_ERROR && { reset: stream.rstCode };
      resolve({ ...answer, ...reset, body: Buffer.concat(chunks).toString('hex') });
    });
    stream.end(body);
  });
}

function detailsIn(headers: IncomingHttpHeaders): Answer {
  const details = headers['grpc-status-details-bin'];
  if (typeof details !== 'string') return {};
  return { details: decodeForeignStatus(Buffer.from(details, 'base64')) };
}

function compared(headers: IncomingHttpHeaders): Answer {
  return Object.fromEntries(COMPARED.filter((name) => headers[name] !== undefined)
    .map((name) => [name, headers[name]]));
}

/** A message of gRPC with its five bytes in front. */
export function framed(message: Uint8Array, isCompressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = isCompressed ? 1 : 0;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
