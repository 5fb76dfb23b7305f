import { InflateError } from './inflate-error';
import { inflateFramedSnappy, inflateSnappy, isFramedSnappy } from './snappy';

const SIGNATURE = 'ff060000734e61507059';
/** A chunk that holds `abc` as it is, and its checksum. */
const PLAIN = '010700006e57f121616263';
const CORRUPT = 'snappy: corrupt input';
const UNSUPPORTED = 'snappy: unsupported input';

function failureOf(inflate: typeof inflateSnappy, hex: string, maxBytes = 1000): unknown {
  try {
    return inflate(Buffer.from(hex, 'hex'), maxBytes);
  } catch (error) {
    return error;
  }
}

it.each([
  ['nothing', '00', ''],
  ['literals', '0308616263', 'abc'],
  ['literals whose length takes a byte', '03f002616263', 'abc'],
  ['a near copy', '07086162630101', 'abccccc'],
  ['a far copy', '06086162630a0300', 'abcabc'],
  ['a very far copy', '06086162630b03000000', 'abcabc'],
])('a block with %s', (_what, hex, text) => {
  const result = failureOf(inflateSnappy, hex);
  expect(String(result)).toBe(text);
});

it.each([
  ['no length', ''],
  ['half a length', '80'],
  ['a length without end', 'ffffffffffffffff01'],
  ['a length that nothing makes', '64'],
  ['less than it tells', '0408616263'],
  ['more than it tells', '0208616263'],
  ['half a literal', '03086162'],
  ['half a length of literals', '03f4'],
  ['a copy of nothing', '07086162630100'],
  ['a copy from before', '07086162630104'],
  ['half a copy', '07086162630e'],
  ['half a far copy', '07086162630b0300'],
])('a block with %s is corrupt', (_what, hex) => {
  const failure = failureOf(inflateSnappy, hex);
  expect(failure).toBeInstanceOf(InflateError);
  expect(failure).toMatchObject({ message: CORRUPT, isTooLarge: false });
});

it('a block that says it is too large is refused in upstream\'s words', () => {
  expect(failureOf(inflateSnappy, 'ffffffff0f')).toMatchObject({
    message: 'snappy: decoded size exceeds max request body size', isTooLarge: true,
  });
});

it.each([
  ['nothing', '', ''],
  ['no chunk', SIGNATURE, ''],
  ['a chunk', SIGNATURE + PLAIN, 'abc'],
  ['chunks, and the start once more', SIGNATURE + PLAIN + SIGNATURE + PLAIN, 'abcabc'],
  ['chunks to leap over', `${SIGNATURE}fe02000000008001000000${PLAIN}`, 'abc'],
])('a row with %s', (_what, hex, text) => {
  const result = failureOf(inflateFramedSnappy, hex);
  expect(String(result)).toBe(text);
});

it.each([
  ['another start', PLAIN, CORRUPT],
  ['another signature', SIGNATURE.replace('73', '74'), CORRUPT],
  ['half a signature', SIGNATURE.slice(0, 12), CORRUPT],
  ['half a chunk', (SIGNATURE + PLAIN).slice(0, -2), CORRUPT],
  ['half a header', `${SIGNATURE}0107`, CORRUPT],
  ['a wrong checksum', SIGNATURE + PLAIN.replace('6e', 'ff'), CORRUPT],
  ['no room for a checksum', `${SIGNATURE}01020000abcd`, CORRUPT],
  ['a block larger than a chunk', `${SIGNATURE}000b000000000000818004040000`, CORRUPT],
  ['a reserved chunk', `${SIGNATURE}02000000`, UNSUPPORTED],
  ['a chunk larger than they are', `${SIGNATURE}fe000002`, UNSUPPORTED],
])('a row with %s is refused', (_what, hex, message) => {
  const failure = failureOf(inflateFramedSnappy, hex);
  expect(failure).toBeInstanceOf(InflateError);
  expect(failure).toMatchObject({ message, isTooLarge: false });
});

it('tells a row of chunks from a block', () => {
  expect(isFramedSnappy(Buffer.from(SIGNATURE, 'hex'))).toBe(true);
  expect(isFramedSnappy(Buffer.from(SIGNATURE.slice(2), 'hex'))).toBe(false);
});
