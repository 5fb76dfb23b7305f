/**
 * Protobuf to OTLP/JSON, as the Go collector writes it: camelCase, ids as hex, 64-bit integers as
 * text, enums as numbers, empty fields left out except for the messages that are always there.
 * Fields that OTLP does not know are lost on this way.
 */
import { decodeMessage } from './decode-message';
import type { FieldValue, MessageValue } from './message-value';
import { REQUESTS, type Field, type Message } from './messages';
import type { Signal } from '../pipeline/payload';

/**
 * The JSON of the export request that `chunks` are when they stand in a row.
 *
 * @throws MalformedError when they are not an export request of `signal`.
 */
export function protoToJson(signal: Signal, chunks: readonly Uint8Array[]): Buffer {
  const value: MessageValue = {};
  for (const chunk of chunks) decodeMessage(REQUESTS[signal], chunk, value);
  return messageToJson(REQUESTS[signal], value);
}

/** The JSON of one message. */
export function messageToJson(message: Message, value: MessageValue): Buffer {
  return Buffer.from(writeMessage(message, value), 'latin1');
}

function writeMessage(message: Message, value: MessageValue): string {
  let members = '';
  for (const field of message.fields) {
    const text = writeField(field, value[field.name]);
    if (text !== '') members += `${members === '' ? '' : ','}"${field.name}":${text}`;
  }
  return `{${members}}`;
}

function writeField(field: Field, value: FieldValue | undefined): string {
  if (value === undefined) return field.always ? '{}' : '';
  if (Array.isArray(value)) {
    return `[${value.map((element) => writeValue(field, element)).join()}]`;
  }
  if (!field.hasPresence && (value === '' || value === 0 || value === 0n || value === false)) {
    return '';
  }
  return writeValue(field, value);
}

function writeValue(field: Field, value: FieldValue): string {
  if (field.message !== undefined) return writeMessage(field.message, value as MessageValue);
  switch (typeof value) {
    case 'string': return JSON.stringify(value);
    case 'bigint': return `"${value}"`;
    case 'number': return Number.isFinite(value) ? numberText(value) : `"${value}"`;
    case 'object': return `"${(value as Buffer).toString('base64')}"`;
    default: return String(value);
  }
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
