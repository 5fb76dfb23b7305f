import { TickItems } from './tick-items';
import { ALWAYS, hexOf, NEVER } from '../../otlp/sampling-threshold';
import { randomNumbers } from '../../testing/random-numbers';

interface Item {
  readonly random: bigint;
  readonly cost: number;
}

/** Upstream's way: sorts, spends from the top, and rejects all that are equal to the first lost. */
function sorted(items: readonly Item[], budget: number): [string, number] {
  const order = [...items].sort((a, b) => a.random > b.random ? -1 : 1);
  let spent = 0;
  let kept = 0;
  while (kept < order.length && spent + order[kept].cost <= budget) spent += order[kept++].cost;
  if (kept === order.length) return [hexOf(ALWAYS), spent];
  const lost = order[kept].random;
  while (kept > 0 && order[kept - 1].random === lost) spent -= order[--kept].cost;
  return kept === 0 ? [hexOf(NEVER), 0] : [(lost + 1n).toString(16).padStart(14, '0'), spent];
}

function ours(list: TickItems, items: readonly Item[], budget: number): [string, number] {
  for (const { random, cost } of items) {
    list.add(Number(random >> 32n), Number(random & 0xffff_ffffn), cost);
  }
  const { threshold, spent } = list.cut(budget);
  return [hexOf(threshold), spent];
}

test('spends as whoever sorts all traces does, whatever is equal', () => {
  const list = new TickItems();
  const random = randomNumbers(7);
  const below = (limit: number): number => Math.floor(random() * limit);
  for (let run = 0; run < 300; run += 1) {
    // Few different numbers, all in all bits, so that many are equal.
    const shift = BigInt(below(52));
    const items = Array.from({ length: below(600) }, (): Item => ({
      random: BigInt(below(run % 2 === 0 ? 16 : 2 ** 30)) << shift & (1n << 56n) - 1n,
      cost: 1 + below(9),
    }));
    const budget = below(2000);
    expect([run, ours(list, items, budget)]).toEqual([run, sorted(items, budget)]);
  }
});

test('a number of which all lower bits are set has its successor in the upper half', () => {
  const items = [{ random: 0x1_ffff_ffffn, cost: 1 }, { random: 0x2_0000_0000n, cost: 1 }];
  expect(ours(new TickItems(), items, 1)).toEqual(['00000200000000', 1]);
});
