import { InflateError } from './inflate-error';
import { inflateLz4 } from './lz4';
import { xxh32 } from './xxh32';

const MAGIC = '04224d18';
const HEADER = `${MAGIC}604082`;
const END = '00000000';
const SHORT = 'lz4: invalid source or destination buffer too short';

/** The header of frames with `flags`, its own checksum included. */
function header(flags: number, size = 0x40): string {
  const fields = Buffer.of(flags, size);
  return MAGIC + fields.toString('hex') + (xxh32(fields, 0, 2) >>> 8 & 0xff).toString(16)
    .padStart(2, '0');
}

/** A block with its length in front. */
function block(hex: string): string {
  return (hex.length / 2).toString(16).padStart(2, '0') + '000000' + hex;
}

function failureOf(hex: string, maxBytes = 100_000): unknown {
  try {
    return inflateLz4(Buffer.from(hex, 'hex'), maxBytes);
  } catch (error) {
    return error;
  }
}

/** `abc` three times: literals, a copy of six bytes, and no more literals. */
const THRICE = block('32616263030000');

it.each([
  ['nothing', '', ''],
  ['no block', HEADER + END, ''],
  ['a block as it is', `${HEADER}03000080616263${END}`, 'abc'],
  ['a block that repeats', HEADER + THRICE + END, 'abcabcabc'],
  ['two frames', HEADER + THRICE + END + HEADER + THRICE + END, 'abcabcabcabcabcabc'],
  ['something to leap over', `502a4d1801000000ff${HEADER}${THRICE}${END}`, 'abcabcabc'],
  ['blocks that repeat others', `${header(0x40)}${THRICE}${block('02060000')}${END}`,
    'abcabcabcabcabc'],
])('reads a body with %s', (_what, hex, text) => {
  expect(String(failureOf(hex))).toBe(text);
});

it.each([
  ['something else', '1f8b080000000000', 'lz4: bad magic number'],
  ['half a magic number', '0422', 'unexpected EOF'],
  ['half a header', `${MAGIC}60`, 'unexpected EOF'],
  ['another header', HEADER.replace('82', '83') + END, 'lz4: invalid header checksum'],
  ['blocks of no size', header(0x60, 0x30) + END, 'lz4: invalid block size'],
  ['a block larger than its frame allows', `${HEADER}01000100`, 'lz4: invalid block size'],
  ['no end', HEADER + THRICE, 'unexpected EOF'],
  ['half a block', `${HEADER}0300008061`, 'unexpected EOF'],
  ['no checksum', header(0x64) + THRICE + END, 'unexpected EOF'],
  ['a wrong checksum', header(0x64) + THRICE + END + END, 'lz4: invalid frame checksum'],
  ['a wrong checksum of a block', header(0x70) + THRICE + END + END,
    'lz4: invalid block checksum'],
  ['a copy from before', HEADER + block('3261626304000000') + END, SHORT],
  ['a copy from another block', HEADER + THRICE + block('02060000') + END, SHORT],
  ['a copy of nothing', HEADER + block('32616263000000') + END, SHORT],
  ['a copy at its end', HEADER + block('326162630300') + END, SHORT],
  ['half a copy', HEADER + block('3261626303') + END, SHORT],
  ['half of its literals', HEADER + block('306162') + END, SHORT],
  ['half a length', HEADER + block('f0ff') + END, SHORT],
])('refuses a body with %s', (_what, hex, message) => {
  const failure = failureOf(hex);
  expect(failure).toBeInstanceOf(InflateError);
  expect(failure).toMatchObject({ message, isTooLarge: false });
});

it('refuses what would be too large before it holds any of it', () => {
  const bomb = HEADER + block(`1f610100${'ff'.repeat(200)}0000`) + END;
  expect(failureOf(bomb, 51_000)).toMatchObject({ isTooLarge: true });
  expect(failureOf(bomb)).toHaveLength(51_020);
});

it('refuses a block that becomes larger than its frame allows', () => {
  const hex = HEADER + `06010000${`1f610100${'ff'.repeat(257)}00`.padEnd(524, '0')}` + END;
  expect(failureOf(hex)).toMatchObject({ message: SHORT, isTooLarge: false });
});
