import { TraceTable } from './trace-table';
import { NONE } from '../../otlp/id-table';

test('traces are in the order of arrival, whichever of them are gone', () => {
  const table = new TraceTable(1, 10);
  const [a, b, c, d] = [1, 2, 3, 4].map((id) => table.insert(id, 0, 0, 0, 0));
  const order = (): number[] => {
    const found: number[] = [];
    for (let trace = table.oldest; trace !== NONE; trace = table.newerThan(trace)) {
      found.push(table.words[trace]);
    }
    return found;
  };
  expect(order()).toEqual([1, 2, 3, 4]);
  table.remove(b);
  expect(order()).toEqual([1, 3, 4]);
  table.remove(a);
  table.remove(d);
  table.insert(5, 0, 0, 0, 0);
  expect(order()).toEqual([3, 5]);
  table.remove(c);
  expect([order(), table.size]).toEqual([[5], 1]);
});
