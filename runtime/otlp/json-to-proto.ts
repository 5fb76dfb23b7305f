/**
 * OTLP/JSON to protobuf, as the Go collector reads it: names in camelCase or snake_case, 64-bit
 * integers as text or number, ids as hex, enums by number or full name, unknown names skipped.
 */
import { store } from './decode-message';
import { encodeMessage } from './encode-message';
import { JsonReader } from './json-reader';
import type { FieldValue, MessageValue } from './message-value';
import { MAX_DEPTH, REQUESTS, type Field, type Message } from './messages';
import type { Signal } from '../pipeline/payload';

interface Range {
  readonly least: bigint;
  readonly most: bigint;
}

const INT32: Range = { least: -(2n ** 31n), most: 2n ** 31n - 1n };
const UINT32: Range = { least: 0n, most: 2n ** 32n - 1n };
const INT64: Range = { least: -(2n ** 63n), most: 2n ** 63n - 1n };
const UINT64: Range = { least: 0n, most: 2n ** 64n - 1n };

const WHOLE = /^[+-]?\d{1,64}$/;
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Longer texts are no numbers that anybody means, and slow to read. */
const MAX_NUMBER_LENGTH = 400;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;
const NOT_BASE64 = /[^A-Za-z0-9+/=]/;

/**
 * The protobuf bytes of an export request of `signal` that is written as JSON in `body`.
 *
 * @throws MalformedError, with the path of the value that is wrong.
 */
export function jsonToProto(signal: Signal, body: Uint8Array): Buffer {
  return encodeMessage(REQUESTS[signal], messageFromJson(REQUESTS[signal], body, signal));
}

/** The message that is written as JSON in `body`; errors begin with `root`. */
export function messageFromJson(message: Message, body: Uint8Array, root: string): MessageValue {
  const value: MessageValue = {};
  readMessage(new JsonReader(body, root), message, value, 0);
  return value;
}

/** Null stands for an empty message. */
function readMessage(json: JsonReader, message: Message, value: MessageValue, depth: number): void {
  if (depth > MAX_DEPTH) json.fail(`must nest at most ${MAX_DEPTH} deep`, 'deeper');
  if (json.readNull()) return;
  json.readObject((key) => {
    const field = message.byKey.get(key);
    if (field === undefined) json.skip();
    else json.within(key, () => readField(json, message, field, value, depth));
  });
}

function readField(
  json: JsonReader, message: Message, field: Field, value: MessageValue, depth: number,
): void {
  if (!field.repeated) {
    const known = field.oneof ? undefined : value[field.name];
    store(message, field, readValue(json, field, known, depth), value);
    return;
  }
  if (json.readNull()) return;
  json.readList((index) => json.within(index, () => {
    store(message, field, readValue(json, field, undefined, depth), value);
  }));
}

/** A message that was met before under the same name is read on, not replaced. */
function readValue(
  json: JsonReader, field: Field, known: FieldValue | undefined, depth: number,
): FieldValue {
  switch (field.kind) {
    case 'message': {
      const inner = (known ?? {}) as MessageValue;
      readMessage(json, field.message as Message, inner, depth + 1);
      return inner;
    }
    case 'string': return json.readNull() ? '' : json.readString();
    case 'bool': return json.readBoolean();
    case 'bytes': return readBytes(json);
    case 'id8': return readId(json, 16);
    case 'id16': return readId(json, 32);
    case 'double': return readDouble(json);
    case 'enum': return readEnum(json, field);
    case 'int64':
    case 'sfixed64': return readInteger(json, INT64);
    case 'uint64':
    case 'fixed64': return readInteger(json, UINT64);
    case 'int32':
    case 'sint32': return Number(readInteger(json, INT32));
    default: return Number(readInteger(json, UINT32));
  }
}

function readInteger(json: JsonReader, { least, most }: Range): bigint {
  const rule = `must be a whole number from ${least} to ${most}`;
  const text = readScalarText(json, rule);
  const signed = least < 0n || /^\d/.test(text);
  if (!WHOLE.test(text) || !signed) json.fail(rule, quoted(text));
  const value = BigInt(text.replace('+', ''));
  return value >= least && value <= most ? value : json.fail(rule, text);
}

function readDouble(json: JsonReader): number {
  const rule = 'must be a number, "NaN", "Infinity" or "-Infinity"';
  const text = readScalarText(json, rule);
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : json.fail(rule, text);
  }
  if (/^nan$/i.test(text)) return NaN;
  const infinity = INFINITY.exec(text);
  if (infinity === null) return json.fail(rule, quoted(text));
  return infinity[1] === '-' ? -Infinity : Infinity;
}

function readScalarText(json: JsonReader, rule: string): string {
  if (json.isString) {
    const text = json.readString();
    return text.length <= MAX_NUMBER_LENGTH ? text : json.fail(rule, quoted(text));
  }
  return json.isNumber ? json.readNumber() : json.fail(rule);
}

function readEnum(json: JsonReader, field: Field): number {
  if (!json.isString) return Number(readInteger(json, INT32));
  const name = json.readString();
  const number = (field.enumNames as readonly string[]).indexOf(name);
  const known = field.enumNames?.join(', ') ?? '';
  return number >= 0 ? number : json.fail(`must be a number or one of ${known}`, quoted(name));
}

/** An id of zeros is no id, as in the Go collector. */
function readId(json: JsonReader, digits: number): string {
  const rule = `must be ${digits} hexadecimal digits`;
  if (!json.isString) json.fail(rule);
  const id = json.readString();
  if (id !== '' && (id.length !== digits || !/^[0-9a-f]+$/i.test(id))) json.fail(rule, quoted(id));
  return /^0*$/.test(id) ? '' : id.toLowerCase();
}

function readBytes(json: JsonReader): Buffer {
  const rule = 'must be padded base64';
  if (!json.isString) json.fail(rule);
  const text = json.readString();
  const padding = text.indexOf('=');
  const isPadded = text.length % 4 === 0
    && (padding < 0 || padding >= text.length - 2 && text.endsWith('='));
  if (!isPadded || NOT_BASE64.test(text)) json.fail(rule, quoted(text));
  return Buffer.from(text, 'base64');
}

function quoted(byteString: string): string {
  return JSON.stringify(byteString);
}
