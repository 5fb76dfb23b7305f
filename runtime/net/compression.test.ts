import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'zlib';
import { deflate, inflate, InflateError, isCompression, type Compression } from './compression';

const TEXT = Buffer.from('telemetry '.repeat(1000));
const PACKED: Readonly<Record<Compression, Buffer>> = {
  gzip: gzipSync(TEXT), deflate: deflateSync(TEXT), zlib: deflateSync(TEXT),
};
const NAMES: readonly Compression[] = ['gzip', 'deflate', 'zlib'];

function failureOf(name: Compression, body: Uint8Array, maxBytes: number): unknown {
  try {
    return inflate(name, body, maxBytes);
  } catch (error) {
    return error;
  }
}

it.each(NAMES)('inflates %s up to the limit and not one byte more', (name) => {
  expect(TEXT.equals(inflate(name, PACKED[name], TEXT.length))).toBe(true);
  expect(failureOf(name, PACKED[name], TEXT.length - 1)).toMatchObject({ isTooLarge: true });
});

it.each(NAMES)('what it writes as %s another inflater reads', (name) => {
  const halves = [TEXT.subarray(0, 3), TEXT.subarray(3)];
  const packed = deflate(name, halves);
  const back = name === 'gzip' ? gunzipSync(packed) : inflateSync(packed);
  expect(back.equals(TEXT)).toBe(true);
});

it.each([
  ['nothing', 'gzip', Buffer.alloc(0), 'EOF'],
  ['less than a header', 'gzip', Buffer.from('not gzip'), 'unexpected EOF'],
  ['no header', 'gzip', Buffer.from('not gzip at all'), 'gzip: invalid header'],
  ['half a body', 'gzip', PACKED.gzip.subarray(0, 20), 'unexpected EOF'],
  ['no header', 'deflate', Buffer.from('not zlib at all'), 'zlib: invalid header'],
  ['half a body', 'zlib', PACKED.zlib.subarray(0, 20), 'unexpected EOF'],
  ['a wrong checksum', 'gzip', flipped(PACKED.gzip, 6), 'gzip: incorrect data check'],
] as const)('%s as %s ends in a typed error', (_what, name, body, message) => {
  const failure = failureOf(name, body, 1000_000);
  expect(failure).toBeInstanceOf(InflateError);
  expect(failure).toMatchObject({ message, isTooLarge: false });
});

it('a length that the last bytes only claim costs no memory', () => {
  const liar = Buffer.from(PACKED.gzip);
  liar.writeUInt32LE(0xffff_fff0, liar.length - 4);
  const message = 'gzip: incorrect length check';
  expect(failureOf('gzip', liar, 2 ** 30)).toMatchObject({ message });
});

it('knows what it can inflate', () => {
  expect(['gzip', 'deflate', 'zlib'].every(isCompression)).toBe(true);
  expect(['', 'GZIP', 'br', 'identity', 'zstd', 'snappy', 'lz4'].some(isCompression)).toBe(false);
});

function flipped(body: Buffer, fromEnd: number): Buffer {
  const copy = Buffer.from(body);
  copy[copy.length - fromEnd] ^= 1;
  return copy;
}
