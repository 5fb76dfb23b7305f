/** What the answer to a unary gRPC call says, whatever carried it. */
import { STATUS_CODES } from 'http';
import { decompressMessage, percentDecode } from './grpc-rules';
import { MAX_ANSWER_BYTES } from './grpc-session';
import { Code, codeOfHttp, type Status } from './status';
import { decodeStatus } from './status-codec';

/** Where gRPC reads HTTP statuses otherwise than OTLP over HTTP does. */
const GRPC_OF_HTTP: ReadonlyMap<number, number> = new Map([
  [400, Code.internal], [429, Code.unavailable],
]);

/** An answer that has come to its end without a status. */
export const NO_TRAILERS: Status = {
  code: Code.internal, message: 'server closed the stream without sending trailers',
};

/** One that was cut off. */
export const CUT_OFF: Status = {
  code: Code.unavailable, message: 'the connection ended before an answer',
};

/** The status that headers or trailers tell; `code` is that of `grpc-status`. */
export function toldStatus(code: string, message: string, details: string | undefined): Status {
  const detailed = details === undefined
    ? undefined : decodeStatus(Buffer.from(details, 'base64'));
  return {
    code: /^\d{1,5}$/.test(code) ? Number(code) : Code.unknown,
    message: percentDecode(message),
    ...detailed?.retryDelayMs !== undefined && { retryDelayMs: detailed.retryDelayMs },
  };
}

/** What an HTTP status other than 200 says where gRPC says nothing; undefined for 200. */
export function httpFailure(http: number | undefined): Status | undefined {
  if (http === undefined || http === 200) return undefined;
  const code = GRPC_OF_HTTP.get(http) ?? codeOfHttp(http);
  const text = STATUS_CODES[http] ?? 'unknown';
  const message = `unexpected HTTP status code received from server: ${http} (${text})`;
  return { code, message };
}

/** The message of an answer, or why there is none; `flag` is that of its prefix. */
export function answerOf(message: Uint8Array, flag: number, encoding: string): Uint8Array | Status {
  return flag === 0 ? message : decompressMessage(message, encoding, MAX_ANSWER_BYTES);
}
