/** Keys that are ours, and those of upstream that no scenario of the real collector is about. */
import type { RawConfig } from '../../testing/oracle-traces';
import { running } from '../../testing/tail-sampler';

const UPSTREAM = 'otelcol_processor_tail_sampling_';
const OURS = 'otelgw_tail_sampling_';
const ALL = { name: 'all', type: 'always_sample' };
const ERRORS = {
  name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] },
};
const HEALTH = {
  name: 'health',
  type: 'string_attribute',
  string_attribute: {
    key: 'url.path', values: ['/health'],
  },
};
const DROP = { name: 'drop', type: 'drop', drop: { drop_sub_policy: [HEALTH] } };
const root = (trace: string) => ({ trace, span: 'root' });
const child = (trace: string, parent = 'root') => ({ trace, span: `of-${parent}`, parent });

describe('decision_quiet_period', () => {
  const quiet = { decision_wait: '10s', decision_quiet_period: '2s', policies: [ALL] };

  test('decides a trace that has its root and has been quiet for so long', async () => {
    const { context: { clock, metrics }, give, sent } = await running(quiet);
    await clock.advance(500);
    give([root('a'), child('a'), child('b')]);
    await clock.advance(2000);
    expect(sent()).toEqual([]);
    await clock.advance(1000);
    expect(sent()).toEqual(['a', 'a']);
    const released = `${OURS}released_traces`;
    expect(metrics.value(released, { reason: 'quiet_period' })).toBe(1);
    await clock.advance(8000);
    expect(sent()).toEqual(['b']);
    expect(metrics.value(released, { reason: 'decision_wait' })).toBe(1);
  });

  test('begins anew with every span, and ends with decision_wait at the latest', async () => {
    const { context: { clock }, give, sent } = await running(quiet);
    give([root('a')]);
    for (let second = 0; second < 10; second += 1) {
      await clock.advance(1000);
      expect(sent()).toEqual([]);
      give([child('a')]);
    }
    await clock.advance(1000);
    expect(sent()).toHaveLength(11);
  });

  test('is not shorter than decision_wait_after_root_received', async () => {
    const { context: { clock }, give, sent } =
      await running({ ...quiet, decision_wait_after_root_received: '5s' });
    give([root('a')]);
    await clock.advance(5000);
    expect(sent()).toEqual([]);
    await clock.advance(1000);
    expect(sent()).toEqual(['a']);
  });
});

describe('dry_run', () => {
  test('asks and counts a policy that would keep more, and keeps no more', async () => {
    const { context: { clock, metrics }, give, sent } = await running({
      decision_wait: '1s', policies: [{ ...ALL, dry_run: true }, ERRORS],
    });
    give([{ trace: 'a' }, { trace: 'b', status: 'error' }]);
    await clock.advance(2000);
    expect(sent()).toEqual(['b']);
    expect(metrics.value(`${UPSTREAM}count_traces_sampled`, { policy: 'all', decision: 'sampled' }))
      .toBe(2);
    expect(metrics.value(`${OURS}dry_run_traces`, { policy: 'all', effect: 'kept' })).toBe(1);
    expect(metrics.value(`${OURS}kept_traces`, { policy: 'all' })).toBe(0);
  });

  test('asks and counts a policy that would drop, and drops nothing', async () => {
    const { context: { clock, metrics }, give, sent } = await running({
      decision_wait: '1s', policies: [ALL, { ...DROP, dry_run: true }],
    });
    give([{ trace: 'a', attributes: { 'url.path': '/health' } }, { trace: 'b' }]);
    await clock.advance(2000);
    expect(sent()).toEqual(['a', 'b']);
    expect(metrics.value(`${OURS}dry_run_traces`, { policy: 'drop', effect: 'dropped' })).toBe(1);
    expect(metrics.value(`${UPSTREAM}global_count_traces_sampled`, { decision: 'sampled' }))
      .toBe(2);
  });

  test('leaves traces to span-ingest as they are', async () => {
    const { context: { clock }, give, sent } = await running({
      decision_wait: '1s',
      sampling_strategy: 'span-ingest',
      policies: [{ ...DROP, dry_run: true }, { ...ALL, dry_run: true }, ERRORS],
    });
    give([{ trace: 'a' }, { trace: 'b', status: 'error' }]);
    await clock.advance(0);
    expect(sent()).toEqual(['b']);
  });
});

