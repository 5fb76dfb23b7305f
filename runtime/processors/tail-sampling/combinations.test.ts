/** What the keys of the sampler do together. */
import { createHash } from 'crypto';
import { tailSettings, type RawConfig } from '../../testing/oracle-traces';
import { decodeProto } from '../../testing/otlp-proto';
import { running } from '../../testing/tail-sampler';

const OURS = 'otelgw_tail_sampling_';
const ALL = { name: 'all', type: 'always_sample' };
const NOBODY = { name: 'nobody', type: 'probabilistic', probabilistic: {} };
const KEYED = (key: string, name = key) => ({
  name, type: 'string_attribute', string_attribute: { key, values: ['yes'] },
});
const DROP = (key: string) => ({
  name: `no-${key}`, type: 'drop', drop: { drop_sub_policy: [KEYED(key)] },
});
const RATE = (spans: number, burst = 0) => ({
  name: 'rate',
  type: 'rate_limiting',
  rate_limiting: { spans_per_second: spans, burst_capacity: burst },
});
const YES_X: Readonly<Record<string, string>> = { x: 'yes' };
const CACHES = { sampled_cache_size: 5000, non_sampled_cache_size: 5000 };
const RECORDED = { usetracestate: true, recordpolicy: true };

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface Scope {
  readonly scope?: { readonly attributes?: readonly Attribute[] };
  readonly spans?: readonly {
    readonly name: string; readonly traceState?: string; readonly attributes?: readonly Attribute[];
  }[];
}

const text = ({ key, value }: Attribute): string => `${key}=${String(Object.values(value)[0])}`;

/** A sampler, and of each span that left: name, trace state, attributes of its scope and of it. */
async function started(config: RawConfig, used = { bytes: 10 }) {
  const memory = { used: () => used.bytes, collect: () => undefined };
  const sampler = await running({ decision_wait: '1s', max_bytes: 1e9, ...config },
    'tail_sampling', undefined, { memory, totalMemory: () => 100 });
  const released = (): string[] => {
    const { bytes } = sampler.context.next;
    sampler.context.next.payloads.length = 0;
    const { resourceSpans = [] } = decodeProto('ExportTraceServiceRequest', bytes) as {
      readonly resourceSpans?: readonly { readonly scopeSpans?: readonly Scope[] }[];
    };
    return resourceSpans.flatMap(({ scopeSpans = [] }) => scopeSpans.flatMap((scope) =>
      (scope.spans ?? []).map(({ name, traceState, attributes = [] }) => [
        name, traceState ?? '', ...(scope.scope?.attributes ?? []).map(text),
        ...attributes.map(text),
      ].filter((word) => word !== '').join(' ')))).sort();
  };
  const settle = async (ms: number): Promise<void> => {
    await sampler.context.clock.advance(ms);
    await new Promise((resolve) => { setImmediate(resolve); });
  };
  const reload = (policies: readonly object[]): void =>
    sampler.sampler.reconfigure?.(
      tailSettings({ decision_wait: '1s', max_bytes: 1e9, ...config, policies }))();
  return { ...sampler, metrics: sampler.context.metrics, used, released, settle, reload };
}

describe('dry_run where limits have a budget for each tick', () => {
  const rv = (digit: string) =>
    ({ trace: digit, name: digit, traceState: `ot=rv:${digit}0000000000000` });

  test('a limit on trial is counted as if it stood alone, and keeps nothing', async () => {
    const { give, settle, released, metrics } = await started({
      ...RECORDED, policies: [{ ...RATE(1), dry_run: true }, KEYED('k')],
    });
    void give([rv('1'), rv('9'), { ...rv('c'), attributes: { k: 'yes' } }]);
    await settle(2000);
    expect(released()).toEqual(['c ot=rv:c0000000000000;th:0 tailsampling.policy=k k=yes']);
    // It has room for two: `c`, which is kept anyhow, and `9`.
    expect(metrics.value(`${OURS}dry_run_traces`, { policy: 'rate', effect: 'kept' })).toBe(1);
  });

  test('a drop on trial is counted, and what it would drop is still paid for', async () => {
    const { give, settle, released, metrics } = await started({
      usetracestate: true, policies: [RATE(1), { ...DROP('h'), dry_run: true }, DROP('x')],
    });
    void give([
      rv('1'), { ...rv('9'), attributes: { h: 'yes' } }, rv('c'),
      { ...rv('f'), attributes: { x: 'yes', h: 'yes' } },
    ]);
    await settle(2000);
    expect(released().map((line) => line[0])).toEqual(['9', 'c']);
    expect(metrics.value(`${OURS}dry_run_traces`, { policy: 'no-h', effect: 'dropped' })).toBe(1);
  });
});

