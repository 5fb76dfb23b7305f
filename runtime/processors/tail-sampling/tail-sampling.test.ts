import { createTailSamplingProcessor } from './tail-sampling';
import type { Clock } from '../../clock';
import { PermanentError, RetryableError } from '../../errors';
import { createPayload } from '../../pipeline/payload';
import { PartialFailure } from '../../pipeline/sender';
import { componentSuite } from '../../testing/component-suite';
import { tailSettings } from '../../testing/oracle-traces';
import { randomNumbers } from '../../testing/random-numbers';
import { itemsIn } from '../../testing/sample-payload';
import { spans, traceIdOf, type TestSpan } from '../../testing/span-builder';
import { running, samplerContext } from '../../testing/tail-sampler';

const UPSTREAM = 'otelcol_processor_tail_sampling_';
const OURS = 'otelgw_tail_sampling_';
const ALL = { name: 'all', type: 'always_sample' };
const ERRORS = {
  name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] },
};
const LONG = { name: 'long', type: 'span_count', span_count: { min_spans: 2 } };
const SECONDS = { decision_wait: '1s', policies: [ERRORS] };

componentSuite('tail_sampling', {
  kind: 'processor',
  signals: ['traces'],
  make: () => {
    const context = samplerContext('tail_sampling');
    const { next } = context;
    const config = { policies: [ALL, ERRORS, { ...LONG, type: 'latency', latency: {} }] };
    return {
      component: createTailSamplingProcessor(tailSettings(config), context),
      clock: context.clock,
      received: () => next.payloads,
      refuseNext: (error) => next.refuse(() => error, 1),
    };
  },
});

describe('a trace', () => {
  test('is decided once, with the spans of all requests, after the wait', async () => {
    const { context: { clock }, give, sent } = await running(SECONDS);
    void give([{ trace: 'a' }, { trace: 'b' }]);
    await clock.advance(500);
    void give([{ trace: 'a', status: 'error' }]);
    await clock.advance(1000);
    expect(sent()).toEqual([]);
    await clock.advance(500);
    expect(sent()).toEqual(['a', 'a']);
  });

  test('without room makes the oldest one go, which is counted at its tick', async () => {
    const { context: { clock, metrics }, give, sent } =
      await running({ ...SECONDS, num_traces: 2, policies: [ALL] });
    void give([{ trace: 'a' }]);
    void give([{ trace: 'b' }, { trace: 'c' }]);
    expect(metrics.value(`${UPSTREAM}sampling_trace_removal_age`)).toBe(1);
    await clock.advance(1000);
    expect(metrics.value(`${UPSTREAM}sampling_trace_dropped_too_early`)).toBe(0);
    await clock.advance(1000);
    expect(metrics.value(`${UPSTREAM}sampling_trace_dropped_too_early`)).toBe(1);
    expect(sent()).toEqual(['b', 'c']);
  });

  test('of which no id is known is one trace, as upstream has it', async () => {
    const { context: { clock }, give, sent } = await running(SECONDS);
    const zero = '0'.repeat(32);
    void give([{ trace: zero }, { trace: zero, status: 'error' }]);
    await clock.advance(2000);
    expect(sent()).toEqual(['', '']);
  });

  test('that is too large is given up, and its memory with it', async () => {
    const { context: { metrics }, sampler, give } =
      await running({ ...SECONDS, maximum_trace_size_bytes: 300 });
    void give([{ trace: 'a' }]);
    expect(sampler.pendingItems).toBe(1);
    void give([{ trace: 'a', attributes: { filler: 'x'.repeat(300) } }]);
    expect(sampler.pendingItems).toBe(0);
    expect(metrics.value(`${UPSTREAM}traces_dropped_too_large`)).toBe(1);
    const filler = 'x'.repeat(100_000);
    const large = await running(
      { ...SECONDS, maximum_trace_size_bytes: 150_000, max_bytes: 1_048_576 });
    for (let trace = 0; trace < 20; trace += 1) {
      for (const part of ['first', 'second']) {
        large.give([{ trace: `t${trace}`, attributes: { part, filler } }]);
      }
    }
    expect(large.context.metrics.value(`${UPSTREAM}traces_dropped_too_large`)).toBe(20);
  });
});

