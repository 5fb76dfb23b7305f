import { IdTable, NONE } from './id-table';
import { randomNumbers } from '../testing/random-numbers';

type Id = readonly [number, number, number, number];

const STRIDE = 6;

test('a record is found by its id alone, and gone when it is removed', () => {
  const table = new IdTable(STRIDE, 10);
  const record = table.insert(1, 2, 3, 4);
  expect(table.find(1, 2, 3, 4)).toBe(record);
  const others: Id[] = [[0, 2, 3, 4], [1, 0, 3, 4], [1, 2, 0, 4], [1, 2, 3, 0]];
  for (const id of others) {
    expect(table.find(...id)).toBe(NONE);
  }
  table.remove(record);
  expect([table.find(1, 2, 3, 4), table.size]).toEqual([NONE, 0]);
});

test('the words of a record are 0 although another one used them before', () => {
  const table = new IdTable(STRIDE, 1);
  const first = table.insert(1, 1, 1, 1);
  table.words.fill(7, first);
  // Filling the record overwrote its id as well, so it is put back before it is removed.
  table.words.fill(1, first, first + 4);
  table.remove(first);
  const second = table.insert(2, 2, 2, 2);
  expect([...table.words.subarray(second, second + STRIDE)]).toEqual([2, 2, 2, 2, 0, 0]);
});

test.each([
  ['ids by chance', 1, 16, () => 0],
  ['ids that differ in few bits', 2, 1, (random: () => number) => random() & 3],
  ['a table that grows', 3, 1, () => 0],
])('a table does as a Map does: %s', (_name, seed, firstRecords, word) => {
  const random = randomNumbers(seed);
  const next = (): number => Math.floor(random() * 2 ** 32) | 0;
  const table = new IdTable(STRIDE, 4000, { seed: next(), firstRecords });
  const model = new Map<string, number>();
  const known: Id[] = [];
  for (let step = 0; step < 20_000; step += 1) {
    const isNew = known.length === 0 || random() < 0.3;
    const id: Id = isNew
      ? [word(next), next() & 0xfff, word(next), 5]
      : known[Math.floor(random() * known.length)];
    if (isNew) known.push(id);
    const record = table.find(...id);
    const value = model.get(id.join());
    expect(record === NONE ? undefined : table.words[record + 4]).toBe(value);
    if (value === undefined && model.size < 4000) {
      const inserted = table.insert(...id);
      table.words[inserted + 4] = step;
      model.set(id.join(), step);
    } else if (value !== undefined && random() < 0.6) {
      table.remove(record);
      model.delete(id.join());
    }
  }
  expect(table.size).toBe(model.size);
});
