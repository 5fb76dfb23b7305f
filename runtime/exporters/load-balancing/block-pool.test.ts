import { BlockPool } from './block-pool';

const MIB = 1024 * 1024;

const SIZES: [number, number][] = [
  [0, 4096], [1, 4096], [4096, 4096], [4097, 8192], [600_000, MIB], [9 * MIB, 9 * MIB],
];

test.each(SIZES)('who asks for %i bytes gets a block of %i', (bytes, length) => {
  expect(new BlockPool().take(bytes)).toHaveLength(length);
});

test('a block that was given back is lent again, and only once', () => {
  const pool = new BlockPool();
  const block = pool.take(5000);
  expect(pool.take(5000)).not.toBe(block);
  pool.give(block);
  expect(pool.take(4097)).toBe(block);
  expect(pool.take(4097)).not.toBe(block);
});

test('no more is kept than was agreed', () => {
  const pool = new BlockPool(8192);
  const blocks = [pool.take(8192), pool.take(8192)];
  for (const block of blocks) pool.give(block);
  expect(pool.take(8192)).toBe(blocks[0]);
  expect(blocks).not.toContain(pool.take(8192));
});

test('very large blocks are not kept', () => {
  const pool = new BlockPool();
  const block = pool.take(9 * MIB);
  pool.give(block);
  expect(pool.take(9 * MIB)).not.toBe(block);
});