describe('late spans', () => {
  const caches = { decision_cache: { sampled_cache_size: 2, non_sampled_cache_size: 2 } };

  test('follow the decision at once, by the cache', async () => {
    const { context: { clock, metrics }, give, sent } = await running({ ...SECONDS, ...caches });
    void give([{ trace: 'a', status: 'error' }, { trace: 'b' }]);
    await clock.advance(2000);
    expect([sent(), metrics.value(`${UPSTREAM}sampling_traces_on_memory`)]).toEqual([['a'], 0]);
    void give([{ trace: 'a' }, { trace: 'b', status: 'error' }, { trace: 'a' }]);
    await clock.advance(0);
    expect(sent()).toEqual(['a', 'a']);
    const early = `${UPSTREAM}early_releases_from_cache_decision`;
    expect(['true', 'false'].map((sampled) => metrics.value(early, { sampled }))).toEqual([2, 1]);
    expect(metrics.value(`${OURS}released_spans`, { reason: 'late' })).toBe(2);
  });

  test('of a trace that the cache forgot are a new trace', async () => {
    const { context: { clock }, give, sent } = await running({ ...SECONDS, ...caches });
    void give(['a', 'b', 'c'].map((trace) => ({ trace, status: 'error' })));
    await clock.advance(2000);
    expect(sent()).toEqual(['a', 'b', 'c']);
    void give(['a', 'b', 'c'].map((trace) => ({ trace })));
    await clock.advance(0);
    expect(sent()).toEqual(['b', 'c']);
    await clock.advance(2000);
    expect(sent()).toEqual([]);
  });

  test('of a dropped trace are gone, too', async () => {
    const drop = { name: 'd', type: 'drop', drop: { drop_sub_policy: [LONG] } };
    const { context: { clock, log }, give, sent } =
      await running({ decision_wait: '1s', policies: [ALL, drop] });
    void give([{ trace: 'a' }, { trace: 'b' }, { trace: 'b' }]);
    await clock.advance(2000);
    void give([{ trace: 'b' }]);
    await clock.advance(0);
    expect([sent(), log.messages()]).toEqual([['a'], []]);
  });
});

describe('votes', () => {
  test.each([
    ['after the first that keeps a trace are not asked', true, 1],
    ['are all asked', false, 2],
  ])('policies %s, as sample_on_first_match says', async (_name, first, asked) => {
    const { context: { clock, metrics }, give } = await running({
      decision_wait: '1s', policies: [ERRORS, ALL], sample_on_first_match: first,
    }, 'tail_sampling/eu');
    void give([{ trace: 'a', status: 'error' }, { trace: 'b' }]);
    await clock.advance(2000);
    const votes = (policy: string, decision: string): number | undefined =>
      metrics.value(`${UPSTREAM}count_traces_sampled`, { policy, decision });
    expect([votes('eu.errors', 'sampled'), votes('eu.errors', 'not_sampled')]).toEqual([1, 1]);
    expect(votes('eu.all', 'sampled')).toBe(asked);
    expect(metrics.value(`${OURS}kept_traces`, { policy: 'eu.errors' })).toBe(1);
  });

  test('the least strict policy is recorded as the reason', async () => {
    const half = { name: 'p', type: 'probabilistic', probabilistic: { sampling_percentage: 99.9 } };
    const { context: { clock, metrics }, give } =
      await running({ decision_wait: '1s', policies: [half, ALL] });
    void give([{ trace: 'a' }, { trace: 'b' }]);
    await clock.advance(2000);
    expect(['p', 'all'].map((policy) => metrics.value(`${OURS}kept_traces`, { policy })))
      .toEqual([0, 2]);
  });
});

