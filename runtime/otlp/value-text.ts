/** Attribute values as the text that pdata gives them (`Value.AsString`). */
import { decodeMessage } from './decode-message';
import {
  ANY_VALUE_ARRAY, ANY_VALUE_BOOL, ANY_VALUE_BYTES, ANY_VALUE_DOUBLE, ANY_VALUE_INT,
  ANY_VALUE_KVLIST, ANY_VALUE_STRING,
} from './fields';
import { listOf, type MessageValue } from './message-value';
import { messageOf } from './messages';
import type { ByteBuilder } from '../wire/byte-builder';
import { fieldTag, high, low, nextField, position, readVarint64 } from '../wire/reader';

const ANY_VALUE = messageOf('AnyValue');
const LAST_KIND = 7;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
/** Characters of UTF-8 in bytes that are read one by one, or else one byte of none. */
const UTF_8_OR_NOT = new RegExp(`((?:${[
  '[^\\x80-\\xff]', '[\\xc2-\\xdf]T', '\\xe0[\\xa0-\\xbf]T', '[\\xe1-\\xec\\xee\\xef]TT',
  '\\xed[\\x80-\\x9f]T', '\\xf0[\\x90-\\xbf]TT', '[\\xf1-\\xf3]TTT', '\\xf4[\\x80-\\x8f]TT',
].join('|').replaceAll('T', '[\\x80-\\xbf]')}){1,999})|[^]`, 'g');

/** Tag of the value that `readValue` met; 0 when there was none. */
export let valueKind = 0;
/** Offset of the first byte of that value. */
export let bodyStart = 0;
/** Offset after its last byte. */
export let bodyEnd = 0;

/** Reads which kind of value an AnyValue holds and where: the last one counts. */
export function readValue(bytes: Uint8Array, start: number, end: number): void {
  valueKind = 0;
  bodyStart = end;
  bodyEnd = end;
  for (let at = start; at < end;) {
    at = nextField(bytes, at, end);
    if (fieldTag >>> 3 > LAST_KIND) continue;
    valueKind = fieldTag;
    bodyStart = position;
    bodyEnd = at;
  }
}

/**
 * Adds the text of the AnyValue from `start` to `end`: texts as they are, numbers in decimal, lists
 * and maps as JSON with sorted names, bytes as base64, no value as nothing.
 */
export function addValueText(
  text: ByteBuilder, bytes: Uint8Array, start: number, end: number,
): void {
  readValue(bytes, start, end);
  switch (valueKind) {
    case ANY_VALUE_STRING:
      text.add(bytes, bodyStart, bodyEnd);
      break;
    case ANY_VALUE_BOOL:
      readVarint64(bytes, bodyStart, bodyEnd);
      if ((low | high) !== 0) text.add(TRUE, 0, TRUE.length);
      else text.add(FALSE, 0, FALSE.length);
      break;
    case ANY_VALUE_INT:
      readVarint64(bytes, bodyStart, bodyEnd);
      text.addInt64(low, high);
      break;
    case ANY_VALUE_DOUBLE:
    case ANY_VALUE_ARRAY:
    case ANY_VALUE_KVLIST:
    case ANY_VALUE_BYTES:
      text.addText(textOf(decodeMessage(ANY_VALUE, bytes.subarray(start, end))));
      break;
    default:
  }
}

/** The text of a value that is a text, else nothing: pdata's `Value.Str`. */
export function addText(text: ByteBuilder, bytes: Uint8Array, start: number, end: number): void {
  readValue(bytes, start, end);
  if (valueKind === ANY_VALUE_STRING) text.add(bytes, bodyStart, bodyEnd);
}

/**
 * The text of a number, bytes, a list or a map that `decodeMessage` has read, whose texts are
 * bytes one by one.
 */
export function textOf(value: MessageValue): string {
  const { doubleValue, bytesValue } = value;
  if (doubleValue !== undefined) return numberText(doubleValue as number);
  if (bytesValue !== undefined) return base64(bytesValue as Uint8Array);
  try {
    return json(value);
  } catch (error) {
    // Go's encoder gives nothing at all for a list with a number that JSON has not.
    if (error instanceof RangeError) return '';
    throw error;
  }
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** JSON as Go writes it when it does not look at HTML. */
function json(value: MessageValue | undefined): string {
  const { stringValue, bytesValue, doubleValue, arrayValue, kvlistValue } = value ?? {};
  if (stringValue !== undefined) return quoted(stringValue as string);
  if (bytesValue !== undefined) return jsonOfBytes(bytesValue as Uint8Array);
  if (doubleValue !== undefined) return finiteText(doubleValue as number);
  if (arrayValue !== undefined) {
    return `[${listOf(arrayValue as MessageValue, 'values').map(json).join()}]`;
  }
  if (kvlistValue !== undefined) {
    const members = new Map(listOf(kvlistValue as MessageValue, 'values').map((member) =>
      [(member.key ?? '') as string, member.value as MessageValue | undefined]));
    // Texts are decoded byte by byte, so this is the order of their bytes.
    const sorted = [...members].sort(([a], [b]) => a < b ? -1 : 1);
    return `{${sorted.map(([key, held]) => `${quoted(key)}:${json(held)}`).join()}}`;
  }
  return String(value?.boolValue ?? value?.intValue ?? null);
}

/** Go has no empty bytes here, but none. */
function jsonOfBytes(bytes: Uint8Array): string {
  return bytes.length === 0 ? 'null' : quoted(base64(bytes));
}

/** Each byte that is no UTF-8 is escaped, where a character that stands for one is not. */
function quoted(text: string): string {
  const inner = text.replace(UTF_8_OR_NOT, (bytes, utf8?: string) => utf8 === undefined
    ? '\\ufffd' : JSON.stringify(Buffer.from(bytes, 'latin1').toString()).slice(1, -1));
  return `"${inner}"`
    .replace(/[\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16)}`);
}

function finiteText(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError('json: unsupported value');
  return numberText(value);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
