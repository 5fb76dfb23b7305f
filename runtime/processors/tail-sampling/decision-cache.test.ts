import { DecisionCache } from './decision-cache';
import { randomNumbers } from '../../testing/random-numbers';

test.each([[0], [-5]])('a cache of %d remembers nothing', (limit) => {
  const cache = new DecisionCache(limit);
  cache.add(1, 2, 3, 4);
  expect([cache.has(1, 2, 3, 4), cache.enabled]).toEqual([false, false]);
});

test('traces that share the lower half of their id are told apart', () => {
  const cache = new DecisionCache(10);
  cache.add(1, 1, 7, 7);
  expect(cache.has(2, 2, 7, 7)).toBe(false);
});

test('a cache does as a Map does that forgets what was asked for longest ago', () => {
  const random = randomNumbers(7);
  const cache = new DecisionCache(50);
  const model = new Map<number, true>();
  for (let step = 0; step < 20_000; step += 1) {
    const id = Math.floor(random() * 120);
    const remembered = model.delete(id);
    if (remembered) model.set(id, true);
    expect(cache.has(id, 0, 0, id)).toBe(remembered);
    if (remembered || random() < 0.5) continue;
    cache.add(id, 0, 0, id);
    model.set(id, true);
    if (model.size > 50) model.delete([...model.keys()][0]);
  }
  expect(model.size).toBe(50);
});