describe('what the next component does not take', () => {
  const kept = 'The next component takes no sampled spans now; they are kept.';
  const gone = 'Sampled spans are lost: the next component did not take them.';

  test('is given again, less and less often, and said once', async () => {
    const { context: { clock, log, next }, sampler, give, sent } = await running(SECONDS);
    next.refuse(() => new RetryableError('full'), 4);
    void give([{ trace: 'a', status: 'error' }]);
    await clock.advance(2000);
    expect([sampler.pendingItems, next.calls]).toEqual([1, 1]);
    await clock.advance(10_000);
    expect([sent(), sampler.pendingItems, next.calls]).toEqual([['a'], 0, 5]);
    expect(log.messages('warn')[0]).toBe(kept);
  });

  test('is lost when it never takes it, and that is counted and said', async () => {
    const { context: { clock, log, metrics, next }, sampler, give } = await running(SECONDS);
    next.refuse(() => new RetryableError('full'));
    void give([{ trace: 'a', status: 'error' }, { trace: 'a' }]);
    await clock.advance(400_000);
    expect(metrics.value(`${OURS}lost_spans`, { reason: 'refused' })).toBe(2);
    expect([sampler.pendingItems, log.messages('error')]).toEqual([0, [gone]]);
  });

  test.each([
    ['at any time', undefined], ['before a minute is over', 60_000],
  ])('keeps nothing from being decided at the end, if it is not taken %s', async (_, delayMs) => {
    const { context: { clock, metrics, next }, sampler, give } =
      await running({ ...SECONDS, policies: [ALL] });
    next.refuse(() => new RetryableError('full', { delayMs }));
    give([{ trace: 'a', attributes: { filler: 'x'.repeat(65 * 1024 * 1024) } }]);
    await clock.advance(3000);
    give([{ trace: 'b' }, { trace: 'c' }]);
    let isOver = false;
    void sampler.stop().then(() => { isOver = true; });
    await clock.advance(10_000);
    expect([isOver, sampler.pendingItems]).toEqual([true, 0]);
    expect(metrics.value(`${OURS}lost_spans`, { reason: 'refused' })).toBe(3);
  });

  test('is lost at once when it says so for good', async () => {
    const { context: { clock, metrics, next }, give } = await running(SECONDS);
    next.refuse(() => new PermanentError('never'));
    void give([{ trace: 'a', status: 'error' }]);
    await clock.advance(2000);
    expect([next.calls, metrics.value(`${OURS}lost_spans`, { reason: 'refused' })])
      .toEqual([1, 1]);
  });

  test('is given again without what it took', async () => {
    const { context: { clock, metrics, next }, sampler, give, sent } = await running(SECONDS);
    const rest = createPayload('traces', [spans([{ trace: 'rest' }])], 1);
    next.refuse(() => new PartialFailure('some', rest, 1), 1);
    void give([{ trace: 'a', status: 'error' }, { trace: 'a' }, { trace: 'a' }]);
    await clock.advance(2000);
    expect(sampler.pendingItems).toBe(1);
    await clock.advance(1000);
    expect([sent(), sampler.pendingItems]).toEqual([['rest'], 0]);
    expect(metrics.value(`${OURS}lost_spans`, { reason: 'refused' })).toBe(1);
  });
});

describe('when it stops', () => {
  test('undecided traces are decided, late ones too while that lasts', async () => {
    const { sampler, give, sent } = await running({ ...SECONDS, decision_wait: '30s' });
    void give([{ trace: 'a', status: 'error' }, { trace: 'b' }]);
    await sampler.stop();
    expect([sent(), sampler.pendingItems]).toEqual([['a'], 0]);
  });

  test('they are dropped, counted and said if it is configured so', async () => {
    const { context: { log, metrics }, sampler, give, sent } =
      await running({ ...SECONDS, drop_pending_traces_on_shutdown: true });
    void give([{ trace: 'a', status: 'error' }, { trace: 'b' }]);
    await sampler.stop();
    expect([sent(), sampler.pendingItems]).toEqual([[], 0]);
    expect(metrics.value(`${OURS}lost_spans`, { reason: 'shutdown' })).toBe(2);
    expect(log.lines[0].fields).toEqual({ dropped_spans: 2 });
  });

  test('nothing more is taken', async () => {
    const { sampler, give } = await running(SECONDS);
    await sampler.stop();
    expect(() => give([{ trace: 'a' }])).toThrow(RetryableError);
  });
});

test('two samplers share upstream\'s series, and each has those of its own', async () => {
  const one = await running({ decision_wait: '60s', policies: [ERRORS] }, 'tail_sampling/one');
  const given = { ...one.context, id: 'tail_sampling/two' };
  const two = createTailSamplingProcessor(tailSettings(SECONDS), given);
  await two.start();
  const { context: { clock, metrics } } = one;
  void one.give([{ trace: 'a' }, { trace: 'b' }]);
  void two.consume(createPayload('traces', [spans([{ trace: 'c', status: 'error' }])], 1));
  const read = (): unknown[] => [
    metrics.value(`${UPSTREAM}sampling_traces_on_memory`),
    ...['one', 'two'].map((name) =>
      metrics.value(`${OURS}held_spans`, { processor: `tail_sampling/${name}` })),
  ];
  await clock.advance(1000);
  expect(read()).toEqual([3, 2, 1]);
  await clock.advance(1000);
  expect(read()).toEqual([3, 2, 0]);
  const released = (processor: string): number | undefined =>
    metrics.value(`${OURS}released_spans`, { processor });
  expect([released('tail_sampling/one'), released('tail_sampling/two')]).toEqual([0, 1]);
});

