import { addValueText } from './value-text';
import { encodeProto } from '../testing/otlp-proto';
import { ByteBuilder } from '../wire/byte-builder';

/** The text of a value, whose bytes may be others than protobufjs writes. */
function textOf(value: object, change = (bytes: Buffer): Buffer => bytes): string {
  const text = new ByteBuilder();
  const bytes = change(encodeProto('AnyValue', value));
  addValueText(text, bytes, 0, bytes.length);
  return Buffer.from(text.bytes.subarray(0, text.end)).toString();
}

const list = (...values: object[]): object => ({ arrayValue: { values } });

/** Bytes that are no UTF-8, and how Go writes them in JSON. */
const SPOILED: [string, string][] = [
  ['ff', '\\ufffd'], ['c328', '\\ufffd('], ['e282', '\\ufffd\\ufffd'], ['c080', '\\ufffd\\ufffd'],
  ['eda080', '\\ufffd'.repeat(3)], ['f09f9841', `${'\\ufffd'.repeat(3)}A`],
  ['f4908080', '\\ufffd'.repeat(4)], ['ff22e28082', '\\ufffd\\"\u2002'],
];

test.each(SPOILED)('in a list each byte of %s that is no UTF-8 is escaped', (hex, written) => {
  const spoiled = Buffer.from(hex, 'hex');
  const text = textOf(list({ stringValue: 'x'.repeat(spoiled.length) }), (bytes) => {
    spoiled.copy(bytes, bytes.indexOf('x'));
    return bytes;
  });
  expect(text).toBe(`["${written}"]`);
});

test.each(['\ufffd', 'ü', '\u{1f600}\u{10ffff}\ud7ff\ue000', '<&>'])(
  'in a list %j is written as it is', (character) => {
    expect(textOf(list({ stringValue: character }))).toBe(`["${character}"]`);
  });

test('in a list separators of lines are escaped', () => {
  expect(textOf(list({ stringValue: 'a\u2028\u2029' }))).toBe('["a\\u2028\\u2029"]');
});

test.each([NaN, Infinity])('a list with %d has no text', (doubleValue) => {
  expect(textOf(list({ doubleValue }))).toBe('');
});

test.each([[[], 'null'], [[1, 255], '"Af8="']])('in a list the bytes %j are %s', (bytes, text) => {
  expect(textOf(list({ bytesValue: Buffer.from(bytes) }))).toBe(`[${text}]`);
});

test('of a name that comes twice in a map the last value counts, whatever the first is', () => {
  const values = [NaN, 1].map((doubleValue) => ({ key: 'a', value: { doubleValue } }));
  expect(textOf({ kvlistValue: { values } })).toBe('{"a":1}');
});
