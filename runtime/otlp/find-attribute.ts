/**
 * Finds one attribute by its name, in place: the first of that name counts, as for pdata.
 *
 * Where its value is, the body of an AnyValue, is left in `valueStart` and `valueEnd`.
 */
import { KEY_VALUE_KEY, KEY_VALUE_VALUE } from './fields';
import { fieldTag, nextField, position } from '../wire/reader';

/** Offset of the first byte of the value found last. */
export let valueStart = 0;
/** Offset after the last byte of the value found last. */
export let valueEnd = 0;

/**
 * Whether the message from `start` to `end` has an attribute `name`; `attributes` is the tag of the
 * list of its attributes.
 *
 * @throws MalformedError when a length on the way is wrong.
 */
export function findAttribute(
  bytes: Uint8Array, start: number, end: number, attributes: number, name: Uint8Array,
): boolean {
  for (let at = start; at < end;) {
    at = nextField(bytes, at, end);
    if (fieldTag === attributes && isNamed(bytes, position, at, name)) return true;
  }
  return false;
}

/** Whether a KeyValue has this name; leaves where its value is. */
function isNamed(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  const { length } = name;
  const second = bytes[start + 1];
  if (bytes[start] === KEY_VALUE_KEY) {
    // The name first: most attributes are passed over by its length alone.
    const value = start + 2 + second;
    if (second < 0x80 && value < end && bytes[value] === KEY_VALUE_VALUE) {
      if (second !== length || !isAt(bytes, start + 2, name)) return false;
      if (nextField(bytes, value, end) === end) {
        valueStart = position;
        valueEnd = end;
        return true;
      }
    }
  } else if (bytes[start] === KEY_VALUE_VALUE && second < 0x80) {
    // The value first, as the Go collector writes it.
    const key = start + 2 + second;
    if (key + 2 <= end && bytes[key] === KEY_VALUE_KEY && key + 2 + bytes[key + 1] === end) {
      if (bytes[key + 1] !== length || !isAt(bytes, key + 2, name)) return false;
      valueStart = start + 2;
      valueEnd = key;
      return true;
    }
  }
  return isNamedUnusually(bytes, start, end, name);
}

/** The same for any order, and for fields that come twice: the last one counts. */
function isNamedUnusually(
  bytes: Uint8Array, start: number, end: number, name: Uint8Array,
): boolean {
  let isWanted = name.length === 0;
  let from = end;
  let to = end;
  for (let at = start; at < end;) {
    at = nextField(bytes, at, end);
    if (fieldTag === KEY_VALUE_KEY) {
      isWanted = at - position === name.length && isAt(bytes, position, name);
    } else if (fieldTag === KEY_VALUE_VALUE) {
      from = position;
      to = at;
    }
  }
  valueStart = from;
  valueEnd = to;
  return isWanted;
}

function isAt(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  let same = 0;
  while (same < name.length && bytes[at + same] === name[same]) same += 1;
  return same === name.length;
}
