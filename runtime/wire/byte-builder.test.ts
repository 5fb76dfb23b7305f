import { ByteBuilder } from './byte-builder';

const LOW_WORD = 2n ** 32n;

function textOf({ bytes, end }: ByteBuilder): string {
  return Buffer.from(bytes.subarray(0, end)).toString();
}

function halves(value: bigint): [number, number] {
  return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value / LOW_WORD
    - (value < 0n && value % LOW_WORD !== 0n ? 1n : 0n)))];
}

test.each([
  0n, 7n, 10n, -1n, -120n, 4_294_967_295n, 4_294_967_296n, -4_294_967_296n, 2n ** 53n - 1n,
  2n ** 53n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n),
])('%d is written in decimal digits', (value) => {
  const built = new ByteBuilder();
  built.addInt64(...halves(value));
  expect(textOf(built)).toBe(String(value));
});

test.each([[0n, '0'], [15n, 'f'], [0x1234_5678_9abc_def0n, '123456789abcdef0'],
  [2n ** 63n, '8000000000000000'], [0xf_0000_0000n, 'f00000000']])(
  '%d is written in hex digits', (value, digits) => {
    const built = new ByteBuilder();
    built.addHex64(...halves(BigInt.asIntN(64, value)));
    expect(textOf(built)).toBe(digits);
  });

test('pieces of all sizes follow each other', () => {
  const built = new ByteBuilder();
  const long = Buffer.from('0123456789'.repeat(100));
  built.addText('grün');
  built.addByte(0x3d);
  built.add(long, 10, 1000);
  built.addHex(Buffer.from([0, 0xab, 0xff]), 1, 3);
  built.add(long, 1, 3);
  expect(textOf(built))
    .toBe(`grün=${long.subarray(10).toString()}abff12`);
});

test('what is cut is written over', () => {
  const built = new ByteBuilder();
  built.addText('resource|scope|');
  built.end = 9;
  built.addText('x');
  expect(textOf(built)).toBe('resource|x');
});
