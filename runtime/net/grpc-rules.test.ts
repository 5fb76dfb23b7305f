import { percentDecode, percentEncode } from './grpc-rules';

it.each([
  ['plain ASCII, even ~ and "', 'plain ASCII, even ~ and "'],
  ['50 %', '50 %25'],
  ['größer', 'gr%C3%B6%C3%9Fer'],
  ['a\nb', 'a%0Ab'],
  ['✓', '%E2%9C%93'],
  ['', ''],
])('%j is written as %s and read again', (message, encoded) => {
  expect(percentEncode(message)).toBe(encoded);
  expect(percentDecode(encoded)).toBe(message);
});

it.each([['50 %', '50 %'], ['%zz', '%zz'], ['%4', '%4'], ['%41', 'A']])(
  'what was not encoded well, %s, is read as %s', (text, message) => {
    expect(percentDecode(text)).toBe(message);
  });