describe('block_on_overflow', () => {
  const blocking = { decision_wait: '1s', num_traces: 2, block_on_overflow: true, policies: [ALL] };

  test.each<[string, RawConfig]>([
    ['with caches', { decision_cache: { sampled_cache_size: 9, non_sampled_cache_size: 9 } }],
    ['without caches, where upstream stalls for good', {}],
  ])('lets senders wait until traces are decided, %s', async (_name, config) => {
    const { context: { clock, metrics }, give, ask: asked, sent } =
      await running({ ...blocking, ...config });
    give([{ trace: 'a' }]);
    give([{ trace: 'b' }]);
    const answered: string[] = [];
    const ask = (trace: string) => asked([{ trace }]).then(() => { answered.push(trace); });
    void ask('c');
    void ask('d');
    void ask('e');
    await clock.advance(1999);
    expect([answered, metrics.value(`${OURS}waiting_requests`)]).toEqual([[], 3]);
    await clock.advance(1);
    expect([sent(), answered]).toEqual([['a', 'b'], ['c', 'd']]);
    await clock.advance(2000);
    expect([sent(), answered]).toEqual([['c', 'd'], ['c', 'd', 'e']]);
    await clock.advance(2000);
    expect(sent()).toEqual(['e']);
    expect(metrics.value(`${UPSTREAM}sampling_trace_dropped_too_early`)).toBe(0);
  });

  test('takes a request whole that begins while there is room', async () => {
    const { context: { clock }, give, sent } = await running(blocking);
    give([{ trace: 'a' }, { trace: 'b' }, { trace: 'c' }, { trace: 'd' }]);
    await clock.advance(2000);
    expect(sent()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('refuses who waits when it stops: they were cut off, and ask elsewhere', async () => {
    const { sampler, give, ask, sent } = await running(blocking);
    give([{ trace: 'a' }, { trace: 'b' }]);
    const waits = expect(ask([{ trace: 'c' }])).rejects.toThrow('must be running');
    await sampler.stop();
    await waits;
    expect(sent()).toEqual(['a', 'b']);
  });
});

describe('released_traces', () => {
  test.each<[string, RawConfig, number]>([
    ['decision_wait', { decision_wait: '1s' }, 2000],
    ['root_received', { decision_wait: '9s', decision_wait_after_root_received: '1s' }, 2000],
    ['num_traces', { num_traces: 1 }, 0],
    ['too_large', { maximum_trace_size_bytes: 10 }, 0],
    ['span_ingest', { sampling_strategy: 'span-ingest' }, 0],
  ])('counts by %s', async (reason, config, ms) => {
    const { context: { clock, metrics }, give } = await running({ policies: [ALL], ...config });
    give([root('a')]);
    give([root('b')]);
    await clock.advance(ms);
    const expected = reason === 'num_traces' ? 1 : 2;
    expect(metrics.value(`${OURS}released_traces`, { reason })).toBe(expected);
  });

  test.each([[true], [false]])('counts by shutdown, whether or not it drops: %s', async (drops) => {
    const { context: { metrics }, sampler, give } =
      await running({ policies: [ALL], drop_pending_traces_on_shutdown: drops });
    give([root('a'), root('b')]);
    await sampler.stop();
    expect(metrics.value(`${OURS}released_traces`, { reason: 'shutdown' })).toBe(2);
  });
});

describe('decisions that are remembered', () => {
  const config = { decision_wait: '1s', num_traces: 100, policies: [ERRORS] };

  test('are forgotten with the records when the caches are off, as upstream', async () => {
    const { context: { clock, metrics }, give } = await running(config);
    give([{ trace: 'a', status: 'error' }, { trace: 'b' }]);
    await clock.advance(3000);
    expect(metrics.value(`${UPSTREAM}sampling_traces_on_memory`)).toBe(2);
  });

  test('are in caches when the configuration does not say', async () => {
    const { context: { clock, metrics }, give, sent } =
      await running({ ...config, decision_cache: null });
    const ids = Array.from({ length: 100 }, (_, i) => `t${i}`);
    const status = (id: string) => id < 't5' ? 'error' as const : 'ok' as const;
    give(ids.map((trace) => ({ trace, status: status(trace) })));
    await clock.advance(3000);
    const kept = sent();
    expect(metrics.value(`${UPSTREAM}sampling_traces_on_memory`)).toBe(0);
    give(ids.map((trace) => ({ trace, status: 'error' })));
    await clock.advance(3000);
    expect(sent()).toEqual(kept);
  });

  test.each([[1_000_000_000], [Number.MAX_SAFE_INTEGER]])(
    'take little memory, however many traces may be: %d', async (numTraces) => {
      const before = process.memoryUsage().arrayBuffers;
      const { give, sent, sampler } =
        await running({ ...config, decision_cache: null, num_traces: numTraces });
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(160 * 1024 * 1024);
      give([{ trace: 'a', status: 'error' }]);
      await sampler.stop();
      expect(sent()).toEqual(['a']);
    });
});

describe('span-ingest', () => {
  const drop = (name: string, value: string) => ({
    name,
    type: 'drop',
    drop: {
      drop_sub_policy: [{
        name: '', type: 'string_attribute', string_attribute: { key: 'url.path', values: [value] },
      }],
    },
  });

  test('asks all policies that drop, and no other while one of them may', async () => {
    const { context: { clock, metrics }, give, sent } = await running({
      decision_wait: '1s',
      sampling_strategy: 'span-ingest',
      policies: [drop('a', '/a'), ALL, drop('b', '/b')],
    });
    give([{ ...root('t'), attributes: { 'url.path': '/b' } }]);
    const asked = (policy: string): number | undefined =>
      metrics.value(`${UPSTREAM}sampling_policy_execution_count`, { policy });
    await clock.advance(2000);
    expect([asked('a'), asked('b'), asked('all')]).toEqual([1, 1, 0]);
    const decided = `${UPSTREAM}global_count_traces_sampled`;
    expect(metrics.value(decided, { decision: 'dropped' })).toBe(1);
    expect(sent()).toEqual([]);
  });
});
