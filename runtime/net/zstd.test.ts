import { InflateError } from './inflate-error';
import { deflateZstd, inflateZstd, zstdLoading } from './zstd';
import { libraryCodec, nodeCodec, type ZstdCodec } from './zstd-codec';
import { oracleLines } from '../testing/oracle-lines';

const TEXT = Buffer.from('telemetry '.repeat(1000));
const MAGIC = '28b52ffd';
/** A frame without a length, a window of 8 MiB, and one block of `abc` as it is. */
const OPEN = `${MAGIC}0068190000616263`;
/** The same with its length and no window. */
const TOLD = `${MAGIC}2003190000616263`;
const MIB = 1024 * 1024;

function failureOf(hex: string, maxBytes = MIB): unknown {
  try {
    return inflateZstd(Buffer.from(hex, 'hex'), maxBytes);
  } catch (error) {
    return error;
  }
}

beforeAll(() => zstdLoading());

it.each([
  ['a frame', OPEN, 'abc'],
  ['a frame that tells its length', TOLD, 'abc'],
  ['two frames', OPEN + TOLD, 'abcabc'],
  ['a frame after one that says nothing', `5f2a4d1802000000ffff${TOLD}`, 'abc'],
  ['nothing', '', ''],
  ['a frame that holds nothing', `${MAGIC}2000010000`, ''],
  ['a repeated byte', `${MAGIC}00001b000061`, 'aaa'],
])('reads %s', (_what, hex, text) => {
  const bytes = failureOf(hex);
  expect(bytes).toBeInstanceOf(Uint8Array);
  expect(Buffer.from(bytes as Uint8Array).toString()).toBe(text);
});

it.each([
  ['something else', '1f8b080000000000', 'invalid input: magic number mismatch'],
  ['half a magic number', '28b5', 'unexpected EOF'],
  ['a magic number', MAGIC, 'unexpected EOF'],
  ['half a header', `${MAGIC}00`, 'unexpected EOF'],
  ['half a length', `${MAGIC}a00300`, 'unexpected EOF'],
  ['half a block', OPEN.slice(0, -2), 'unexpected EOF'],
  ['no last block', OPEN.replace('19', '18'), 'unexpected EOF'],
  ['no checksum', OPEN.replace('fd00', 'fd04'), 'unexpected EOF'],
  ['a wrong checksum', `${OPEN.replace('fd00', 'fd04')}00000000`, 'CRC check failed'],
  ['a reserved bit', `${MAGIC}0868190000616263`, 'reserved bit set on frame header'],
  ['a reserved block', `${MAGIC}00681f0000616263`,
    'invalid input: reserved block type encountered'],
  ['a block larger than blocks are', `${MAGIC}006801011000`, 'window size exceeded'],
  ['a window larger than is needed', `${MAGIC}0070190000616263`, 'window size exceeded'],
  ['a dictionary', `${MAGIC}016801190000616263`, 'unknown dictionary'],
  ['a length that is not so', TOLD.replace('2003', '2004'),
    'frame size does not match size on stream'],
  ['what is no compressed block', `${MAGIC}00681d0000616263`, 'invalid input: corrupt block'],
  ['half of what says nothing', '5f2a4d1802000000ff', 'unexpected EOF'],
  ['very many frames', TOLD.repeat(101), 'zstd: more than 100 frames'],
])('refuses %s', (_what, hex, message) => {
  const failure = failureOf(hex);
  expect(failure).toBeInstanceOf(InflateError);
  expect(failure).toMatchObject({ message, isTooLarge: false });
});

it.each([
  ['what says so', `${MAGIC}e0ffffffffffff0f0019000061`],
  ['repeated bytes', `${MAGIC}0068${'02001061'.repeat(8)}03001061`],
  ['one frame after the other', TOLD.repeat(100), 299],
])('refuses %s as too large before anybody inflates it', (_what, hex, maxBytes = MIB) => {
  const inflate = jest.fn<Uint8Array, []>(() => Buffer.from('abc'));
  const codec: ZstdCodec = { inflate, deflate: (bytes) => bytes };
  expect(() => inflateZstd(Buffer.from(hex, 'hex'), maxBytes, codec)).toThrow(
    expect.objectContaining({ isTooLarge: true }));
  expect(inflate.mock.calls).toEqual([]);
});

it('lets nobody inflate more than is left of the limit', () => {
  const allowed: number[] = [];
  const codec: ZstdCodec = {
    inflate: (_frame, most) => {
      allowed.push(most);
      return Buffer.alloc(3);
    },
    deflate: (bytes) => bytes,
  };
  const compressed = `${MAGIC}0068250000aabbccdd`;
  inflateZstd(Buffer.from(compressed.repeat(2) + TOLD, 'hex'), 131_000, codec);
  expect(allowed).toEqual([131_000, 130_997, 3]);
});

const CODECS: readonly (readonly [string, () => Promise<ZstdCodec>])[] = [
  ['the library', libraryCodec],
  ...nodeCodec === undefined ? [] : [['Node.js', () => Promise.resolve(nodeCodec!)] as const],
];

describe.each(CODECS)('%s', (_name, load) => {
  let codec: ZstdCodec;
  beforeAll(async () => { codec = await load(); });

  it('reads what it writes', () => {
    for (const level of [-7, 0, 1, 5, 22]) {
      const packed = deflateZstd(TEXT, level, codec);
      expect(TEXT.equals(inflateZstd(packed, TEXT.length, codec))).toBe(true);
    }
  });

  it('tells too large from broken', () => {
    const { base64 } = oracleLines<{ by: string; base64: string }>('compressed')
      .find(({ by }) => by.includes('from a pipe'))!;
    const frame = Buffer.from(base64, 'base64');
    expect(() => inflateZstd(frame, 67_309, codec)).toThrow(
      expect.objectContaining({ isTooLarge: true }));
    expect(inflateZstd(frame, 67_310, codec)).toHaveLength(67_310);
    frame[frame.length - 1] ^= 1;
    expect(() => inflateZstd(frame, 67_310, codec)).toThrow('CRC check failed');
  });
});
