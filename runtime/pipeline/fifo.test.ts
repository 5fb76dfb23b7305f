import { Fifo } from './fifo';

test('a line gives back in order what was put in, however both alternate', () => {
  const line = new Fifo<number>();
  const out: (number | undefined)[] = [];
  for (let i = 0; i < 100; i++) {
    line.push(i);
    if (i % 3 !== 0) out.push(line.shift());
  }
  expect(line.first()).toBe(out.length);
  expect(line.length).toBe(100 - out.length);
  out.push(...line.takeAll());
  expect(out).toEqual([...Array(100).keys()]);
  expect([line.length, line.first(), line.shift()]).toEqual([0, undefined, undefined]);
});
