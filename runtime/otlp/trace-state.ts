/**
 * W3C trace states with what OpenTelemetry's samplers keep in them, read and written as bytes:
 *
 *   ot=rv:9b8233f7e3a151;th:8;p:1,vendor=value
 *
 * `rv` is a trace's randomness and `th` the threshold that it was kept with
 * (sampling-threshold.ts). The rules are upstream's (pkg/sampling), which takes some more than W3C.
 */
import { ALWAYS, isLess, MOST_DIGITS, type Word64 } from './sampling-threshold';

const MOST_LENGTH = 1024;
const MOST_MEMBERS = 31;
const MOST_KEY = 256;
const MOST_TENANT = 241;
const MOST_SYSTEM = 14;
const MOST_VALUE = 256;
const HEX_BITS = 4;
const DIGITS_OF_LOW = 8;
const ABSENT = -1;

const COMMA = 0x2c;
const EQUALS = 0x3d;
const AT = 0x40;
const SEMICOLON = 0x3b;
const COLON = 0x3a;
const SPACE = 0x20;
const TAB = 0x09;
const LAST_PRINTABLE = 0x7e;
const OT = [0x6f, 0x74];
const RV = [0x72, 0x76];
const TH = [0x74, 0x68];

function isLetter(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** A byte of a key behind its first: `a-z 0-9 _ - * /`. */
function isKeyByte(byte: number): boolean {
  return isLetter(byte) || isDigit(byte)
    || byte === 0x5f || byte === 0x2d || byte === 0x2a || byte === 0x2f;
}

/** A byte of a value in the member `ot`: `A-Z a-z 0-9 . _ -`. */
function isOtValueByte(byte: number): boolean {
  return isLetter(byte) || isDigit(byte) || byte >= 0x41 && byte <= 0x5a
    || byte === 0x2e || byte === 0x5f || byte === 0x2d;
}

/** The value of a hexadecimal digit, -1 of anything else. */
function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - 0x30;
  const small = byte | 0x20;
  return small >= 0x61 && small <= 0x66 ? small - 0x61 + 10 : -1;
}

function hasText(bytes: Uint8Array, start: number, end: number, text: readonly number[]): boolean {
  return end - start === 2 && bytes[start] === text[0] && bytes[start + 1] === text[1];
}

function indexOf(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte) at += 1;
  return at;
}

function isKeyPart(bytes: Uint8Array, start: number, end: number, mayBeDigit: boolean): boolean {
  if (start === end) return false;
  if (!isLetter(bytes[start]) && !(mayBeDigit && isDigit(bytes[start]))) return false;
  for (let at = start + 1; at < end; at += 1) if (!isKeyByte(bytes[at])) return false;
  return true;
}

function isKey(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > MOST_KEY) return false;
  const at = indexOf(bytes, AT, start, end);
  if (at === end) return isKeyPart(bytes, start, end, false);
  return at - start <= MOST_TENANT && end - at - 1 <= MOST_SYSTEM
    && isKeyPart(bytes, start, at, true) && isKeyPart(bytes, at + 1, end, false);
}

/** What is around it was trimmed, so that it does not end in a blank. */
function isValue(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end || end - start > MOST_VALUE || bytes[end - 1] === SPACE) return false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte < SPACE || byte > LAST_PRINTABLE || byte === EQUALS) return false;
  }
  return true;
}

/** Number of digits that are written of a threshold below 2^56: those behind are zeros. */
export function digitsOf(high: number, low: number): number {
  let digits = MOST_DIGITS;
  while (digits > 1 && digitAt(high, low, digits - 1) === 0) digits -= 1;
  return digits;
}

function digitAt(high: number, low: number, digit: number): number {
  const fromEnd = MOST_DIGITS - 1 - digit;
  return fromEnd < DIGITS_OF_LOW
    ? low >>> fromEnd * HEX_BITS & 0xf
    : high >>> (fromEnd - DIGITS_OF_LOW) * HEX_BITS & 0xf;
}

/** Writes the first `digits` hexadecimal digits of 56 bits; returns the offset after them. */
export function writeHex(
  out: Uint8Array, at: number, { high, low }: Word64, digits = MOST_DIGITS,
): number {
  for (let i = 0; i < digits; i += 1) {
    const digit = digitAt(high, low, i);
    out[at + i] = digit < 10 ? 0x30 + digit : 0x61 + digit - 10;
  }
  return at + digits;
}

