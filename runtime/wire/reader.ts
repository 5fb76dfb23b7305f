/**
 * Reads the protobuf wire format in place: free functions over bytes and offsets.
 *
 * Every function takes where to read and where the enclosing message ends, and never looks past
 * that end. Where the value read last ends is left in `position`, because a second result would
 * have to be an object, and these functions run several times per span. Whatever is wrong with the
 * bytes ends in a MalformedError.
 */
import { MalformedError } from '../errors';

/** Wire type of integers, booleans and enums. */
export const VARINT = 0;
/** Wire type of fixed64, sfixed64 and double. */
export const I64 = 1;
/** Wire type of strings, bytes, messages and packed lists. */
export const LEN = 2;
/** Wire type of fixed32, sfixed32 and float. */
export const I32 = 5;

const GROUP_START = 3;
const GROUP_END = 4;
const MAX_VARINT_BYTES = 10;
const MAX_TAG = 0xffff_ffff;

/** Offset of the first byte after the value read last. */
export let position = 0;
/** Lower 32 bits, signed, of the 64-bit value read last. */
export let low = 0;
/** Upper 32 bits, signed, of the 64-bit value read last. */
export let high = 0;

/** The error of a protobuf message that breaks a rule at offset `at`. */
export function malformed(at: number, rule: string, got: string | number): MalformedError {
  return new MalformedError(`protobuf byte ${at}`, rule, got);
}

/** The error of a value that does not fit into what encloses it. */
export function truncated(at: number, limit: number): MalformedError {
  return malformed(at, `a field must end where its message ends (byte ${limit})`, 'a longer one');
}

/** The varint at `at`; above 2^53 it is rounded, which no length or tag survives anyway. */
export function readVarint(bytes: Uint8Array, at: number, limit: number): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < MAX_VARINT_BYTES; i += 1) {
    if (at + i >= limit) throw truncated(at, limit);
    const byte = bytes[at + i];
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      position = at + i + 1;
      return value;
    }
    scale *= 128;
  }
  throw malformed(at, 'a varint must end within 10 bytes', 'a longer one');
}

/** Reads the varint at `at` into `low` and `high`, all 64 bits of it. */
export function readVarint64(bytes: Uint8Array, at: number, limit: number): void {
  low = 0;
  high = 0;
  for (let i = 0; i < MAX_VARINT_BYTES; i += 1) {
    if (at + i >= limit) throw truncated(at, limit);
    const byte = bytes[at + i];
    const bits = byte & 0x7f;
    if (i < 5) low |= bits << (7 * i);
    if (i === 4) high = bits >>> 4;
    if (i > 4) high |= bits << (7 * i - 32);
    if (byte < 0x80) {
      position = at + i + 1;
      return;
    }
  }
  throw malformed(at, 'a varint must end within 10 bytes', 'a longer one');
}

/** Reads eight little-endian bytes at `at` into `low` and `high`. */
export function readFixed64(bytes: Uint8Array, at: number, limit: number): void {
  if (at + 8 > limit) throw truncated(at, limit);
  low = wordAt(bytes, at);
  high = wordAt(bytes, at + 4);
  position = at + 8;
}

/** Four little-endian bytes at `at` as a signed number; they must be there. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
}

/** Four little-endian bytes at `at` as an unsigned number. */
export function readFixed32(bytes: Uint8Array, at: number, limit: number): number {
  if (at + 4 > limit) throw truncated(at, limit);
  position = at + 4;
  return wordAt(bytes, at) >>> 0;
}

/** The tag at `at`: field number × 8 + wire type. */
export function readTag(bytes: Uint8Array, at: number, limit: number): number {
  if (at < limit) {
    const first = bytes[at];
    if (first > 7 && first < 0x80) {
      position = at + 1;
      return first;
    }
  }
  const tag = readVarint(bytes, at, limit);
  if (tag < 8 || tag > MAX_TAG) {
    throw malformed(at, 'a field number must be from 1 to 536870911', Math.floor(tag / 8));
  }
  return tag;
}

/** End of the length-delimited body whose length is at `at`; `position` is where it starts. */
export function readBodyEnd(bytes: Uint8Array, at: number, limit: number): number {
  const length = readVarint(bytes, at, limit);
  if (length > limit - position) throw truncated(at, limit);
  return position + length;
}

/** Offset after the value at `at` of the field with the tag `tag`. */
export function skipValue(bytes: Uint8Array, at: number, limit: number, tag: number): number {
  switch (tag & 7) {
    case VARINT:
      readVarint(bytes, at, limit);
      return position;
    case I64:
      return skipFixed(at, limit, 8);
    case LEN:
      return readBodyEnd(bytes, at, limit);
    case I32:
      return skipFixed(at, limit, 4);
    case GROUP_START:
      return skipGroup(bytes, at, limit);
    default:
      throw malformed(at, 'a wire type must be one of 0, 1, 2, 3, 5', tag & 7);
  }
}

/** Offset after the field (tag and value) at `at`. */
export function skipField(bytes: Uint8Array, at: number, limit: number): number {
  const tag = readTag(bytes, at, limit);
  return skipValue(bytes, position, limit, tag);
}

function skipFixed(at: number, limit: number, length: number): number {
  if (at + length > limit) throw truncated(at, limit);
  return at + length;
}

/** Groups may nest; a counter instead of recursion keeps hostile nesting off the stack. */
function skipGroup(bytes: Uint8Array, start: number, limit: number): number {
  let at = start;
  for (let depth = 1; depth > 0;) {
    const tag = readTag(bytes, at, limit);
    at = position;
    if ((tag & 7) === GROUP_START) depth += 1;
    else if ((tag & 7) === GROUP_END) depth -= 1;
    else at = skipValue(bytes, at, limit, tag);
  }
  return at;
}

/** Tag of the field that `nextField` met last. */
export let fieldTag = 0;

/**
 * Offset after the field at `at`; `fieldTag` is its tag and `position` is where its value starts.
 * What most fields are (a tag below 128; a length below 16 KiB, eight bytes, or a number below 128)
 * is read without a call.
 */
export function nextField(bytes: Uint8Array, at: number, limit: number): number {
  const tag = bytes[at];
  const first = bytes[at + 1];
  let end = 0;
  if (tag < 0x80 && tag > 7) {
    const kind = tag & 7;
    position = at + 1;
    if (kind === LEN) {
      if (first < 0x80) {
        position = at + 2;
        end = at + 2 + first;
      } else if (bytes[at + 2] < 0x80) {
        position = at + 3;
        end = at + 3 - 0x80 + first + (bytes[at + 2] << 7);
      }
    } else if (kind === I64) {
      end = at + 9;
    } else if (kind === VARINT && first < 0x80) {
      end = at + 2;
    }
  }
  if (end > at && end <= limit) {
    fieldTag = tag;
    return end;
  }
  const unusual = readTag(bytes, at, limit);
  const valueAt = position;
  end = skipValue(bytes, valueAt, limit, unusual);
  // Behind the length of a value that has one, `position` is already where the value starts.
  if ((unusual & 7) !== LEN) position = valueAt;
  fieldTag = unusual;
  return end;
}
