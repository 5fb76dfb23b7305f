import { BlockPool } from './block-pool';

const MIB = 1024 * 1024;

const SIZES: [number, number][] = [
  [0, 0], [1, 1], [4096, 4096], [600_000, 600_000], [9 * MIB, 9 * MIB],
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

test('a block is lent for what is half as large, and not for less', () => {
  const pool = new BlockPool();
  const block = pool.take(8192);
  pool.give(block);
  expect(pool.take(4096)).toBe(block);
  pool.give(block);
  const larger = pool.take(10_000);
  pool.give(larger);
  expect(pool.take(4096)).toBe(block);
  expect(pool.take(4096)).not.toBe(larger);
});

test('a block that is too small by little is not lent', () => {
  const pool = new BlockPool();
  const [small, large] = [8200, 8210].map((bytes) => pool.take(bytes));
  pool.give(large);
  pool.give(small);
  expect(pool.take(8205)).toBe(large);
  expect(pool.take(8205)).not.toBe(small);
});

test('some of a block stands for all of it', () => {
  const pool = new BlockPool();
  const block = pool.take(8192);
  pool.give(block.subarray(100, 200));
  expect(pool.take(8192).buffer).toBe(block.buffer);
});

test.each([
  ['given twice', (pool: BlockPool) => {
    const block = pool.take(8192);
    pool.give(block);
    return block;
  }],
  ['not lent', () => Buffer.allocUnsafeSlow(8192)],
])('a block that is %s is lent to nobody else', (_, bring) => {
  const pool = new BlockPool();
  const block = bring(pool);
  pool.give(block);
  const lent = [pool.take(8192).buffer, pool.take(8192).buffer];
  expect(lent.filter((buffer) => buffer === block.buffer).length).toBeLessThan(2);
});

test('no more is kept than was agreed', () => {
  const pool = new BlockPool(8192);
  const blocks = [pool.take(8192), pool.take(8192)];
  for (const block of blocks) pool.give(block);
  expect(pool.take(8192)).toBe(blocks[1]);
  expect(blocks).not.toContain(pool.take(8192));
});

test('very large blocks are not kept', () => {
  const pool = new BlockPool();
  const block = pool.take(9 * MIB);
  pool.give(block);
  expect(pool.take(9 * MIB)).not.toBe(block);
});

test('after it was emptied, nothing is lent again', () => {
  const pool = new BlockPool();
  const blocks = [pool.take(8192), pool.take(5000)];
  for (const block of blocks) pool.give(block);
  pool.empty();
  expect([blocks.includes(pool.take(8192)), blocks.includes(pool.take(5000))]).toEqual(
    [false, false]);
});

test('a block that somebody may still read is not lent again, even if it is given back', () => {
  const pool = new BlockPool();
  const block = pool.take(8192);
  pool.keep(block.subarray(1));
  pool.give(block);
  expect(pool.take(8192)).not.toBe(block);
});

test('sizes that nobody asks for any more give way', () => {
  const pool = new BlockPool(16_384);
  for (const block of [pool.take(8192), pool.take(8192)]) pool.give(block);
  const other = pool.take(16_000);
  pool.give(other);
  expect(pool.take(16_000)).toBe(other);
});