/**
 * Reads up to 14 hexadecimal digits into the two words of `number`; those that are not there are
 * zeros at the end. Whether all are digits.
 */
export function readHex(
  bytes: Uint8Array, start: number, end: number, number: { high: number; low: number },
): boolean {
  number.high = 0;
  number.low = 0;
  for (let i = 0; i < MOST_DIGITS; i += 1) {
    const digit = start + i < end ? hexDigit(bytes[start + i]) : 0;
    if (digit < 0) return false;
    if (i < MOST_DIGITS - DIGITS_OF_LOW) number.high = number.high * 16 + digit;
    else number.low = number.low * 16 + digit;
  }
  return true;
}

/** A list of byte ranges that is filled again and again. */
class Ranges {
  public count = 0;
  public readonly start: Int32Array;
  public readonly end: Int32Array;

  public constructor(most: number) {
    this.start = new Int32Array(most);
    this.end = new Int32Array(most);
  }

  public add(start: number, end: number): void {
    this.start[this.count] = start;
    this.end[this.count] = end;
    this.count += 1;
  }
}

/** The trace state read last; one object reads many. */
export class TraceState {
  /** Whether it says the trace's randomness. */
  public hasRandomness = false;
  /** That randomness. */
  public readonly randomness = { high: 0, low: 0 };
  /** Whether it says a threshold. */
  public hasThreshold = false;
  /** That threshold. */
  public readonly threshold = { high: 0, low: 0 };
  private bytes: Uint8Array = new Uint8Array(0);
  /** Where the texts stand, as they were written; ABSENT for those that were set since. */
  private randomnessAt = ABSENT;
  private thresholdAt = ABSENT;
  private thresholdDigits = 0;
  private readonly others = new Ranges(MOST_MEMBERS);
  private readonly extras = new Ranges(MOST_VALUE);
  private readonly number = { high: 0, low: 0 };

  /** Reads the text in `bytes` from `start` to `end`; whether it is one. */
  public read(bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = bytes;
    this.others.count = 0;
    this.clearOt();
    if (end - start > MOST_LENGTH) return false;
    let count = 0;
    for (let at = start; at < end;) {
      count += 1;
      if (count > MOST_MEMBERS) return false;
      const comma = indexOf(bytes, COMMA, at, end);
      let from = at;
      let to = comma;
      while (from < to && (bytes[from] === SPACE || bytes[from] === TAB)) from += 1;
      while (to > from && (bytes[to - 1] === SPACE || bytes[to - 1] === TAB)) to -= 1;
      if (from < to && !this.readMember(from, to)) return false;
      at = comma + 1;
    }
    return true;
  }

  /** Replaces the threshold, unless it is a stricter one; whether it was replaced. */
  public raiseThreshold(threshold: Word64): boolean {
    if (this.hasThreshold && isLess(threshold, this.threshold)) return false;
    this.hasThreshold = true;
    this.thresholdAt = ABSENT;
    this.threshold.high = threshold.high;
    this.threshold.low = threshold.low;
    return true;
  }

  /** Takes the threshold out. */
  public clearThreshold(): void {
    this.hasThreshold = false;
    this.threshold.high = ALWAYS.high;
    this.threshold.low = ALWAYS.low;
  }

  /** Replaces the randomness. */
  public setRandomness({ high, low }: Word64): void {
    this.hasRandomness = true;
    this.randomnessAt = ABSENT;
    this.randomness.high = high;
    this.randomness.low = low;
  }

  /** Number of bytes that `write` writes. */
  public get length(): number {
    const { others, extras } = this;
    let length = 0;
    if (this.hasRandomness) length += 4 + MOST_DIGITS;
    if (this.hasThreshold) length += 4 + this.digits;
    for (let i = 0; i < extras.count; i += 1) length += extras.end[i] - extras.start[i] + 1;
    // Each member of `ot` was counted with a separator: the first one has none, but `ot=`.
    if (length > 0) length += 2;
    for (let i = 0; i < others.count; i += 1) {
      length += others.end[i] - others.start[i] + (length > 0 ? 1 : 0);
    }
    return length;
  }

