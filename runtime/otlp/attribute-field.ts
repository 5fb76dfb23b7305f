/** Attributes of our own, as the bytes of the fields that they are in what they belong to. */
import {
  ANY_VALUE_BOOL, ANY_VALUE_DOUBLE, ANY_VALUE_STRING, KEY_VALUE_KEY, KEY_VALUE_VALUE,
} from './fields';
import { fieldLength, writeHeader } from '../wire/writer';

const DOUBLE_BYTES = 8;

/** The AnyValue of a text. */
export function textValue(value: string): Uint8Array {
  return lengthDelimited(ANY_VALUE_STRING, Buffer.from(value));
}

/** The AnyValue of a truth value. */
export function boolValue(value: boolean): Uint8Array {
  return Uint8Array.of(ANY_VALUE_BOOL, value ? 1 : 0);
}

/** The AnyValue of a number. */
export function doubleValue(value: number): Uint8Array {
  const out = Buffer.alloc(1 + DOUBLE_BYTES);
  out[0] = ANY_VALUE_DOUBLE;
  out.writeDoubleLE(value, 1);
  return out;
}

/** The attribute `key` of a message whose attributes have the tag `tag`; `value` is an AnyValue. */
export function attributeField(tag: number, key: string, value: Uint8Array): Uint8Array {
  return lengthDelimited(tag, Buffer.concat([
    lengthDelimited(KEY_VALUE_KEY, Buffer.from(key)), lengthDelimited(KEY_VALUE_VALUE, value),
  ]));
}

function lengthDelimited(tag: number, body: Uint8Array): Uint8Array {
  const out = Buffer.alloc(fieldLength(body.length));
  out.set(body, writeHeader(out, 0, tag, body.length));
  return out;
}
