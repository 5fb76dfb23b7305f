import { RetryableError } from '../../errors';
import { running, type RunningSampler } from '../../testing/tail-sampler';

const OURS = 'otelgw_tail_sampling_';
const ALL = { name: 'all', type: 'always_sample' };
const ERRORS = {
  name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] },
};
const MB = 1_000_000;
const CONFIG = {
  decision_wait: '30s',
  max_bytes: 8 * MB,
  policies: [ERRORS],
  decision_cache: { sampled_cache_size: 10_000, non_sampled_cache_size: 10_000 },
};

/** Gives requests of 100 traces, each of 10 kB; gives the number of the last trace. */
function fill({ give }: RunningSampler, requests: number, from = 0): void {
  for (let request = 0; request < requests; request += 1) {
    give(Array.from({ length: 100 }, (_, i) => ({
      trace: `t${from + request * 100 + i}`,
      status: i === 0 ? 'error' as const : 'ok' as const,
      attributes: { filler: 'x'.repeat(10_000) },
    })));
  }
}

function released({ context: { metrics } }: RunningSampler, reason: string): number {
  return metrics.value(`${OURS}released_traces`, { reason }) ?? 0;
}

test('held spans take no more than max_bytes, and what is kept leaves early', async () => {
  const sampler = await running(CONFIG);
  fill(sampler, 40);
  await sampler.context.clock.advance(1000);
  expect(sampler.context.metrics.value(`${OURS}held_bytes`)).toBeLessThan(9 * MB);
  const early = released(sampler, 'max_bytes');
  expect(early).toBeGreaterThan(3000);
  expect(sampler.sent()).toHaveLength(Math.ceil(early / 100));
  await sampler.sampler.stop();
  expect(early + released(sampler, 'shutdown')).toBe(4000);
});

test('the traces that came first go first, and their late spans follow', async () => {
  const sampler = await running(CONFIG);
  fill(sampler, 12);
  await sampler.context.clock.advance(0);
  expect(sampler.sent()[0]).toBe('t0');
  sampler.give([{ trace: 't0' }, { trace: 't1' }, { trace: 't1100' }]);
  await sampler.context.clock.advance(0);
  expect(sampler.sent()).toEqual(['t0']);
});

test('a big trace goes before older small ones', async () => {
  const sampler = await running({ ...CONFIG, policies: [ALL] });
  sampler.give([{ trace: 'small' }]);
  sampler.give([{ trace: 'big', attributes: { filler: 'x'.repeat(3 * MB) } }]);
  await sampler.context.clock.advance(1000);
  for (let i = 0; i < 3; i += 1) {
    sampler.give([{ trace: `next${i}`, attributes: { filler: 'x'.repeat(2 * MB) } }]);
  }
  await sampler.context.clock.advance(0);
  expect(sampler.sent()).toEqual(['big']);
});

test('a big trace goes after an older one that is nearly as big', async () => {
  const sampler = await running({ ...CONFIG, policies: [ALL] });
  const give = (trace: string, megabytes: number): void =>
    sampler.give([{ trace, attributes: { filler: 'x'.repeat(megabytes * MB) } }]);
  give('old', 3);
  await sampler.context.clock.advance(10_000);
  give('young', 4);
  give('next', 2);
  await sampler.context.clock.advance(0);
  expect(sampler.sent()).toEqual(['old']);
});

test('the bound is half of the memory that the process leaves unless it is given', async () => {
  const sampler = await running(
    { ...CONFIG, max_bytes: undefined }, 'tail_sampling', undefined,
    { totalMemory: () => 64 * 1024 * 1024 + 17 * MB });
  fill(sampler, 40);
  await sampler.context.clock.advance(1000);
  const held = sampler.context.metrics.value(`${OURS}held_bytes`);
  expect(held).toBeGreaterThan(6 * MB);
  expect(held).toBeLessThan(9 * MB);
});

test('senders are refused while what was kept cannot leave', async () => {
  const sampler = await running({ ...CONFIG, policies: [ALL] });
  const { context } = sampler;
  const release = context.next.hold();
  let refused = 0;
  for (let i = 0; i < 100; i += 1) {
    try {
      fill(sampler, 1, i * 100);
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(10);
  expect(context.metrics.value(`${OURS}refused_spans`)).toBe(refused * 100);
  release();
  await context.clock.advance(31_000);
  expect(sampler.sentSpans()).toHaveLength(10_000 - refused * 100);
  expect(context.metrics.value(`${OURS}lost_spans`, { reason: 'refused' })).toBe(0);
});

test('what was held and is not filled again is given back', async () => {
  const sampler = await running({ ...CONFIG, max_bytes: 100 * MB });
  fill(sampler, 40, 1000);
  await sampler.context.clock.advance(40_000);
  expect(sampler.context.metrics.value(`${OURS}held_bytes`)).toBeLessThan(2 * MB);
});
