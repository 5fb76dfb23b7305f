import { BackendHealth } from './backend-health';
import { loadBalancingExporter } from '../../config';
import { PermanentError, RetryableError } from '../../errors';
import { Code } from '../../net/status';
import { createPayload } from '../../pipeline/payload';
import { PartialFailure } from '../../pipeline/sender';
import { FakeClock } from '../../testing/fake-clock';

const AWAY = new RetryableError('away', { code: Code.unavailable });
const LATE = new RetryableError('late', { code: Code.deadlineExceeded });

function setUp(failover: object = {}) {
  const { settings, problems } = loadBalancingExporter.read({
    resolver: { static: { hostnames: ['a'] } }, failover: { enabled: true, ...failover },
  });
  expect(problems).toEqual([]);
  const clock = new FakeClock();
  const probes: number[] = [];
  const changes: string[] = [];
  const held = { answer: AWAY as Error | undefined };
  const health: BackendHealth = new BackendHealth({
    settings: settings!.failover,
    clock,
    probe: async () => {
      probes.push(clock.monotonic());
      if (held.answer !== undefined) throw held.answer;
    },
    changed: ({ isHealthy, isGivenUp }) => changes.push(
      `${clock.monotonic()} ${isHealthy ? 'healthy' : isGivenUp ? 'given up' : 'unhealthy'}`),
  });
  const fail = (error: Error = AWAY, tookMs = 0) =>
    health.ended(clock.monotonic() - tookMs, error);
  const answer = () => health.ended(clock.monotonic());
  return { clock, health, held, probes, changes, fail, answer };
}

/** An outcome at a moment, in milliseconds; how long the request took. */
type Outcome = [at: number, error?: Error, tookMs?: number];

const PARTIAL = new PartialFailure('some', createPayload('traces', [], 0), 1);
const ROWS: [string, Outcome[], boolean][] = [
  ['fails three times in a second', [[0, AWAY], [500, AWAY], [1000, AWAY]], false],
  ['fails three times in less', [[0, AWAY], [500, AWAY], [999, AWAY]], true],
  ['fails twice in a minute', [[0, AWAY], [60_000, AWAY]], true],
  ['answers in between', [[0, AWAY], [500, AWAY], [900], [1000, AWAY], [1100, AWAY]], true],
  ['does not answer in time, three times at once',
    [[5000, LATE, 5000], [5000, LATE, 5000], [5000, LATE, 5000]], false],
  ['fails without saying why',
    [[0, new RetryableError('?')], [0, new RetryableError('?')], [1000, new RetryableError('?')]],
    false],
  ['refuses for good', [[0, AWAY], [500, AWAY], [900, new PermanentError('bad')], [1000, AWAY]],
    true],
  ['takes some', [[0, AWAY], [500, AWAY], [900, PARTIAL], [1000, AWAY]], true],
  ['asks for a pause', [[0, AWAY], [500, AWAY],
    [900, new RetryableError('full', { code: Code.resourceExhausted, delayMs: 1 })], [1000, AWAY]],
  true],
];

test.each(ROWS)('a backend that %s is healthy afterwards or not', async (_, outcomes, healthy) => {
  const { clock, health, changes } = setUp();
  for (const [at, error, tookMs = 0] of outcomes) {
    await clock.advance(at - clock.monotonic());
    health.ended(at - tookMs, error);
  }
  expect([health.isHealthy, changes.length]).toEqual([healthy, healthy ? 0 : 1]);
  health.stop();
});

test('thresholds are those of the configuration', async () => {
  const { clock, health, fail } = setUp({ failure_threshold: 1, unhealthy_after: '0s' });
  fail();
  expect(health.isHealthy).toBe(false);
  health.stop();
  expect(clock.waiting).toBe(0);
});

async function unhealthy(failover: object = {}) {
  const made = setUp({ failure_threshold: 1, unhealthy_after: '0s', ...failover });
  made.fail();
  return made;
}

test('it is asked again after pauses that grow to ten seconds', async () => {
  const { clock, health, probes } = await unhealthy();
  await clock.advance(46_000);
  expect(probes).toEqual([1000, 3000, 7000, 15_000, 25_000, 35_000, 45_000]);
  health.stop();
});

test('it is healthy when it has answered everything for five seconds', async () => {
  const { clock, health, held, probes, changes } = await unhealthy();
  await clock.advance(6_000);
  held.answer = undefined;
  await clock.advance(6_000);
  expect(probes).toEqual([1000, 3000, 7000, 8000, 9000, 10_000, 11_000, 12_000]);
  expect(changes).toEqual(['0 unhealthy', '12000 healthy']);
  expect(clock.waiting).toBe(0);
  health.stop();
});

test('one failure among the answers begins the wait anew', async () => {
  const { clock, health, held, changes, fail } = await unhealthy();
  held.answer = undefined;
  await clock.advance(5_500);
  fail();
  await clock.advance(5_400);
  expect(changes).toEqual(['0 unhealthy']);
  await clock.advance(600);
  expect(changes).toEqual(['0 unhealthy', '11000 healthy']);
  health.stop();
});

test('many answers at once are no longer time', async () => {
  const { health, answer } = await unhealthy();
  for (let times = 0; times < 1000; times += 1) answer();
  expect(health.isHealthy).toBe(false);
  health.stop();
});

test('a backend that fails again soon has to answer for twice as long each time', async () => {
  const { clock, health, held, fail } = await unhealthy();
  held.answer = undefined;
  const waits: number[] = [];
  const recover = async (): Promise<void> => {
    const since = health.since;
    while (!health.isHealthy) await clock.advance(1000);
    waits.push(health.since - since);
  };
  for (let relapse = 0; relapse < 8; relapse += 1) {
    await recover();
    await clock.advance(30_000);
    fail();
  }
  await recover();
  // The first answer comes after a second.
  expect(waits.map((ms) => ms / 1000 - 1)).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
  await clock.advance(300_000);
  fail();
  await recover();
  expect(waits[waits.length - 1]).toBe(6000);
  health.stop();
});

test('what it may have taken is what was sent before its last answer or late request', async () => {
  const { clock, health, fail, answer } = setUp();
  expect(health.lastTakenAt).toBe(-Infinity);
  await clock.advance(1000);
  answer();
  await clock.advance(1000);
  fail();
  expect(health.lastTakenAt).toBe(1000);
  fail(LATE, 500);
  expect(health.lastTakenAt).toBe(1500);
  health.stop();
});

test.each([['30s', 30_000], ['0s', 0]])('after stickiness %s it is given up', async (
  stickiness, after,
) => {
  const { clock, health, changes } = await unhealthy({ stickiness });
  await clock.advance(after);
  expect(changes[changes.length - 1]).toBe(`${after} given up`);
  await clock.advance(100_000);
  expect(changes).toHaveLength(after === 0 ? 1 : 2);
  health.stop();
  expect(clock.waiting).toBe(0);
});

test('a backend that is gone is not asked, and changes no more', async () => {
  const { clock, health, probes, changes, fail } = await unhealthy();
  health.stop();
  await clock.advance(60_000);
  fail();
  expect([probes, changes.length, clock.waiting]).toEqual([[], 1, 0]);
});
