import { MessageAssembler, messagePrefix } from './message-assembler';

const WHOLE = Buffer.from([0, 0, 0, 0, 3, 7, 8, 9]);

it('a message in one chunk is not copied', () => {
  const assembler = new MessageAssembler(10);
  expect(assembler.push(WHOLE)).toBeUndefined();
  expect(assembler.end()).toBeUndefined();
  expect(assembler.framed()).toBe(WHOLE);
  expect([...assembler.message()]).toEqual([7, 8, 9]);
});

it.each([1, 2, 3, 4, 5, 6, 7])('a message is whole again that was cut every %d bytes', (size) => {
  const assembler = new MessageAssembler(10);
  for (let at = 0; at < WHOLE.length; at += size) assembler.push(WHOLE.subarray(at, at + size));
  expect(assembler.end()).toBeUndefined();
  expect(assembler).toMatchObject({ flag: 0, length: 3 });
  expect([...assembler.message()]).toEqual([7, 8, 9]);
});

it.each([
  ['a message at the limit', [0, 0, 0, 0, 10], undefined],
  ['a message above the limit', [0, 0, 0, 0, 11],
    { code: 8, message: 'grpc: received message larger than max (11 vs. 10)' }],
  ['a length with its highest bit set', [0, 0x80, 0, 0, 0],
    { code: 8, message: 'grpc: received message larger than max (2147483648 vs. 10)' }],
  ['an unknown flag', [2, 0, 0, 0, 1],
    { code: 13, message: 'grpc: received unexpected payload format 2' }],
  ['a compressed message', [1, 0, 0, 0, 1], undefined],
  ['a second message', [0, 0, 0, 0, 0, 0],
    { code: 13, message: expect.stringMatching(/multiple/) }],
])('%s is judged by its prefix alone', (_name, bytes, failure) => {
  expect(new MessageAssembler(10).push(Buffer.from(bytes))).toEqual(failure);
});

it.each([
  ['nothing', [], /^cardinality violation: received no request message/],
  ['half a prefix', [0, 0], /^unexpected EOF$/],
  ['half a message', [0, 0, 0, 0, 2, 1], /^unexpected EOF$/],
])('a stream that ends after %s has no message', (_name, bytes, message) => {
  const assembler = new MessageAssembler(10);
  if (bytes.length > 0) assembler.push(Buffer.from(bytes));
  expect(assembler.end()).toEqual({ code: 13, message: expect.stringMatching(message) });
});

it('the prefix holds the length, highest byte first', () => {
  expect([...messagePrefix(0x01020304, true)]).toEqual([1, 1, 2, 3, 4]);
  expect([...messagePrefix(5, false)]).toEqual([0, 0, 0, 0, 5]);
});
