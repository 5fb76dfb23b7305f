import { gunzipSync, gzipSync, inflateSync } from 'zlib';
import {
  compressionLoading, deflate, inflate, isCompression, type Compression,
} from './compression';
import { InflateError } from './inflate-error';
import { mutant, randomFrom } from '../testing/mutant';
import { oracleLines } from '../testing/oracle-lines';

interface Vector {
  readonly compression: Compression;
  readonly by: string;
  readonly base64: string;
}

const NAMES: readonly Compression[] = [
  'gzip', 'deflate', 'zlib', 'zstd', 'snappy', 'x-snappy-framed', 'lz4',
];
const LINES = Array.from({ length: 30 }, (_, i) =>
  `span ${i * 7919 % 1009} of service ${i % 7}\n`).join('');
/** What upstream's libraries and the formats' own tools compressed. */
const TEXT = Buffer.from(`${LINES}${'x'.repeat(66_000)}${LINES}`);
const VECTORS = oracleLines<Vector>('compressed');
const MIB = 1024 * 1024;
const MUTANTS = 1000;

/** Numbers that nothing makes shorter. */
function noise(length: number): Buffer {
  const random = randomFrom(length);
  return Buffer.from(Array.from({ length }, () => random(256)));
}

const BODIES: readonly (readonly [string, Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['a byte', Buffer.from('a')],
  ['a short text', Buffer.from('to be or not to be')],
  ['text', TEXT],
  ['noise', noise(70_000)],
  ['noise, text and noise', Buffer.concat([noise(100), TEXT, noise(65_000), TEXT])],
  ['a long repetition', Buffer.alloc(300_000, 7)],
  ['a short period', Buffer.from('abc'.repeat(50_000))],
];

function failureOf(name: Compression, body: Uint8Array, maxBytes: number): unknown {
  try {
    return inflate(name, body, maxBytes);
  } catch (error) {
    return error;
  }
}

beforeAll(() => compressionLoading(NAMES));

describe.each(NAMES)('%s', (name) => {
  it.each(BODIES)('gives %s back, in one chunk and in three', (_what, body) => {
    const limit = Math.max(1, body.length);
    const parts = [body.subarray(0, 3), body.subarray(3, 9), body.subarray(9)];
    expect(body.equals(inflate(name, deflate(name, [body]), limit))).toBe(true);
    expect(body.equals(inflate(name, deflate(name, parts), limit))).toBe(true);
  });

  it('makes text small', () => {
    expect(deflate(name, [TEXT]).length).toBeLessThan(TEXT.length / 15);
  });

  it('inflates up to the limit and not one byte more', () => {
    const packed = deflate(name, [TEXT]);
    expect(TEXT.equals(inflate(name, packed, TEXT.length))).toBe(true);
    expect(failureOf(name, packed, TEXT.length - 1)).toMatchObject({ isTooLarge: true });
    expect(failureOf(name, packed, 1)).toMatchObject({ isTooLarge: true });
  });

  it('refuses a bomb without holding what it would be', () => {
    const bomb = deflate(name, [Buffer.alloc(24 * MIB)]);
    const before = process.memoryUsage();
    for (let i = 0; i < 20; i++) {
      expect(failureOf(name, bomb, MIB)).toMatchObject({ isTooLarge: true });
    }
    const { arrayBuffers, rss } = process.memoryUsage();
    expect(arrayBuffers - before.arrayBuffers).toBeLessThan(48 * MIB);
    expect(rss - before.rss).toBeLessThan(96 * MIB);
  });

  it('refuses what is cut off, wherever that is', () => {
    const packed = deflate(name, [Buffer.from(LINES), noise(200)]);
    for (let length = 1; length < packed.length; length++) {
      // Chunks of Snappy may end after each of them.
      const isWhole = name === 'x-snappy-framed' && length === 10;
      expect(failureOf(name, packed.subarray(0, length), MIB) instanceof InflateError)
        .toBe(!isWhole);
    }
  });

  it('gives bytes or refuses, whatever is changed', () => {
    const random = randomFrom(29);
    const bodies = [deflate(name, [Buffer.from(LINES), noise(50)]), ...VECTORS
      .filter(({ compression }) => compression === name)
      .map(({ base64 }) => Buffer.from(base64, 'base64'))];
    const began = performance.now();
    let refused = 0;
    for (let i = 0; i < MUTANTS; i++) {
      const result = failureOf(name, mutant(bodies[i % bodies.length], random), 100_000);
      if (result instanceof InflateError) refused++;
      else expect((result as Uint8Array).length).toBeLessThanOrEqual(100_000);
    }
    expect(refused).toBeGreaterThan(MUTANTS / 20);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('gives bytes or refuses noise', () => {
    for (let length = 0; length < 400; length++) {
      const result = failureOf(name, noise(length), 100_000);
      expect(result instanceof InflateError || result instanceof Uint8Array).toBe(true);
    }
  });
});

it.each(VECTORS)('reads $compression of $by', ({ compression, base64 }) => {
  const packed = Buffer.from(base64, 'base64');
  expect(TEXT.equals(inflate(compression, packed, TEXT.length))).toBe(true);
  expect(failureOf(compression, packed, TEXT.length - 1)).toMatchObject({ isTooLarge: true });
});

it('reads chunks of Snappy that are called snappy, as old collectors send them', () => {
  expect(TEXT.equals(inflate('snappy', deflate('x-snappy-framed', [TEXT]), MIB))).toBe(true);
});

it.each(['gzip', 'deflate', 'zlib'] as const)('another inflater reads %s', (name) => {
  for (const level of [-2, -1, 0, 1, 9]) {
    const packed = deflate(name, [TEXT], level);
    const back = name === 'gzip' ? gunzipSync(packed) : inflateSync(packed);
    expect(back.equals(TEXT)).toBe(true);
  }
});

it('spends more on a higher level', () => {
  const body = [Buffer.from(LINES)];
  expect(deflate('gzip', body, 9).length).toBeLessThan(deflate('gzip', body).length);
  expect(deflate('gzip', body, -2).length).toBeGreaterThan(deflate('gzip', body).length);
  expect(deflate('zstd', body, 99).length).toBeLessThan(deflate('zstd', body, -5).length);
});

const GZIP = gzipSync(TEXT);
const ZLIB = deflate('zlib', [TEXT]);

it.each([
  ['nothing', 'gzip', Buffer.alloc(0), 'EOF'],
  ['less than a header', 'gzip', Buffer.from('not gzip'), 'unexpected EOF'],
  ['no header', 'gzip', Buffer.from('not gzip at all'), 'gzip: invalid header'],
  ['half a body', 'gzip', GZIP.subarray(0, 20), 'unexpected EOF'],
  ['no header', 'deflate', Buffer.from('not zlib at all'), 'zlib: invalid header'],
  ['half a body', 'zlib', ZLIB.subarray(0, 20), 'unexpected EOF'],
  ['a wrong checksum', 'gzip', flipped(GZIP, 6), 'gzip: incorrect data check'],
] as const)('%s as %s ends in a typed error', (_what, name, body, message) => {
  const failure = failureOf(name, body, 1000_000);
  expect(failure).toBeInstanceOf(InflateError);
  expect(failure).toMatchObject({ message, isTooLarge: false });
});

it('a length that the last bytes only claim costs no memory', () => {
  const liar = Buffer.from(GZIP);
  liar.writeUInt32LE(0xffff_fff0, liar.length - 4);
  const message = 'gzip: incorrect length check';
  expect(failureOf('gzip', liar, 2 ** 30)).toMatchObject({ message });
});

it('knows what it can inflate', () => {
  expect(NAMES.every(isCompression)).toBe(true);
  expect(['', 'GZIP', 'br', 'identity', 'none', 'toString'].some(isCompression)).toBe(false);
});

function flipped(body: Buffer, fromEnd: number): Buffer {
  const copy = Buffer.from(body);
  copy[copy.length - fromEnd] ^= 1;
  return copy;
}
