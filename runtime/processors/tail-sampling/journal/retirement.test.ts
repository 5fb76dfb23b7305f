/** Which files of a journal are over. */
import { Retirement } from './retirement';
import { Segment } from '../../../storage/segment';

const WAIT = 10;

/** A file with these arrivals, to which nothing is written any more. */
function file(retirement: Retirement, number: number, ...arrivals: readonly number[]): Segment {
  const segment = new Segment('/journal', { number, generation: 0, salt: 0 });
  segment.isSealed = true;
  for (const arrival of arrivals) retirement.arrivalIn(segment, arrival);
  return segment;
}

test('spans that wait for a pod that is silent keep their file only', () => {
  const wheel = { openBatch: WAIT, nextBatch: 0 };
  const retirement = new Retirement(wheel);
  const before = file(retirement, 1, 1, 2);
  const silent = file(retirement, 2, 3, 4, 5);
  const after = file(retirement, 3, 6, 7);
  retirement.leftBehind(4);
  retirement.leftBehind(5);
  wheel.nextBatch = WAIT + 1;
  expect(retirement.spentArrivals(0, Infinity)).toEqual([before, after]);
  retirement.broughtIn(4);
  expect(retirement.spentArrivals(0, Infinity)).toEqual([before, after]);
  retirement.broughtIn(5);
  expect(retirement.spentArrivals(0, Infinity)).toEqual([before, silent, after]);
});
