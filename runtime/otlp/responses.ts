/**
 * What servers answer: Export…ServiceResponse when they took a request, google.rpc.Status when
 * they did not, both as protobuf and as JSON.
 */
import { decodeMessage } from './decode-message';
import { encodeMessage } from './encode-message';
import { messageFromJson } from './json-to-proto';
import { listOf, textOf, type MessageValue } from './message-value';
import { messageOf, type Message } from './messages';
import { messageToJson } from './proto-to-json';
import { MalformedError, messageOf as sentenceOf } from '../errors';
import type { Signal } from '../pipeline/payload';

/** How a request or an answer is written. */
export type Encoding = 'proto' | 'json';

/** Some items of a request were refused for good, although the request was taken. */
export interface PartialSuccess {
  /** Number of spans, data points or log records that were refused; 0 for a mere warning. */
  readonly rejected: number;
  /** Why. */
  readonly message: string;
}

/** A google.rpc.Status, with the one detail that OTLP speaks of. */
export interface RpcStatus {
  /** gRPC code; 0 is success. */
  readonly code: number;
  /** The sentence for humans. */
  readonly message: string;
  /** Shortest time to wait before the next try, in milliseconds: `google.rpc.RetryInfo`. */
  readonly retryDelayMs?: number;
}

const RESPONSES: Readonly<Record<Signal, Message>> = {
  traces: messageOf('ExportTraceServiceResponse'),
  metrics: messageOf('ExportMetricsServiceResponse'),
  logs: messageOf('ExportLogsServiceResponse'),
};
const REJECTED: Readonly<Record<Signal, string>> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
};
const STATUS = messageOf('RpcStatus');
const RETRY_INFO = messageOf('RetryInfo');
const RETRY_INFO_URL = 'type.googleapis.com/google.rpc.RetryInfo';
const NANOS_PER_MS = 1_000_000;
const MS_PER_SECOND = 1000;

const EMPTY: Readonly<Record<Encoding, Buffer>> = {
  proto: Buffer.from([0x0a, 0x00]),
  json: Buffer.from('{"partialSuccess":{}}'),
};

/** The answer to a request that was taken whole; it is the same for every signal. */
export function exportResponse(encoding: Encoding): Buffer {
  return EMPTY[encoding];
}

/** The answer to a request of `signal` of which some items were refused. */
export function partialSuccessResponse(
  signal: Signal, { rejected, message }: PartialSuccess, encoding: Encoding,
): Buffer {
  const value = {
    partialSuccess: { [REJECTED[signal]]: BigInt(rejected), errorMessage: byteString(message) },
  };
  return encoding === 'proto'
    ? encodeMessage(RESPONSES[signal], value)
    : messageToJson(RESPONSES[signal], value);
}

/**
 * What a peer's answer says about refused items; undefined when it took all of them.
 *
 * @throws MalformedError when it is not an answer to an export request.
 */
export function readPartialSuccess(
  signal: Signal, body: Uint8Array, encoding: Encoding,
): PartialSuccess | undefined {
  const message = RESPONSES[signal];
  const value = encoding === 'proto'
    ? decodeMessage(message, body)
    : messageFromJson(message, body, 'response');
  const partial = (value.partialSuccess ?? {}) as MessageValue;
  const rejected = Number(partial[REJECTED[signal]] ?? 0);
  const text = textOf((partial.errorMessage ?? '') as string);
  return rejected === 0 && text === '' ? undefined : { rejected, message: text };
}

/** A google.rpc.Status as bytes. */
export function encodeStatus(status: RpcStatus, encoding: Encoding): Buffer {
  return encoding === 'proto' ? protoStatus(status) : jsonStatus(status);
}

/**
 * Reads a google.rpc.Status. Details other than RetryInfo are passed over.
 *
 * @throws MalformedError when it is not one.
 */
export function decodeStatus(body: Uint8Array, encoding: Encoding): RpcStatus {
  return encoding === 'proto' ? readProtoStatus(body) : readJsonStatus(body);
}

function protoStatus({ code, message, retryDelayMs }: RpcStatus): Buffer {
  const details: MessageValue[] = [];
  if (retryDelayMs !== undefined) {
    const { seconds, nanos } = durationOf(retryDelayMs);
    const retryDelay = { seconds: BigInt(seconds), nanos };
    details.push({ typeUrl: RETRY_INFO_URL, value: encodeMessage(RETRY_INFO, { retryDelay }) });
  }
  return encodeMessage(STATUS, { code, message: byteString(message), details });
}

function jsonStatus({ code, message, retryDelayMs }: RpcStatus): Buffer {
  const details = retryDelayMs === undefined
    ? undefined
    : [{ '@type': RETRY_INFO_URL, 'retryDelay': durationText(retryDelayMs) }];
  return Buffer.from(JSON.stringify({ code, message, details }));
}

function readProtoStatus(body: Uint8Array): RpcStatus {
  const value = decodeMessage(STATUS, body);
  const detail = listOf(value, 'details').find(({ typeUrl }) => typeUrl === RETRY_INFO_URL);
  const status = {
    code: (value.code ?? 0) as number,
    message: textOf((value.message ?? '') as string),
  };
  if (detail === undefined) return status;
  const info = decodeMessage(RETRY_INFO, (detail.value ?? Buffer.alloc(0)) as Uint8Array);
  const { seconds = 0n, nanos = 0 } = (info.retryDelay ?? {}) as MessageValue;
  const retryDelayMs = Number(seconds) * MS_PER_SECOND + Number(nanos) / NANOS_PER_MS;
  return { ...status, retryDelayMs };
}

function readJsonStatus(body: Uint8Array): RpcStatus {
  const { code, message, details } = jsonObject(body);
  const detail = (Array.isArray(details) ? details : []).map(asRecord)
    .find((record) => record['@type'] === RETRY_INFO_URL);
  const status = {
    code: typeof code === 'number' ? code : 0,
    message: typeof message === 'string' ? message : '',
  };
  const delay = /^(\d+(?:\.\d+)?)s$/.exec(String(detail?.retryDelay).slice(0, 40));
  if (delay === null) return status;
  return { ...status, retryDelayMs: Math.round(Number(delay[1]) * 1e9) / NANOS_PER_MS };
}

function jsonObject(body: Uint8Array): Record<string, unknown> {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString();
  try {
    return asRecord(JSON.parse(text));
  } catch (error) {
    throw new MalformedError('status', 'must be JSON', sentenceOf(error));
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {};
}

function durationOf(ms: number): { readonly seconds: number; readonly nanos: number } {
  const whole = Math.max(0, Math.round(ms * NANOS_PER_MS));
  const seconds = Math.floor(whole / (MS_PER_SECOND * NANOS_PER_MS));
  return { seconds, nanos: whole - seconds * MS_PER_SECOND * NANOS_PER_MS };
}

/** As protojson writes durations: with no, three, six or nine decimals. */
function durationText(ms: number): string {
  const { seconds, nanos } = durationOf(ms);
  if (nanos === 0) return `${seconds}s`;
  const decimals = String(nanos).padStart(9, '0').replace(/(?:000){1,2}$/, '');
  return `${seconds}.${decimals}s`;
}

function byteString(text: string): string {
  return Buffer.from(text).toString('latin1');
}
