/** Walks over the fields of a small protobuf message whose numbers and lengths are all checked. */
import type { MalformedError } from '../errors';
import {
  LEN, malformed, position, readBodyEnd, readTag, readVarint, skipValue, VARINT,
} from '../wire/reader';

/** Stands at one field after the other. */
export class ProtoCursor {
  /** Number of the field that it stands at. */
  public field = 0;
  private wireType = 0;
  private start = 0;

  /** A cursor before the first field of the message from `at` to `limit`. */
  public constructor(
    private readonly buffer: Uint8Array, private at: number, private readonly limit: number,
  ) {}

  /** Goes to the next field; false when there is none. */
  public next(): boolean {
    if (this.at >= this.limit) return false;
    const tag = readTag(this.buffer, this.at, this.limit);
    this.field = tag >>> 3;
    this.wireType = tag & 7;
    this.start = position;
    this.at = skipValue(this.buffer, position, this.limit, tag);
    return true;
  }

  /** Goes to the end: every field is looked at, and none is read. */
  public passOver(): void {
    while (this.next());
  }

  /** The whole number from `least` to `most` of this field. */
  public number(name: string, least: number, most: number): number {
    this.expect(name, VARINT);
    return this.bounded(name, readVarint(this.buffer, this.start, this.at), least, most);
  }

  /** Adds the whole numbers up to `largest` of this field, packed or not, to at most `most`. */
  public numbers(name: string, values: number[], most: number, largest: number): void {
    if (this.wireType === VARINT) {
      this.bound(name, values.length, most);
      values.push(this.number(name, 0, largest));
      return;
    }
    this.expect(name, LEN);
    readBodyEnd(this.buffer, this.start, this.at);
    for (let at = position; at < this.at; at = position) {
      this.bound(name, values.length, most);
      values.push(this.bounded(name, readVarint(this.buffer, at, this.at), 0, largest));
    }
  }

  /** The at most `most` bytes of this field, where they are. */
  public bytes(name: string, most: number): Uint8Array {
    this.expect(name, LEN);
    const end = readBodyEnd(this.buffer, this.start, this.at);
    if (end - position > most) {
      throw this.wrong(`${name} must have at most ${most} bytes`, end - position);
    }
    return this.buffer.subarray(position, end);
  }

  /** The text of this field, of at most `most` bytes. */
  public text(name: string, most: number): string {
    const bytes = this.bytes(name, most);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  }

  /** A cursor over the message of this field. */
  public message(name: string): ProtoCursor {
    this.expect(name, LEN);
    const end = readBodyEnd(this.buffer, this.start, this.at);
    return new ProtoCursor(this.buffer, position, end);
  }

  /** Refuses one more of a list that has `most` already. */
  public bound(name: string, count: number, most: number): void {
    if (count >= most) throw this.wrong(`${name} must be at most ${most}`, 'more');
  }

  /** Refuses a message without this field. */
  public given<T>(name: string, value: T | undefined): T {
    if (value === undefined) throw this.wrong(`a message must have its field ${name}`, 'none');
    return value;
  }

  /** The error of a message that breaks a rule here. */
  public wrong(rule: string, got: string | number): MalformedError {
    return malformed(this.start, rule, got);
  }

  private bounded(name: string, value: number, least: number, most: number): number {
    if (value >= least && value <= most) return value;
    throw this.wrong(`${name} must be from ${least} to ${most}`, value);
  }

  private expect(name: string, wireType: number): void {
    if (this.wireType === wireType) return;
    throw this.wrong(`${name} must have wire type ${wireType}`, this.wireType);
  }
}
