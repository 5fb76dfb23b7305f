/**
 * Reads JSON piece by piece, as whoever knows the expected message asks for it.
 *
 * JSON.parse would lose integers above 2^53 and refuse what stands after the top-level object,
 * which the Go collector ignores. The text is held with one character per *byte* (latin1), so that
 * bytes that are not UTF-8 pass through unchanged, and strings that are read are byte strings too.
 */
import { MalformedError } from '../errors';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

const SHOWN_CHARACTERS = 40;
/** Longer numbers are refused: turning 20 MB of digits into a number takes minutes. */
const MAX_NUMBER_LENGTH = 400;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const AFTER_NUMBER = /[^-+.\deE]/g;
const LITERAL = /true|false|null/y;
const UNICODE_ESCAPE = /\\u([0-9a-fA-F]{4})/y;
const LOW_SURROGATE = /\\u([dD][c-fC-F][0-9a-fA-F]{2})/y;
/** As deep as the Go collector's reader goes into values that it skips. */
const MAX_SKIPPED_DEPTH = 10_000;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
};

/** A place in a JSON text. */
export class JsonReader {
  /** Names and list indexes that lead to the value being read; errors begin with them. */
  public readonly path: (string | number)[];
  private readonly text: string;
  private at = 0;

  /** `root` is what errors call the top-level value. */
  public constructor(bytes: Uint8Array, root: string) {
    this.text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    this.path = [root];
  }

  /** Whether the next value is a string; nothing is read. */
  public get isString(): boolean {
    return this.next() === QUOTE;
  }

  /** Whether the next value is a number; nothing is read. */
  public get isNumber(): boolean {
    const first = this.next();
    return first === MINUS || first >= ZERO && first <= NINE;
  }

  /** Reads `null` if it is next; otherwise nothing. */
  public readNull(): boolean {
    this.next();
    if (!this.text.startsWith('null', this.at)) return false;
    this.at += 4;
    return true;
  }

  /** Reads an object; `member` must read each value, or skip it. */
  public readObject(member: (key: string) => void): void {
    this.expect(OPEN_BRACE, 'a JSON object');
    if (this.accept(CLOSE_BRACE)) return;
    do {
      const key = this.readString();
      this.expect(COLON, 'JSON with a colon after each name');
      member(key);
    } while (this.accept(COMMA));
    this.expect(CLOSE_BRACE, 'JSON with a comma or brace after each member');
  }

  /** Reads a list; `element` must read each value. */
  public readList(element: (index: number) => void): void {
    this.expect(OPEN_BRACKET, 'a JSON list');
    if (this.accept(CLOSE_BRACKET)) return;
    let index = 0;
    do {
      element(index);
      index += 1;
    } while (this.accept(COMMA));
    this.expect(CLOSE_BRACKET, 'JSON with a comma or bracket after each element');
  }

  /** Reads a string; its UTF-8 bytes, one character each, are returned. */
  public readString(): string {
    this.expect(QUOTE, 'a string');
    let value = this.readPlainText();
    while (this.text.charCodeAt(this.at) !== QUOTE) {
      value += this.readEscape();
      value += this.readPlainText();
    }
    this.at += 1;
    return value;
  }

  /** Reads a number and returns it as it is written. */
  public readNumber(): string {
    this.next();
    AFTER_NUMBER.lastIndex = this.at;
    const end = AFTER_NUMBER.exec(this.text)?.index ?? this.text.length;
    const number = this.text.slice(this.at, end);
    if (number.length > MAX_NUMBER_LENGTH || !NUMBER.test(number)) {
      this.fail(`must be a number of at most ${MAX_NUMBER_LENGTH} characters`);
    }
    this.at = end;
    return number;
  }

  /** Reads `true` or `false`. */
  public readBoolean(): boolean {
    const first = this.next();
    if (first !== 't'.charCodeAt(0) && first !== 'f'.charCodeAt(0)) {
      this.fail('must be true or false');
    }
    return (this.match(LITERAL) ?? this.fail('must be true or false')) === 'true';
  }