test('a few traces without root do not keep the memory of all others', async () => {
  const { context: { clock, metrics, next }, sampler, give, sent } = await running({
    decision_wait: '60s', decision_wait_after_root_received: '1s', policies: [ALL],
  });
  const attributes = { filler: 'x'.repeat(1000) };
  for (let second = 0; second < 50; second += 1) {
    void give(Array.from({ length: 1000 }, (_, i): TestSpan => ({
      trace: `${second}.${i}`, span: 'child', parent: 'root', attributes,
    })));
    void give(Array.from({ length: 1000 }, (_, i): TestSpan =>
      ({ trace: `${second}.${i}`, span: 'root', attributes }))
      .filter((_, i) => i % 100 !== 0));
    await clock.advance(1000);
    if (second < 49) next.payloads.length = 0;
  }
  // 100 MB arrived, of which 3 s and one trace in a hundred wait.
  expect(metrics.value(`${OURS}held_bytes`)).toBeLessThan(30_000_000);
  expect(sampler.pendingItems).toBeLessThan(6000);
  next.payloads.length = 0;
  await sampler.stop();
  expect(sent().filter((name) => name.endsWith('.0'))).toHaveLength(50);
});

test('hostile bytes inside a span end in a typed error, and nothing else is lost', async () => {
  const { context: { clock }, sampler, give, sent } = await running(SECONDS);
  void give([{ trace: 'a', status: 'error' }]);
  const bytes = spans([{ trace: 'a', statusMessage: 'x'.repeat(20) }]);
  // The length of the status now reaches beyond the span.
  bytes[bytes.length - 23] = 0x7f;
  expect(() => sampler.consume(createPayload('traces', [bytes], 1))).toThrow(PermanentError);
  await clock.advance(2000);
  expect(sent()).toEqual(['a']);
});

test('the event loop is let go while many traces are decided', async () => {
  const base = samplerContext('x').clock;
  let reads = 0;
  // Each look at the clock takes 5 ms.
  const clock: Clock = {
    now: () => base.now(),
    monotonic: () => (reads += 1) * 5,
    after: (ms, task) => base.after(ms, task),
    every: (ms, task) => base.every(ms, task),
  };
  const { context: { next }, give } =
    await running({ decision_wait: '1s', policies: [ALL] }, 'tail_sampling', clock);
  const traces = Array.from({ length: 1000 }, (_, i) => ({ trace: `t${i}` }));
  void give(traces);
  await base.advance(2000);
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(next.payloads.length).toBeGreaterThan(8);
  expect(next.items).toBe(1000);
});

test('traces by chance over many requests leave as they arrived', async () => {
  const random = randomNumbers(3);
  const { context: { clock, next }, give } =
    await running({ decision_wait: '2s', policies: [ERRORS, LONG] });
  const given: Buffer[] = [];
  const count = new Map<string, number>();
  for (let round = 0; round < 60; round += 1) {
    const list = Array.from({ length: 1 + Math.floor(random() * 30) }, (_, i): TestSpan => ({
      trace: `${Math.floor(round / 10)}.${Math.floor(random() * 60)}`,
      span: `${round}.${i}`,
      service: `s${Math.floor(random() * 3)}`,
      scope: `c${Math.floor(random() * 2)}`,
      status: random() < 0.1 ? 'error' : 'unset',
    }));
    void give(list);
    given.push(spans(list));
    for (const { trace, status } of list) {
      count.set(trace, (count.get(trace) ?? 0) + (status === 'error' ? 2 : 1));
    }
    if (round % 10 === 9) await clock.advance(4000);
  }
  const kept = new Set([...count].filter(([, weight]) => weight >= 2)
    .map(([name]) => traceIdOf(name).toString('base64')));
  const wanted = itemsIn('traces', Buffer.concat(given)).filter((item) =>
    kept.has((JSON.parse(item) as [unknown, unknown, { trace_id: string }])[2].trace_id));
  expect(itemsIn('traces', next.bytes)).toEqual(wanted);
  expect(wanted.length).toBeGreaterThan(300);
});