describe('verdicts where policies are replaced', () => {
  test.each([
    ['caches', { decision_cache: CACHES },
      ' tailsampling.policy=old tailsampling.cached_decision=true'],
    ['records', {}, ''],
  ])('late spans tell of the policy that kept their trace, by %s', async (_name, config, says) => {
    const { give, settle, released, reload } = await started({
      ...RECORDED, ...config, policies: [DROP('x'), KEYED('a', 'old')],
    });
    void give([{ trace: 'a', name: 'a', attributes: { a: 'yes' } }]);
    await settle(2000);
    expect(released()).toEqual(['a ot=th:0 tailsampling.policy=old a=yes']);
    reload([KEYED('b', 'new'), KEYED('c', 'newer'), ALL]);
    void give([{ trace: 'a', name: 'late' }, { trace: 'b', name: 'b', attributes: { c: 'yes' } }]);
    await settle(0);
    expect(released()).toEqual([`late ot=th:0${says}`]);
    await settle(2000);
    expect(released()).toEqual(['b ot=th:0 tailsampling.policy=newer c=yes']);
  });

  test('a composite is recorded with the parts that it has now', async () => {
    const composite = (...keys: string[]) => ({
      name: 'mix',
      type: 'composite',
      composite: {
        max_total_spans_per_second: 100, composite_sub_policy: keys.map((key) => KEYED(key)),
      },
    });
    const { give, settle, released, reload } = await started({
      recordpolicy: true, policies: [composite('a', 'b')],
    });
    void give([{ trace: 'a', name: 'a', attributes: { b: 'yes' } }]);
    await settle(2000);
    reload([composite('c', 'd', 'e')]);
    void give([{ trace: 'b', name: 'b', attributes: { e: 'yes' } }]);
    await settle(2000);
    expect(released()).toEqual(['b', 'e'].map((part, i) => [
      'ab'[i], `tailsampling.composite_policy=${part}`, 'tailsampling.policy=mix', `${part}=yes`,
    ].join(' ')));
  });

  test('a share by randomness can be new, and is asked of what was held before', async () => {
    const { give, settle, released, reload } = await started({
      usetracestate: true, policies: [KEYED('k')],
    });
    void give(['1', 'c'].map((digit) =>
      ({ trace: digit, name: digit, traceState: `ot=rv:${digit}0000000000000` })));
    reload([{ name: 'p', type: 'probabilistic', probabilistic: { sampling_percentage: 50 } }]);
    await settle(2000);
    expect(released()).toEqual(['c ot=rv:c0000000000000;th:8']);
  });

  test('new budgets and drops are told of traces that were held before', async () => {
    const { give, settle, released, reload } = await started({
      usetracestate: true, policies: [KEYED('k')],
    });
    void give(['1', '9', 'c', 'f'].map((digit) => ({
      trace: digit,
      name: digit,
      traceState: `ot=rv:${digit}0000000000000`,
      attributes: digit === 'f' ? YES_X : {},
    })));
    reload([RATE(1), DROP('x')]);
    await settle(2000);
    expect(released().map((line) => line[0])).toEqual(['9', 'c']);
  });
});

