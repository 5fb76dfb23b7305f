import { Fnv64 } from './fnv64';

/** The hash in hex digits. */
function digits({ low, high }: Fnv64): string {
  return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 167 + 13);
}

/** Lengths and what Go's hash/fnv makes of so many bytes. */
const HASHES: readonly (readonly [number, string])[] = [
  [0, 'cbf29ce484222325'],
  [1, 'af63c04c8601bcf8'],
  [3, 'f101561878d726cd'],
  [4, '5c6c1a955596f1bd'],
  [7, '9ba5aea3c72aa029'],
  [8, 'a528774b6d6f16f5'],
  [9, '12d9652af3c38d10'],
  [12, 'd1435539ea304d4d'],
  [15, '432031d823110d31'],
  [16, '20c2994395fa9f85'],
  [31, '20fb075504282641'],
  [32, '32b37c7610389de5'],
];

test.each(HASHES)('of %d bytes is that of another implementation', (length, hash) => {
  const sum = new Fnv64();
  sum.add(bytesOf(length), 0, length);
  expect(digits(sum)).toBe(hash);
});

test('may be gone on with from any point, and begun again', () => {
  const bytes = bytesOf(16);
  const sum = new Fnv64();
  sum.add(bytes, 0, 4);
  const other = new Fnv64();
  other.copy(sum);
  other.addWord(bytes[4] | bytes[5] << 8 | bytes[6] << 16 | bytes[7] << 24);
  sum.add(bytes, 4, 8);
  expect(digits(other)).toBe(digits(sum));
  sum.clear();
  expect(digits(sum)).toBe('cbf29ce484222325');
});
