/**
 * Looks for a member of a trace state, by the rules of OpenTelemetry's SDK for Go: it takes less
 * than upstream's samplers do (otlp/trace-state.ts), and a trace state with one fault has no
 * members at all.
 */
import { isText } from './text-set';

const MOST_MEMBERS = 32;
const MOST_KEY = 256;
const MOST_TENANT = 241;
const MOST_SYSTEM = 14;
const MOST_VALUE = 256;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const AT = 0x40;
const SPACE = 0x20;
const TAB = 0x09;
const LAST_PRINTABLE = 0x7e;
const KEY_BYTES = keyBytes();

function keyBytes(): Uint8Array {
  const bytes = new Uint8Array(256);
  for (const byte of Buffer.from('abcdefghijklmnopqrstuvwxyz0123456789_-*/')) bytes[byte] = 1;
  return bytes;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

function isFirst(byte: number, mayBeDigit: boolean): boolean {
  return byte >= 0x61 && byte <= 0x7a || mayBeDigit && byte >= 0x30 && byte <= 0x39;
}

function isKeyPart(
  bytes: Uint8Array, start: number, end: number, most: number, mayBeDigit: boolean,
): boolean {
  if (start === end || end - start > most || !isFirst(bytes[start], mayBeDigit)) return false;
  for (let at = start + 1; at < end; at += 1) if (KEY_BYTES[bytes[at]] === 0) return false;
  return true;
}

function indexOf(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte) at += 1;
  return at;
}

function isKey(bytes: Uint8Array, start: number, end: number): boolean {
  const at = indexOf(bytes, AT, start, end);
  if (at === end) return isKeyPart(bytes, start, end, MOST_KEY, false);
  return isKeyPart(bytes, start, at, MOST_TENANT, true)
    && isKeyPart(bytes, at + 1, end, MOST_SYSTEM, false);
}

function isValue(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end || end - start > MOST_VALUE) return false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte < SPACE || byte > LAST_PRINTABLE || byte === EQUALS) return false;
  }
  return true;
}

/** Finds the value of one key. */
export class TraceStateMatch {
  /** Offset of the first byte of the value that was found. */
  public valueStart = 0;
  /** Offset after its last byte. */
  public valueEnd = 0;
  private readonly key: Uint8Array;
  private readonly keyStart = new Int32Array(MOST_MEMBERS);
  private readonly keyEnd = new Int32Array(MOST_MEMBERS);
  private members = 0;

  public constructor(key: string) {
    this.key = Buffer.from(key);
  }

  /** Whether the text in `bytes` from `start` to `end` is a trace state with the key. */
  public find(bytes: Uint8Array, start: number, end: number): boolean {
    this.members = 0;
    let found = false;
    for (let at = start; at < end;) {
      const comma = indexOf(bytes, COMMA, at, end);
      if (comma > at) {
        if (!this.readMember(bytes, at, comma)) return false;
        const last = this.members - 1;
        if (isText(this.key, bytes, this.keyStart[last], this.keyEnd[last])) {
          found = true;
          this.valueStart = this.keyEnd[last] + 1;
          this.valueEnd = endWithoutBlanks(bytes, this.valueStart, comma);
        }
      }
      at = comma + 1;
    }
    return found;
  }

  private readMember(bytes: Uint8Array, start: number, end: number): boolean {
    const equals = indexOf(bytes, EQUALS, start, end);
    if (equals === end) return false;
    let from = start;
    while (from < equals && isBlank(bytes[from])) from += 1;
    const to = endWithoutBlanks(bytes, equals + 1, end);
    if (!isKey(bytes, from, equals) || !isValue(bytes, equals + 1, to)) return false;
    if (this.members === MOST_MEMBERS || this.hasKey(bytes, from, equals)) return false;
    this.keyStart[this.members] = from;
    this.keyEnd[this.members] = equals;
    this.members += 1;
    return true;
  }

  private hasKey(bytes: Uint8Array, start: number, end: number): boolean {
    for (let i = 0; i < this.members; i += 1) {
      if (this.keyEnd[i] - this.keyStart[i] !== end - start) continue;
      let same = 0;
      while (start + same < end && bytes[this.keyStart[i] + same] === bytes[start + same]) {
        same += 1;
      }
      if (start + same === end) return true;
    }
    return false;
  }
}

function endWithoutBlanks(bytes: Uint8Array, start: number, end: number): number {
  let to = end;
  while (to > start && isBlank(bytes[to - 1])) to -= 1;
  return to;
}
