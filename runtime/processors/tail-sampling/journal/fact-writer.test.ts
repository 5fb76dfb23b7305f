/** Facts wait for a disk that fails, and not for ever. */
import { decodeFacts } from './fact-record';
import { FactWriter } from './fact-writer';
import type { Payload } from '../../../pipeline/payload';

const VERDICTS = 200_000;
const ID_BYTES = 16;
const MOST_BYTES = 32 * 1024 * 1024;

let works: boolean;
let forgotten: number;
let written: Payload[];
let writer: FactWriter;

beforeEach(() => {
  works = false;
  forgotten = 0;
  written = [];
  writer = new FactWriter({
    append: (record) => {
      if (works) written.push(record);
      return Promise.resolve(works);
    },
    canWrite: () => true,
    time: () => 0,
    forgot: (verdicts) => { forgotten += verdicts; },
  });
});

/** Traces are dropped, all in one turn. */
async function drop(round: number): Promise<void> {
  for (let i = 0; i < VERDICTS; i += 1) writer.drop(round, 0, 0, i);
  await writer.idle();
}

test('the oldest verdicts go first when too many wait', async () => {
  for (let round = 1; round <= 12; round += 1) await drop(round);
  expect(forgotten).toBe(2 * VERDICTS);
  expect(writer.waitingVerdicts).toBe(10 * VERDICTS);
  expect(writer.waitingVerdicts * ID_BYTES).toBeLessThan(MOST_BYTES);
  works = true;
  await drop(13);
  expect(written.map((record) => decodeFacts(record).dropped[0]))
    .toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  expect(writer.waitingVerdicts).toBe(0);
});

test('what is said while a record is on its way stands in the next one', async () => {
  works = true;
  writer.drop(1, 0, 0, 0);
  const first = writer.leave();
  await Promise.resolve();
  writer.drop(2, 0, 0, 0);
  writer.end(1);
  await first;
  await writer.idle();
  expect(written.map((record) => decodeFacts(record)).map(({ dropped, done }) => [
    dropped[0], ...done,
  ])).toEqual([[1], [2, 1]]);
});
