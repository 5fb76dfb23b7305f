import { DecisionWheel } from './decision-wheel';
import { TraceTable } from './trace-table';
import { NONE } from '../../otlp/id-table';
import { randomNumbers } from '../../testing/random-numbers';

function wheelOf(waitMs: number, waitAfterRootMs = 0): { table: TraceTable; wheel: DecisionWheel } {
  const table = new TraceTable(0, 10_000);
  return { table, wheel: new DecisionWheel(table, waitMs, waitAfterRootMs) };
}

/** Ids of the traces of the batch taken last. */
function batch(table: TraceTable, wheel: DecisionWheel): number[] {
  const ids: number[] = [];
  for (let trace = wheel.take(); trace !== NONE; trace = wheel.take()) ids.push(table.words[trace]);
  return ids;
}

test.each([
  [30_000, 30],
  [2_999, 2],
  [500, 1],
  [0, 1],
  [-1000, 1],
])('with a wait of %d ms a trace is decided after %d ticks and the one that is under way',
  (waitMs, closed) => {
    const { table, wheel } = wheelOf(waitMs);
    expect(wheel.closedBatches).toBe(closed);
    wheel.turn();
    wheel.add(table.insert(1, 0, 0, 0, 0));
    for (let tick = 0; tick < closed; tick += 1) {
      wheel.turn();
      expect(batch(table, wheel)).toEqual([]);
    }
    wheel.turn();
    expect(batch(table, wheel)).toEqual([1]);
  });

test.each([
  ['sooner', 5000, 1000, 0, 2],
  ['at the next tick', 5000, 999, 0, 1],
  ['never later', 2000, 9000, 0, 3],
  ['not when its time is almost come', 2000, 2000, 2, 1],
])('a root decides a trace %s', (_name, waitMs, rootMs, ticksBefore, ticks) => {
  const { table, wheel } = wheelOf(waitMs, rootMs);
  const trace = table.insert(1, 0, 0, 0, 0);
  wheel.add(trace);
  for (let tick = 0; tick < ticksBefore; tick += 1) wheel.turn();
  wheel.rootSeen(trace);
  for (let tick = 1; tick < ticks; tick += 1) {
    wheel.turn();
    expect(batch(table, wheel)).toEqual([]);
  }
  wheel.turn();
  expect(batch(table, wheel)).toEqual([1]);
});

test('a trace that is lost is counted when its batch is taken', () => {
  const { table, wheel } = wheelOf(1000);
  const [a, b] = [1, 2].map((id) => table.insert(id, 0, 0, 0, 0));
  wheel.add(a);
  wheel.add(b);
  wheel.lose(a);
  const seen = [0, 1].map(() => {
    wheel.turn();
    return [batch(table, wheel), wheel.takeMissing()];
  });
  expect(seen).toEqual([[[], 0], [[2], 1]]);
  expect(wheel.takeMissing()).toBe(0);
});

test('a wheel does as a list of sets does', () => {
  const random = randomNumbers(11);
  const { table, wheel } = wheelOf(4000, 1000);
  const model: Set<number>[] = Array.from({ length: 5 }, () => new Set());
  const records = new Map<number, number>();
  for (let id = 1; id < 3000; id += 1) {
    const trace = table.insert(id, 0, 0, 0, 0);
    records.set(id, trace);
    wheel.add(trace);
    model[4].add(id);
    const other = 1 + Math.floor(random() * id);
    const place = model.findIndex((set) => set.has(other));
    if (place > 1) {
      wheel.rootSeen(records.get(other) as number);
      model[place].delete(other);
      model[1].add(other);
    }
    if (random() > 0.1) continue;
    wheel.turn();
    expect(batch(table, wheel)).toEqual([...model.shift() as Set<number>]);
    model.push(new Set());
  }
});