  /** Writes it to `out`, `ot` first, as upstream does; returns the offset after it. */
  public write(out: Uint8Array, at: number): number {
    const { others, extras } = this;
    let end = at;
    if (this.hasRandomness) end = this.writeRandomness(out, this.writeStart(out, end, at, RV));
    if (this.hasThreshold) end = this.writeThreshold(out, this.writeStart(out, end, at, TH));
    for (let i = 0; i < extras.count; i += 1) {
      end = this.writeSeparator(out, end, at);
      end = this.copy(out, end, extras.start[i], extras.end[i]);
    }
    for (let i = 0; i < others.count; i += 1) {
      if (end > at) out[end++] = COMMA;
      end = this.copy(out, end, others.start[i], others.end[i]);
    }
    return end;
  }

  private get digits(): number {
    return this.thresholdAt === ABSENT
      ? digitsOf(this.threshold.high, this.threshold.low) : this.thresholdDigits;
  }

  private writeSeparator(out: Uint8Array, at: number, start: number): number {
    if (at > start) {
      out[at] = SEMICOLON;
      return at + 1;
    }
    out[at] = OT[0];
    out[at + 1] = OT[1];
    out[at + 2] = EQUALS;
    return at + 3;
  }

  private writeStart(
    out: Uint8Array, at: number, start: number, name: readonly number[],
  ): number {
    const end = this.writeSeparator(out, at, start);
    out[end] = name[0];
    out[end + 1] = name[1];
    out[end + 2] = COLON;
    return end + 3;
  }

  private writeRandomness(out: Uint8Array, at: number): number {
    const { randomnessAt } = this;
    return randomnessAt === ABSENT
      ? writeHex(out, at, this.randomness)
      : this.copy(out, at, randomnessAt, randomnessAt + MOST_DIGITS);
  }

  private writeThreshold(out: Uint8Array, at: number): number {
    const { thresholdAt } = this;
    return thresholdAt === ABSENT
      ? writeHex(out, at, this.threshold, this.digits)
      : this.copy(out, at, thresholdAt, thresholdAt + this.thresholdDigits);
  }

  private copy(out: Uint8Array, at: number, start: number, end: number): number {
    for (let i = start; i < end; i += 1) out[at + i - start] = this.bytes[i];
    return at + end - start;
  }

  private clearOt(): void {
    this.extras.count = 0;
    this.hasRandomness = false;
    this.clearThreshold();
  }

  private readMember(start: number, end: number): boolean {
    const { bytes } = this;
    const equals = indexOf(bytes, EQUALS, start, end);
    if (equals === end || !isKey(bytes, start, equals)) return false;
    if (!isValue(bytes, equals + 1, end)) return false;
    if (hasText(bytes, start, equals, OT)) return this.readOt(equals + 1, end);
    this.others.add(start, end);
    return true;
  }

  /** Of several members `ot` the last one counts. */
  private readOt(start: number, end: number): boolean {
    const { bytes } = this;
    this.clearOt();
    for (let at = start; at <= end;) {
      const to = indexOf(bytes, SEMICOLON, at, end);
      const colon = indexOf(bytes, COLON, at, to);
      if (colon === to || !this.readExtra(at, colon, to)) return false;
      at = to + 1;
    }
    return true;
  }

  private readExtra(start: number, colon: number, end: number): boolean {
    const { bytes } = this;
    if (colon === start || !isLetter(bytes[start])) return false;
    for (let at = start + 1; at < colon; at += 1) {
      if (!isLetter(bytes[at]) && !isDigit(bytes[at])) return false;
    }
    for (let at = colon + 1; at < end; at += 1) if (!isOtValueByte(bytes[at])) return false;
    const digits = end - colon - 1;
    if (hasText(bytes, start, colon, RV)) {
      if (digits !== MOST_DIGITS || !readHex(bytes, colon + 1, end, this.number)) return false;
      this.setRandomness(this.number);
      this.randomnessAt = colon + 1;
    } else if (hasText(bytes, start, colon, TH)) {
      if (digits < 1 || digits > MOST_DIGITS) return false;
      if (!readHex(bytes, colon + 1, end, this.number)) return false;
      this.hasThreshold = true;
      this.threshold.high = this.number.high;
      this.threshold.low = this.number.low;
      this.thresholdAt = colon + 1;
      this.thresholdDigits = digits;
    } else {
      this.extras.add(start, end);
    }
    return true;
  }
}
