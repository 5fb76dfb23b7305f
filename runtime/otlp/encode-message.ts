/**
 * Writes a message value as protobuf, from its last byte to its first: when the length of a
 * message has to be written, the message is there already, and nothing is measured twice.
 * Fields come out in the order of their numbers, so that a span begins with its trace id.
 */
import type { FieldValue, MessageValue } from './message-value';
import type { Field, Message } from './messages';
import { LEN } from '../wire/reader';
import {
  varint64Length, varintLength, writeFixed32, writeVarint, writeVarint64,
} from '../wire/writer';

const FIRST_SIZE = 4096;
const LOW_32 = 0xffff_ffffn;

/** The protobuf bytes of `value`. */
export function encodeMessage(message: Message, value: MessageValue): Buffer {
  const writer = new BackwardWriter();
  writer.message(message, value);
  return writer.finish();
}

class BackwardWriter {
  private bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  private at = FIRST_SIZE;

  public finish(): Buffer {
    return this.bytes.subarray(this.at);
  }

  public message(message: Message, value: MessageValue): void {
    const { fields } = message;
    for (let i = fields.length - 1; i >= 0; i -= 1) {
      const field = fields[i];
      const found = value[field.name];
      if (Array.isArray(found)) this.list(field, found);
      else if (found !== undefined) this.single(field, found);
      else if (field.always) this.single(field, {});
    }
  }

  private list(field: Field, values: readonly FieldValue[]): void {
    const packed = field.wireType !== LEN;
    const before = this.bytes.length - this.at;
    for (let i = values.length - 1; i >= 0; i -= 1) {
      this.value(field, values[i]);
      if (!packed) this.tag(field.number, LEN);
    }
    if (packed && values.length > 0) {
      this.length(before);
      this.tag(field.number, LEN);
    }
  }

  private single(field: Field, value: FieldValue): void {
    if (isDefault(value) && !field.hasPresence) return;
    this.value(field, value);
    this.tag(field.number, field.wireType);
  }

  private value(field: Field, value: FieldValue): void {
    switch (field.kind) {
      case 'message': {
        const before = this.bytes.length - this.at;
        this.message(field.message as Message, value as MessageValue);
        this.length(before);
        return;
      }
      case 'string': return this.text(value as string, 'latin1');
      case 'id8':
      case 'id16': return this.text(value as string, 'hex');
      case 'bytes': return this.blob(value as Uint8Array);
      case 'double': return this.double(value as number);
      case 'bool': return this.varint(value === true ? 1 : 0);
      case 'uint32': return this.varint(value as number);
      case 'sint32': return this.varint(((value as number) << 1 ^ (value as number) >> 31) >>> 0);
      case 'fixed32':
        this.reserve(4);
        writeFixed32(this.bytes, this.at, value as number);
        return;
      case 'fixed64':
      case 'sfixed64':
        this.reserve(8);
        this.bytes.writeBigUInt64LE(BigInt.asUintN(64, value as bigint), this.at);
        return;
      default: return this.varint64(BigInt.asUintN(64, BigInt(value as number | bigint)));
    }
  }

  private tag(number: number, wireType: number): void {
    this.varint(number * 8 + wireType);
  }

  private length(before: number): void {
    this.varint(this.bytes.length - this.at - before);
  }

  private varint(value: number): void {
    this.reserve(varintLength(value));
    writeVarint(this.bytes, this.at, value);
  }

  private varint64(value: bigint): void {
    const low = Number(value & LOW_32) | 0;
    const high = Number(value >> 32n) | 0;
    this.reserve(varint64Length(low, high));
    writeVarint64(this.bytes, this.at, low, high);
  }

  private double(value: number): void {
    this.reserve(8);
    this.bytes.writeDoubleLE(value, this.at);
  }

  private text(value: string, encoding: 'latin1' | 'hex'): void {
    const length = encoding === 'hex' ? value.length / 2 : value.length;
    this.reserve(length);
    this.bytes.write(value, this.at, length, encoding);
    this.varint(length);
  }

  private blob(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.at);
    this.varint(value.length);
  }

  /** Moves the start of what is written `length` bytes to the front. */
  private reserve(length: number): void {
    if (length > this.at) {
      const used = this.bytes.length - this.at;
      const longer = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, used + length));
      longer.set(this.bytes.subarray(this.at), longer.length - used);
      this.at = longer.length - used;
      this.bytes = longer;
    }
    this.at -= length;
  }
}

/** Zero, false and empty texts are what a reader takes a missing field for. */
function isDefault(value: FieldValue): boolean {
  return value === '' || value === 0 || value === 0n || value === false;
}