describe('stress relief where something is written on spans', () => {
  const SHARE = { sampling_percentage: 25 };
  const ids = Array.from({ length: 400 }, (_, i) =>
    createHash('sha256').update(String(i)).digest('hex').slice(0, 32));
  const MARK = 'tailsampling.stress_relief_percentage=25';

  test.each([['caches', { decision_cache: CACHES }], ['records', {}]])(
    'spans carry the share and the threshold, late ones too, by %s', async (_name, config) => {
      const { give, settle, released, used } = await started({
        ...RECORDED, ...config, stress_relief: SHARE, policies: [ALL],
      }, { bytes: 95 });
      await settle(1000);
      void give(ids.map((trace) => ({ trace, name: 'x' })));
      await settle(0);
      const kept = released();
      expect(kept.length).toBeGreaterThan(50);
      expect(kept.length).toBeLessThan(150);
      expect(new Set(kept)).toEqual(new Set([`x ot=th:c ${MARK}`]));
      used.bytes = 10;
      await settle(20_000);
      void give([...ids.map((trace) => ({ trace, name: 'late' })), { trace: 'new', name: 'new' }]);
      await settle(0);
      const late = released();
      expect(late).toHaveLength(kept.length);
      expect(new Set(late)).toEqual(new Set([`late ot=th:c ${MARK}`]));
      await settle(3000);
      expect(released()).toEqual(['new ot=th:0 tailsampling.policy=all']);
    });

  test('randomness that spans say decides, so that no threshold is above it', async () => {
    const { give, settle, released } = await started({
      usetracestate: true, stress_relief: SHARE, policies: [NOBODY],
    }, { bytes: 95 });
    await settle(1000);
    void give(['1', 'b', 'c', 'f'].map((digit) =>
      ({ trace: digit, name: digit, traceState: `ot=rv:${digit}0000000000000` })));
    await settle(0);
    expect(released()).toEqual(['c', 'f'].map((digit) =>
      `${digit} ot=rv:${digit}0000000000000;th:c ${MARK}`));
  });

  test('they are the traces that the policy probabilistic keeps', async () => {
    const policy = { name: 'p', type: 'probabilistic', probabilistic: SHARE };
    const states = ['', 'ot=th:4', 'ot=rv:d0000000000000', 'other=x', '!!'];
    const spans = ids.map((trace, i) =>
      ({ trace, name: trace, traceState: states[i % states.length] }));
    const byId = await started(
      { usetracestate: true, stress_relief: SHARE, policies: [NOBODY] }, { bytes: 95 });
    await byId.settle(1000);
    void byId.give(spans);
    await byId.settle(0);
    const byPolicy = await started({ usetracestate: true, policies: [policy] });
    void byPolicy.give(spans);
    await byPolicy.settle(2000);
    expect(byId.released()).toEqual(byPolicy.released().map((line) => `${line} ${MARK}`));
  });
});

describe('max_bytes where limits have a budget for each tick', () => {
  const MB = 1_000_000;
  const big = (trace: string, attributes = {}) =>
    ({ trace, name: trace, attributes: { filler: 'x'.repeat(2 * MB), ...attributes } });
  const config = { ...RECORDED, decision_wait: '30s', max_bytes: 8 * MB, decision_cache: CACHES };

  test('what is decided early pays for itself, and is dropped if a policy drops it', async () => {
    const { give, settle, metrics, sent } = await started({
      ...config, policies: [RATE(1, 3), DROP('x')],
    });
    await settle(2000);
    void give([big('a', { x: 'yes' })]);
    for (let i = 0; i < 12; i += 1) {
      void give([big(`t${i}`)]);
    }
    await settle(0);
    const early = metrics.value(`${OURS}released_traces`, { reason: 'max_bytes' }) ?? 0;
    expect(early).toBeGreaterThan(6);
    expect(sent()).toHaveLength(3);
    expect(metrics.value(
      'otelcol_processor_tail_sampling_global_count_traces_sampled', { decision: 'dropped' }) ?? 0)
      .toBe(0);
    await settle(1000);
    expect(metrics.value(
      'otelcol_processor_tail_sampling_global_count_traces_sampled', { decision: 'dropped' }))
      .toBe(1);
  });

  test('spans that leave early carry their threshold and policy', async () => {
    const { give, settle, released } = await started({ ...config, policies: [KEYED('k')] });
    for (let i = 0; i < 6; i += 1) void give([big(`t${i}`, { k: 'yes' })]);
    await settle(0);
    const words = released().map((line) => line.split(' ').slice(1, 3).join(' '));
    expect(words.length).toBeGreaterThan(0);
    expect(new Set(words)).toEqual(new Set(['ot=th:0 tailsampling.policy=k']));
  });
});

describe('span-ingest where something is written on spans', () => {
  test.each([['caches', { decision_cache: CACHES }], ['records', {}]])(
    'what leaves at once carries threshold and policy, and late spans follow, by %s',
    async (_name, more) => {
      const { give, settle, released } = await started({
        ...RECORDED,
        ...more,
        sampling_strategy: 'span-ingest',
        policies: [KEYED('a'), { ...ALL, dry_run: true }, KEYED('b')],
      });
      void give([{ trace: 'a', name: 'first' }]);
      void give([{ trace: 'a', name: 'second', attributes: { b: 'yes' } }]);
      await settle(0);
      expect(released()).toEqual(['first ot=th:0 tailsampling.policy=b',
        'second ot=th:0 tailsampling.policy=b b=yes']);
      void give([{ trace: 'a', name: 'late' }]);
      await settle(0);
      const says = 'decision_cache' in more
        ? ' tailsampling.policy=b tailsampling.cached_decision=true' : '';
      expect(released()).toEqual([`late ot=th:0${says}`]);
    });
});
