import { SlabPool } from './slab-pool';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Takes slabs of these sizes and lets all of them go. */
function useOnce(pool: SlabPool, sizes: readonly number[]): void {
  for (const slab of sizes.map((size) => pool.take(size))) pool.release(slab);
}

test('what is large has a slab of hardly more than its size', () => {
  const pool = new SlabPool();
  expect(pool.isLarge(100_001)).toBe(true);
  pool.take(100_001);
  expect(pool.reservedBytes).toBeLessThan(100_001 + KIB);
});

test('of the idle slabs that fit, the smallest one is used again', () => {
  const pool = new SlabPool();
  const slabs = [103, 100, 102].map((kib) => pool.take(kib * KIB));
  for (const slab of slabs) pool.release(slab);
  expect([pool.take(99 * KIB), pool.take(101 * KIB)]).toEqual([slabs[1], slabs[2]]);
});

test('an idle slab is not used for what would leave much of it empty', () => {
  const pool = new SlabPool();
  useOnce(pool, [200 * KIB]);
  pool.take(100 * KIB);
  expect(pool.reservedBytes).toBe(300 * KIB);
});

test('what was idle from one tick to the next is given back, but for a little', () => {
  const pool = new SlabPool();
  useOnce(pool, Array.from({ length: 20 }, () => 256 * KIB));
  pool.tidy();
  expect(pool.reservedBytes).toBe(5 * MIB);
  pool.tidy();
  expect(pool.reservedBytes).toBe(MIB);
});

test('what is used between two ticks stays', () => {
  const pool = new SlabPool();
  const sizes = Array.from({ length: 20 }, () => 256 * KIB);
  for (let tick = 0; tick < 5; tick += 1) {
    useOnce(pool, sizes);
    pool.tidy();
  }
  expect(pool.reservedBytes).toBe(5 * MIB);
});

test('memory that goes back has left the slab at once, however old that is', () => {
  const pool = new SlabPool();
  const slabs = [2 * MIB, MIB].map((size) => pool.take(size));
  const views = slabs.map((slab) => pool.bytes[slab]);
  for (const slab of slabs) pool.release(slab);
  pool.tidy();
  pool.tidy();
  expect(views.map(({ buffer }) => buffer.byteLength)).toEqual([0, MIB]);
});

test('as much may be idle as a tick has freed', () => {
  const pool = new SlabPool();
  const slabs = Array.from({ length: 30 }, () => pool.take(MIB));
  pool.tidy();
  for (const slab of slabs) pool.release(slab);
  expect(pool.reservedBytes).toBe(30 * MIB);
});

test('no more stays idle than the bound leaves', () => {
  const pool = new SlabPool();
  pool.mostBytes = 2 * MIB;
  pool.take(MIB);
  useOnce(pool, [MIB, MIB, MIB]);
  expect(pool.reservedBytes).toBe(2 * MIB);
});
