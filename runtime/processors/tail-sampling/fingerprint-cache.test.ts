import { FingerprintCache } from './fingerprint-cache';
import { randomNumbers } from '../../testing/random-numbers';

type Id = [number, number, number, number];

function randomIds(count: number, seed: number): Id[] {
  const random = randomNumbers(seed);
  const word = (): number => Math.floor(random() * 2 ** 32) | 0;
  return Array.from({ length: count }, () => [word(), word(), word(), word()]);
}

test.each([[0], [-5]])('a cache of %d remembers nothing', (limit) => {
  const cache = new FingerprintCache(limit);
  cache.add(1, 2, 3, 4);
  expect([cache.has(1, 2, 3, 4), cache.enabled]).toEqual([false, false]);
});

test('more than 99 of 100 of the last ids are remembered, however many came before', () => {
  const cache = new FingerprintCache(5000);
  const ids = randomIds(60_000, 3);
  for (const id of ids) cache.add(...id);
  expect(ids.slice(-5000).filter((id) => cache.has(...id)).length).toBeGreaterThan(4950);
  expect(ids.slice(0, 5000).filter((id) => cache.has(...id)).length).toBe(0);
});

test('ids that differ in one bit are told apart', () => {
  const cache = new FingerprintCache(100);
  for (const [a, b, c, d] of randomIds(100, 5)) {
    cache.add(a, b, c, d);
    for (let bit = 0; bit < 32; bit += 1) {
      const other = 1 << bit;
      expect([
        cache.has(a ^ other, b, c, d), cache.has(a, b ^ other, c, d),
        cache.has(a, b, c ^ other, d), cache.has(a, b, c, d ^ other),
      ]).toEqual([false, false, false, false]);
    }
  }
});

test('no unknown id passes for one that is remembered', () => {
  const cache = new FingerprintCache(20_000);
  for (const id of randomIds(40_000, 7)) cache.add(...id);
  expect(randomIds(200_000, 9).filter((id) => cache.has(...id))).toEqual([]);
});

test('what is asked for again and again is not forgotten', () => {
  const cache = new FingerprintCache(100);
  const [known, ...others] = randomIds(10_000, 11);
  cache.add(...known);
  for (const id of others) {
    cache.add(...id);
    expect(cache.has(...known)).toBe(true);
  }
});
