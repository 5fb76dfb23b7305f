import { ConnectionWatch, type Keepalive, type KeptConnection } from './keepalive';
import { FakeClock } from '../testing/fake-clock';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const USUAL: Keepalive = {
  maxConnectionIdle: 0,
  maxConnectionAge: 0,
  maxConnectionAgeGrace: 0,
  time: 2 * HOUR,
  timeout: 20 * SECOND,
  enforcementPolicy: { minTime: 0, permitWithoutStream: false },
};

function setUp(given: Partial<Keepalive>, openCalls = 1) {
  const clock = new FakeClock();
  const told: string[] = [];
  const connection = {
    openCalls,
    lastReadAt: 0,
    ask: () => { told.push(`ask ${clock.monotonic() / SECOND}`); },
    cut: () => { told.push(`cut ${clock.monotonic() / SECOND}`); },
    retire: (graceMs: number) => { told.push(`retire within ${graceMs / SECOND}`); },
  } satisfies KeptConnection;
  return {
    clock, told, connection, watch: new ConnectionWatch({ ...USUAL, ...given }, connection, clock),
  };
}

test('a connection that says nothing is asked, and cut when it does not answer', async () => {
  const { clock, told } = setUp({ time: 10 * SECOND, timeout: 5 * SECOND });
  await clock.advance(15 * SECOND);
  expect(told).toEqual(['ask 10', 'cut 15']);
});

test('a connection that says something is asked so much later', async () => {
  const { clock, connection, told } = setUp({ time: 10 * SECOND, timeout: 5 * SECOND });
  await clock.advance(6 * SECOND);
  connection.lastReadAt = clock.monotonic();
  await clock.advance(9 * SECOND);
  expect(told).toEqual([]);
  await clock.advance(2 * SECOND);
  connection.lastReadAt = clock.monotonic();
  await clock.advance(13 * SECOND);
  expect(told).toEqual(['ask 16']);
});

test('a connection without requests is retired after a while, another is not', async () => {
  const { clock, told, watch } = setUp({ maxConnectionIdle: MINUTE });
  watch.busy();
  await clock.advance(2 * MINUTE);
  expect(told).toEqual([]);
  watch.idle();
  await clock.advance(MINUTE);
  expect(told).toEqual(['retire within 0']);
});

test('a connection is retired at about its age, and its requests get the grace', async () => {
  const { clock, told } = setUp({ maxConnectionAge: MINUTE, maxConnectionAgeGrace: SECOND });
  await clock.advance(53 * SECOND);
  expect(told).toEqual([]);
  await clock.advance(14 * SECOND);
  expect(told).toEqual(['retire within 1']);
});

test('nothing happens to a connection that is stopped', async () => {
  const { clock, told, watch } = setUp({ maxConnectionAge: SECOND, time: SECOND });
  watch.stop();
  watch.idle();
  await clock.advance(HOUR);
  expect([told, clock.waiting]).toEqual([[], 0]);
});

test('a client that asks too often is told apart, until something was answered', () => {
  const { watch } = setUp({});
  // The first is right, two more are forgiven.
  expect([1, 2, 3, 4].map(() => watch.isTooOften())).toEqual([false, false, false, true]);
  watch.answered();
  expect(watch.isTooOften()).toBe(false);
});
