import { high, low, xxhash64, xxhash64Longer } from './xxhash64';

/** The hash of `bytes` in hex digits. */
function hashOf(bytes: Uint8Array, start = 0, end = bytes.length): string {
  xxhash64(bytes, start, end);
  return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 167 + 13);
}

/** Lengths and what Go's cespare/xxhash makes of so many bytes. */
const HASHES: readonly (readonly [number, string])[] = [
  [0, 'ef46db3751d8e999'],
  [1, '2078e1ad38ad738b'],
  [3, '634d95fc01a189cd'],
  [4, 'eed340908a1ac6c6'],
  [7, '0da493621d6dc898'],
  [8, '76f916c7bb523126'],
  [9, '175d7bee83bd73b9'],
  [12, 'fb52f89a1dc449d2'],
  [15, '4e1c333b057fb6a4'],
  [16, '7bbeff67699312f6'],
  [31, '65c5feb01da7464d'],
  [32, '7665c921c9bf2ec7'],
  [33, 'b5a9d9ef259ae821'],
  [39, 'e2148dbbc5ab4089'],
  [63, 'b0289cd9324034f0'],
  [64, 'fff2525c99bf2005'],
  [65, '01fbd6d6ac20fbaf'],
  [100, '74e502db362efd4c'],
  [127, '48b995c66a54ba1c'],
  [128, '048add5a12b8c247'],
  [1000, '626443c8029d0542'],
  [4099, '14d82cbc0385cc86'],
];

test.each(HASHES)('of %d bytes is that of another implementation', (length, hash) => {
  expect(hashOf(bytesOf(length))).toBe(hash);
});

test('of bytes in the middle of others is that of them alone', () => {
  const bytes = bytesOf(200);
  expect(hashOf(bytes, 7, 107)).toBe(hashOf(bytes.slice(7, 107)));
});

test.each([0, 1, 20, 31, 32, 63, 64, 95])('of %d bytes and some more is that of all', (length) => {
  const bytes = bytesOf(200);
  for (const more of [0, 1, 2, 40]) {
    xxhash64(bytes, 3, 3 + length);
    xxhash64Longer(bytes, 3, 3 + length + more);
    const longer = [low, high];
    xxhash64(bytes, 3, 3 + length + more);
    expect(longer).toEqual([low, high]);
  }
});
