import { createHash } from 'crypto';
import type { MemoryBound } from './memory-bound';
import { StressRelief } from './stress-relief';
import { createStressWatch } from './stress-watch';
import { TailSamplingMetrics } from './tail-sampling-metrics';
import { RetryableError } from '../../errors';
import { processorContext } from '../../testing/component-context';
import { tailSettings } from '../../testing/oracle-traces';
import { RecordingLogger } from '../../testing/recording-logger';
import { running } from '../../testing/tail-sampler';

const OURS = 'otelgw_tail_sampling_';
const UPSTREAM = 'otelcol_processor_tail_sampling_';
const SETTINGS = {
  activationLevel: 90,
  deactivationLevel: 70,
  maximumLag: 2000,
  minimumDuration: 10_000,
  samplingPercentage: 10,
};
const ALL = { name: 'all', type: 'always_sample' };
const NONE_KEPT = { name: 'none', type: 'probabilistic', probabilistic: {} };

test.each([
  ['held bytes', { heldShare: 0.9, memoryShare: 0, lagMs: 0 }, true],
  ['memory of the process', { heldShare: 0, memoryShare: 0.91, lagMs: 0 }, true],
  ['late decisions', { heldShare: 0, memoryShare: 0, lagMs: 1800 }, true],
  ['none of them', { heldShare: 0.89, memoryShare: 0.89, lagMs: 1799 }, false],
])('%s can bring stress', (_name, stress, active) => {
  const relief = new StressRelief(SETTINGS, new RecordingLogger());
  relief.look(stress, 0);
  expect(relief.active).toBe(active);
});

test('stress ends below the lower level, and not before its least time', () => {
  const log = new RecordingLogger();
  const relief = new StressRelief(SETTINGS, log);
  const actives = [
    [0, 0.95], [1000, 0.1], [9000, 0.8], [10_000, 0.7], [11_000, 0.69], [12_000, 0.8], [13_000, 1],
  ].map(([now, heldShare]) => {
    relief.look({ heldShare, memoryShare: 0, lagMs: 0 }, now);
    return relief.active;
  });
  expect(actives).toEqual([true, true, true, true, false, false, true]);
  expect(log.messages()).toEqual([
    'Under stress: new traces are decided by their ids alone.',
    'No more stress: new traces are held again.',
    'Under stress: new traces are decided by their ids alone.',
  ]);
});

/** A sampler under stress, which its memory brings. */
async function stressed(config: object, used = { bytes: 95 }) {
  const memory = { used: () => used.bytes, collect: () => undefined };
  const sampler = await running({
    decision_wait: '1s', stress_relief: { sampling_percentage: 30 }, max_bytes: 1e9, ...config,
  }, 'tail_sampling', undefined, { memory, totalMemory: () => 100 });
  await sampler.context.clock.advance(1000);
  return sampler;
}

test('decisions that wait since the next component takes nothing bring stress', async () => {
  const { context: { clock, metrics, next }, give } =
    await stressed({ policies: [ALL] }, { bytes: 10 });
  next.refuse(() => new RetryableError('full'));
  give([{ trace: 'a', attributes: { filler: 'x'.repeat(65 * 1024 * 1024) } }]);
  await clock.advance(2000);
  give([{ trace: 'b' }]);
  await clock.advance(5000);
  expect(metrics.value(`${OURS}stress_active`)).toBe(0);
  await clock.advance(3000);
  expect(metrics.value(`${OURS}stress_active`)).toBe(1);
});

test('a process that comes to its ticks late is under stress', async () => {
  const { clock, log, metrics, id } = processorContext('tail_sampling');
  const settings = tailSettings({ policies: [ALL], stress_relief: {} });
  const watch = createStressWatch(settings, {
    clock,
    log,
    memory: { used: () => 0, collect: () => undefined },
    totalMemory: 1,
    bound: { share: 0 } as MemoryBound,
    metrics: new TailSamplingMetrics(metrics, id),
  });
  const actives = [];
  for (const ms of [0, 1000, 5400, 5500]) {
    await clock.advance(ms);
    watch?.look();
    actives.push(watch?.relief.active);
  }
  expect(actives).toEqual([false, false, false, true]);
});

const MANY = Array.from({ length: 1000 }, (_, i) => ({
  trace: createHash('sha256').update(String(i)).digest('hex').slice(0, 32), attributes: { a: 'b' },
}));

test('under stress a share of new traces leaves at once, marked with the share', async () => {
  const { context: { clock, metrics }, sampler, give, sentSpans } =
    await stressed({ policies: [NONE_KEPT] });
  give(MANY);
  await clock.advance(0);
  const kept = sentSpans();
  expect(kept.length).toBeGreaterThan(250);
  expect(kept.length).toBeLessThan(350);
  expect(new Set(kept.map(({ attributes }) => JSON.stringify(attributes)))).toEqual(
    new Set(['{"a":"b","tailsampling.stress_relief_percentage":30}']));
  expect(sampler.pendingItems).toBe(0);
  await clock.advance(1000);
  const count = (decision: string): number | undefined =>
    metrics.value(`${UPSTREAM}global_count_traces_sampled`, { decision });
  expect([count('sampled'), count('not_sampled')]).toEqual([kept.length, 1000 - kept.length]);
  expect(metrics.value(`${OURS}released_traces`, { reason: 'stress_relief' })).toBe(1000);
  expect(metrics.value(`${OURS}stress_active`)).toBe(1);
});

test('they are the traces that a probabilistic policy with that share keeps', async () => {
  const byId = await stressed({ policies: [NONE_KEPT] });
  byId.give(MANY);
  const rest = { name: 'r', type: 'probabilistic', probabilistic: { sampling_percentage: 30 } };
  const byPolicy = await running({ decision_wait: '1s', policies: [rest] });
  byPolicy.give(MANY);
  await byPolicy.context.clock.advance(2000);
  await byId.context.clock.advance(0);
  expect(byId.sent()).toEqual(byPolicy.sent());
});

test.each([
  ['caches', { sampled_cache_size: 5000, non_sampled_cache_size: 5000 }], ['records', {}],
])('when it is over, spans follow what was decided under stress, by %s', async (_name, cache) => {
  const used = { bytes: 95 };
  const { context: { clock }, give, sentSpans } =
    await stressed({ policies: [ALL], decision_cache: cache }, used);
  give(MANY);
  await clock.advance(0);
  const kept = sentSpans().map(({ traceId }) => traceId);
  used.bytes = 10;
  await clock.advance(20_000);
  give([...MANY, { trace: 'new' }]);
  await clock.advance(0);
  expect(sentSpans().map(({ traceId }) => traceId)).toEqual(kept);
  await clock.advance(3000);
  expect(sentSpans()).toHaveLength(1);
});

test('traces that were held when it began are decided by the policies, unmarked', async () => {
  const used = { bytes: 10 };
  const { context: { clock }, give, sentSpans } =
    await stressed({ decision_wait: '5s', policies: [ALL] }, used);
  give(MANY);
  used.bytes = 95;
  await clock.advance(1000);
  give(MANY);
  await clock.advance(10_000);
  const spans = sentSpans();
  expect(spans).toHaveLength(2000);
  expect(spans.every(({ attributes }) => Object.keys(attributes).length === 1)).toBe(true);
});
