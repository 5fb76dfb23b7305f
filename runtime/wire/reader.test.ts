import { Writer } from 'protobufjs';
import {
  fieldTag, high, low, nextField, position, readBodyEnd, readFixed32, readFixed64, readTag,
  readVarint, readVarint64, skipField,
} from './reader';
import { varint64Length, varintLength, writeVarint, writeVarint64 } from './writer';
import { MalformedError } from '../errors';
import { HOSTILE_BYTES } from '../testing/hostile-bytes';

const WHOLE_NUMBERS = [
  0, 1, 127, 128, 300, 16_383, 16_384, 2 ** 21, 2 ** 28, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 35,
  2 ** 42 + 5, Number.MAX_SAFE_INTEGER,
];
const BIG_NUMBERS = [
  0n, 1n, 127n, 128n, 2n ** 28n, 2n ** 31n, 2n ** 32n, 2n ** 35n - 1n, 2n ** 56n, 2n ** 63n,
  2n ** 64n - 1n,
];

function hex(text: string): Buffer {
  return Buffer.from(text.replace(/ /g, ''), 'hex');
}

/** A varint from protobufjs. */
function varint(value: bigint): Buffer {
  const writer = Writer.create().uint64(String(value) as unknown as number);
  return Buffer.from(writer.finish());
}

describe('varints', () => {
  test.each(WHOLE_NUMBERS)('%d is read and written as protobufjs does', (value) => {
    const theirs = varint(BigInt(value));
    expect(readVarint(theirs, 0, theirs.length)).toBe(value);
    expect(position).toBe(theirs.length);
    const ours = Buffer.alloc(varintLength(value));
    expect(writeVarint(ours, 0, value)).toBe(theirs.length);
    expect(ours).toEqual(theirs);
  });

  test.each(BIG_NUMBERS)('all 64 bits of %d are read and written', (value) => {
    const theirs = varint(value);
    readVarint64(theirs, 0, theirs.length);
    expect(BigInt(high >>> 0) << 32n | BigInt(low >>> 0)).toBe(value);
    expect(position).toBe(theirs.length);
    const ours = Buffer.alloc(varint64Length(low, high));
    expect(writeVarint64(ours, 0, low, high)).toBe(theirs.length);
    expect(ours).toEqual(theirs);
  });

  test('longer than needed are read', () => {
    expect(readVarint(hex('85 80 00'), 0, 3)).toBe(5);
    expect(position).toBe(3);
  });

  test('end where their message ends, although there are more bytes', () => {
    expect(() => readVarint(hex('80 80 01'), 0, 2)).toThrow(MalformedError);
    expect(() => readVarint64(hex('80 80 01'), 0, 2)).toThrow(
      'protobuf byte 0: a field must end where its message ends (byte 2), got a longer one');
  });
});

describe('fixed numbers', () => {
  test('are read with their lowest byte first', () => {
    readFixed64(hex('00 01 02 03 04 05 06 07 88'), 1, 9);
    expect([low, high, position]).toEqual([0x04030201, 0x88070605 | 0, 9]);
    expect(readFixed32(hex('ff fe fd fc'), 0, 4)).toBe(0xfcfdfeff);
  });

  test('do not reach past their message', () => {
    expect(() => readFixed64(hex('00 01 02 03 04 05 06 07 88'), 1, 8)).toThrow(MalformedError);
    expect(() => readFixed32(hex('ff fe fd fc'), 0, 3)).toThrow(MalformedError);
  });
});

describe('fields', () => {
  test.each([
    ['a varint', '08 96 01', 3], ['a fixed64', '09 01 02 03 04 05 06 07 08', 9],
    ['bytes', '0a 03 61 62 63', 5], ['a fixed32', '0d 01 02 03 04', 5],
    ['a group with fields', '0b 08 01 12 01 61 0c', 7],
    ['groups in groups', '0b 13 1b 1c 14 0c', 6],
    ['a two-byte tag', '82 01 01 61', 4], ['a tag longer than needed', '8a 00 01 61', 4],
  ])('%s is skipped', (_, bytes, end) => {
    expect(skipField(hex(`${bytes} 77`), 0, end + 1)).toBe(end);
  });

  test('say where their body starts and ends', () => {
    expect(readTag(hex('12 02 61 62'), 0, 4)).toBe(2 << 3 | 2);
    expect(readBodyEnd(hex('12 02 61 62'), position, 4)).toBe(4);
    expect(position).toBe(2);
  });

  const inner = /thousand|^text|scope|^a (resource|fixed)/;
  const broken = HOSTILE_BYTES.filter(([name]) => !inner.test(name));
  test.each(broken)('%s is refused', (_, bytes) => {
    expect(() => skipField(bytes, 0, bytes.length)).toThrow(MalformedError);
  });

  test('nested a million groups deep cost no stack', () => {
    expect(() => skipField(Buffer.alloc(1_000_000, 0x0b), 0, 1_000_000)).toThrow(MalformedError);
  });
});

test.each<[string, number[], number, number, number]>([
  ['a short text', [0x0a, 2, 1, 1], 0x0a, 2, 4],
  ['a text of 130 bytes', [0x12, 0x82, 1, ...new Array<number>(130).fill(7)], 0x12, 3, 133],
  ['a text whose length has three bytes', [0x12, 0x81, 0x80, 0, 7], 0x12, 4, 5],
  ['eight bytes', [0x39, 1, 2, 3, 4, 5, 6, 7, 8], 0x39, 1, 9],
  ['four bytes', [0x3d, 1, 2, 3, 4], 0x3d, 1, 5],
  ['a short number', [0x30, 5], 0x30, 1, 2],
  ['a long number', [0x30, 0x85, 0x85, 1], 0x30, 1, 4],
  ['a number of a field above 15', [0x80, 1, 5], 0x80, 2, 3],
  ['a text of a field above 15', [0x82, 1, 1, 7], 0x82, 3, 4],
])('the next field may be %s', (_, bytes, tag, valueAt, end) => {
  const padded = Uint8Array.from([9, ...bytes, 9, 9, 9]);
  expect(nextField(padded, 1, bytes.length + 1)).toBe(end + 1);
  expect([fieldTag, position]).toEqual([tag, valueAt + 1]);
  expect(() => nextField(padded, 1, bytes.length)).toThrow(MalformedError);
});
