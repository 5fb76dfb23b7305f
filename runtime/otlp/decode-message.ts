/** Reads protobuf into a message value: for JSON and descriptions, not for hot paths. */
import type { FieldValue, MessageValue } from './message-value';
import { MAX_DEPTH, type Field, type Message } from './messages';
import {
  high, I64, LEN, low, malformed, position, readBodyEnd, readFixed32, readFixed64, readTag,
  readVarint64, skipValue, VARINT,
} from '../wire/reader';

/**
 * Reads `bytes` into `value`, which may hold what other bytes of the same message said: lists
 * grow, messages are merged, and of everything else the last one stays.
 *
 * @throws MalformedError when the bytes are not that message.
 */
export function decodeMessage(
  message: Message, bytes: Uint8Array, value: MessageValue = {},
): MessageValue {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  readMessage(message, buffer, 0, buffer.length, value, 0);
  return value;
}

function readMessage(
  message: Message, bytes: Buffer, start: number, limit: number, value: MessageValue, depth: number,
): void {
  if (depth > MAX_DEPTH) {
    throw malformed(start, `messages must nest at most ${MAX_DEPTH} deep`, 'deeper');
  }
  for (let at = start; at < limit;) {
    const tag = readTag(bytes, at, limit);
    const field = message.byNumber[tag >>> 3];
    if (field === undefined) {
      at = skipValue(bytes, position, limit, tag);
      continue;
    }
    const wireType = tag & 7;
    if (field.repeated && wireType === LEN && field.wireType !== LEN) {
      at = readPacked(field, bytes, position, limit, value);
      continue;
    }
    if (wireType !== field.wireType) {
      throw malformed(at, `${message.name}.${field.protoName} must have wire type `
        + `${field.wireType}`, wireType);
    }
    if (field.message !== undefined) {
      at = readBodyEnd(bytes, position, limit);
      readMessage(field.message, bytes, position, at, target(message, field, value), depth + 1);
    } else {
      at = readNumberOrText(message, field, bytes, limit, value);
    }
  }
}

/** The value that the fields of a message field go to. */
function target(message: Message, field: Field, value: MessageValue): MessageValue {
  const fresh: MessageValue = {};
  if (field.repeated || field.oneof || value[field.name] === undefined) {
    store(message, field, fresh, value);
    return fresh;
  }
  return value[field.name] as MessageValue;
}

/** Puts `found` where the field's value stands; the last member of a oneof unsets the others. */
export function store(
  message: Message, field: Field, found: FieldValue, value: MessageValue,
): void {
  if (field.repeated) {
    const list = value[field.name] as FieldValue[] | undefined;
    if (list === undefined) value[field.name] = [found];
    else list.push(found);
    return;
  }
  if (field.oneof) {
    // Nearly always the value is still empty, and this loop over what it holds does not run.
    for (const name in value) {
      if (message.byKey.get(name)?.oneof === true) value[name] = undefined;
    }
  }
  value[field.name] = found;
}

function readPacked(
  field: Field, bytes: Buffer, at: number, limit: number, value: MessageValue,
): number {
  const end = readBodyEnd(bytes, at, limit);
  const list = (value[field.name] ??= []) as FieldValue[];
  for (let next = position; next < end; next = position) {
    list.push(readNumber(field, bytes, next, end));
  }
  return end;
}

/** Reads the value at `position` and returns the offset after it. */
function readNumberOrText(
  message: Message, field: Field, bytes: Buffer, limit: number, value: MessageValue,
): number {
  if (field.wireType !== LEN) {
    store(message, field, readNumber(field, bytes, position, limit), value);
    return position;
  }
  const end = readBodyEnd(bytes, position, limit);
  store(message, field, blobOf(field, bytes, position, end), value);
  return end;
}

function blobOf(field: Field, bytes: Buffer, start: number, end: number): FieldValue {
  if (field.kind === 'string') return bytes.toString('latin1', start, end);
  if (field.kind === 'bytes') return bytes.subarray(start, end);
  const length = field.kind === 'id8' ? 8 : 16;
  if (end !== start && end - start !== length) {
    throw malformed(start, `${field.protoName} must have ${length} bytes or none`, end - start);
  }
  const hex = bytes.toString('hex', start, end);
  return /^0*$/.test(hex) ? '' : hex;
}

function readNumber(field: Field, bytes: Buffer, at: number, limit: number): FieldValue {
  switch (field.wireType) {
    case I64: {
      readFixed64(bytes, at, limit);
      if (field.kind === 'double') return bytes.readDoubleLE(at);
      return field.kind === 'sfixed64' ? bytes.readBigInt64LE(at) : bytes.readBigUInt64LE(at);
    }
    case VARINT: {
      readVarint64(bytes, at, limit);
      return varintOf(field);
    }
    default: return readFixed32(bytes, at, limit);
  }
}

/** The varint read last as what the field says it is. */
function varintOf(field: Field): FieldValue {
  switch (field.kind) {
    case 'bool': return (low | high) !== 0;
    case 'uint32': return low >>> 0;
    case 'int32':
    case 'enum': return low;
    case 'sint32': return low >>> 1 ^ -(low & 1);
    default: {
      const bits = BigInt(high >>> 0) << 32n | BigInt(low >>> 0);
      return field.kind === 'int64' ? BigInt.asIntN(64, bits) : bits;
    }
  }
}