  /** Skips any value. Nesting costs a list of characters, not a stack of calls. */
  public skip(): void {
    const closers: number[] = [];
    do {
      const first = this.next();
      if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
        this.skipScalar(first);
        this.closeAll(closers);
        continue;
      }
      if (closers.length === MAX_SKIPPED_DEPTH) {
        this.fail(`must nest at most ${MAX_SKIPPED_DEPTH} deep`, 'deeper');
      }
      this.at += 1;
      const closer = first === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
      if (this.accept(closer)) {
        this.closeAll(closers);
      } else {
        closers.push(closer);
        if (closer === CLOSE_BRACE) this.skipName();
      }
    } while (closers.length > 0);
  }

  /** Runs `read` with `step` added to the path of errors. */
  public within<T>(step: string | number, read: () => T): T {
    this.path.push(step);
    const value = read();
    this.path.pop();
    return value;
  }

  /** Throws the error that the value being read breaks `rule`; `got` is by default what is next. */
  public fail(rule: string, got: string = this.upcoming()): never {
    const where = this.path
      .map((step, i) => typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${step}`);
    const shown = got.length > SHOWN_CHARACTERS ? `${got.slice(0, SHOWN_CHARACTERS)}...` : got;
    throw new MalformedError(where.join(''), rule, Buffer.from(shown, 'latin1').toString());
  }

  /** After a value inside of `closers`: closes what ends here, then steps to the next value. */
  private closeAll(closers: number[]): void {
    for (let last = closers.at(-1); last !== undefined; last = closers.at(-1)) {
      if (this.accept(COMMA)) {
        if (last === CLOSE_BRACE) this.skipName();
        return;
      }
      this.expect(last, 'well-formed JSON');
      closers.pop();
    }
  }

  private skipName(): void {
    this.readString();
    this.expect(COLON, 'JSON with a colon after each name');
  }

  private skipScalar(first: number): void {
    if (first === QUOTE) {
      this.readString();
    } else if (this.isNumber) {
      this.readNumber();
    } else if (this.match(LITERAL) === undefined) {
      this.fail('must be well-formed JSON');
    }
  }

  /** A loop, because a regular expression runs out of stack on texts of many megabytes. */
  private readPlainText(): string {
    const start = this.at;
    let code = this.text.charCodeAt(this.at);
    while (code >= SPACE && code !== QUOTE && code !== BACKSLASH) {
      this.at += 1;
      code = this.text.charCodeAt(this.at);
    }
    return this.text.slice(start, this.at);
  }

  private readEscape(): string {
    const escaped = this.text[this.at] === '\\' ? ESCAPES[this.text[this.at + 1]] : undefined;
    if (escaped !== undefined) {
      this.at += 2;
      return escaped;
    }
    const unit = this.readUnit(UNICODE_ESCAPE);
    if (unit < 0) return this.fail('must be a well-formed JSON string');
    if (unit < 0xd800 || unit > 0xdbff) return utf8(unit);
    const second = this.readUnit(LOW_SURROGATE);
    return utf8(second < 0 ? unit : 0x10000 + (unit - 0xd800) * 0x400 + second - 0xdc00);
  }

  private readUnit(pattern: RegExp): number {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return -1;
    this.at += found[0].length;
    return parseInt(found[1], 16);
  }

  /** Code of the next character that is not white space, NaN at the end. */
  private next(): number {
    let code = this.text.charCodeAt(this.at);
    while (code === SPACE || code === 0x0a || code === 0x0d || code === 0x09) {
      this.at += 1;
      code = this.text.charCodeAt(this.at);
    }
    return code;
  }

  private accept(code: number): boolean {
    if (this.next() !== code) return false;
    this.at += 1;
    return true;
  }

  private expect(code: number, what: string): void {
    if (!this.accept(code)) this.fail(`must be ${what}`);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.at += found[0].length;
    return found[0];
  }

  private upcoming(): string {
    if (Number.isNaN(this.next())) return 'the end of the text';
    return this.text.slice(this.at, this.at + SHOWN_CHARACTERS + 1);
  }
}

/** The bytes of a character, one character each; halves of characters become U+FFFD. */
function utf8(code: number): string {
  if (code < 0x80) return String.fromCharCode(code);
  const last = 0x80 | code & 0x3f;
  if (code < 0x800) return String.fromCharCode(0xc0 | code >> 6, last);
  if (code >= 0xd800 && code <= 0xdfff) return '\xef\xbf\xbd';
  const middle = 0x80 | code >> 6 & 0x3f;
  if (code < 0x10000) return String.fromCharCode(0xe0 | code >> 12, middle, last);
  return String.fromCharCode(0xf0 | code >> 18, 0x80 | code >> 12 & 0x3f, middle, last);
}
