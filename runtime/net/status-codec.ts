/** `google.rpc.Status` with `google.rpc.RetryInfo`, as protobuf and as JSON. */
import { MalformedError } from '../errors';
import type { Status } from './status';
import * as wire from '../wire/reader';
import { varintLength, writeVarint } from '../wire/writer';

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';
const NANOS_PER_MS = 1e6;

/** `status` as protobuf. */
export function encodeStatus(status: Status): Uint8Array {
  const parts = [varintField(1, status.code), bytesField(2, Buffer.from(status.message))];
  if (status.retryDelayMs !== undefined) {
    const info = bytesField(1, encodeDuration(status.retryDelayMs));
    parts.push(bytesField(3, Buffer.concat([
      bytesField(1, Buffer.from(RETRY_INFO)), bytesField(2, info),
    ])));
  }
  return Buffer.concat(parts);
}

/** `status` as protojson writes it. */
export function statusJson(status: Status): string {
  const { code, message, retryDelayMs } = status;
  if (retryDelayMs === undefined) return JSON.stringify({ code, message });
  const retryDelay = jsonDuration(retryDelayMs);
  return JSON.stringify({ code, message, details: [{ '@type': RETRY_INFO, retryDelay }] });
}

/** The status that `bytes` hold; undefined when they are not one. */
export function decodeStatus(bytes: Uint8Array): Status | undefined {
  const fields = fieldsOf(bytes);
  if (fields === undefined) return undefined;
  const message = lastBytes(fields, 2);
  return {
    code: lastNumber(fields, 1),
    message: message === undefined ? '' : Buffer.from(message).toString(),
    ...delayOf(fields),
  };
}

/** The code and message that `bytes` hold as JSON; undefined when they are not a status. */
export function parseStatus(bytes: Uint8Array): Status | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (typeof value !== 'object' || value === null) return undefined;
    const { code, message } = value as { readonly code?: unknown; readonly message?: unknown };
    return typeof message === 'string' ? { code: Number(code ?? 0), message } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The value of a field of a protobuf message: of a varint a number, of bytes their range. */
export interface ProtoField {
  /** Its number. */
  readonly number: number;
  /** Its value; fixed-width ones are left out. */
  readonly value: number | Uint8Array;
}

/** The fields of a small protobuf message in order; undefined when it is malformed. */
export function fieldsOf(bytes: Uint8Array): readonly ProtoField[] | undefined {
  try {
    return readFields(bytes);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** The number in the last field `number`, 0 when there is none. */
export function lastNumber(fields: readonly ProtoField[], number: number): number {
  const found = fields.filter((field) => field.number === number).at(-1)?.value;
  return typeof found === 'number' ? found : 0;
}

/** The bytes in the last field `number`. */
export function lastBytes(fields: readonly ProtoField[], number: number): Uint8Array | undefined {
  const found = fields.filter((field) => field.number === number).at(-1)?.value;
  return found instanceof Uint8Array ? found : undefined;
}

function delayOf(fields: readonly ProtoField[]): { readonly retryDelayMs?: number } {
  for (const { number, value } of fields) {
    const any = number === 3 && value instanceof Uint8Array ? fieldsOf(value) : undefined;
    const type = any && lastBytes(any, 1);
    if (any === undefined || type === undefined) continue;
    if (Buffer.from(type).toString() !== RETRY_INFO) continue;
    const info = fieldsOf(lastBytes(any, 2) ?? new Uint8Array(0)) ?? [];
    const duration = fieldsOf(lastBytes(info, 1) ?? new Uint8Array(0)) ?? [];
    const nanos = lastNumber(duration, 2);
    return { retryDelayMs: lastNumber(duration, 1) * 1000 + nanos / NANOS_PER_MS };
  }
  return {};
}

function readFields(bytes: Uint8Array): readonly ProtoField[] {
  const fields: ProtoField[] = [];
  const limit = bytes.length;
  for (let at = 0; at < limit;) {
    const tag = wire.readTag(bytes, at, limit);
    const number = tag >>> 3;
    const start = wire.position;
    const type = tag & 7;
    if (type === wire.VARINT) {
      fields.push({ number, value: wire.readVarint(bytes, start, limit) });
      at = wire.position;
    } else if (type === wire.LEN) {
      at = wire.readBodyEnd(bytes, start, limit);
      fields.push({ number, value: bytes.subarray(wire.position, at) });
    } else {
      at = wire.skipValue(bytes, start, limit, tag);
    }
  }
  return fields;
}

function encodeDuration(ms: number): Uint8Array {
  const seconds = Math.trunc(ms / 1000);
  const nanos = Math.round((ms - seconds * 1000) * NANOS_PER_MS);
  return Buffer.concat([varintField(1, seconds), varintField(2, nanos)]);
}

function jsonDuration(ms: number): string {
  return Number.isInteger(ms / 1000) ? `${ms / 1000}s` : `${(ms / 1000).toFixed(3)}s`;
}

function varintField(number: number, value: number): Uint8Array {
  return value === 0 ? new Uint8Array(0) : Buffer.from([number * 8, ...varint(value)]);
}

function bytesField(number: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 && number !== 1) return new Uint8Array(0);
  return Buffer.concat([Buffer.from([number * 8 + 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes = Buffer.alloc(varintLength(value));
  writeVarint(bytes, 0, value);
  return bytes;
}
