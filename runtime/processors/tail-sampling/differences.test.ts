/** What differs from upstream on purpose and is nowhere else a test of its own. */
import { tailSamplingProcessor, type TailSamplingSettings } from '../../config';
import { createPayload } from '../../pipeline/payload';
import type { RawConfig } from '../../testing/oracle-traces';
import { decodeProto, encodeProto } from '../../testing/otlp-proto';
import { spanIdOf, traceIdOf } from '../../testing/span-builder';
import { running } from '../../testing/tail-sampler';

const UPSTREAM = 'otelcol_processor_tail_sampling_';
const ALL = { name: 'all', type: 'always_sample' };
const CONFIG = { decision_wait: '1s', policies: [ALL] };

/** A request with a schema URL at both levels, and a field of a span that nobody knows yet. */
function requestOf(trace: string): Buffer {
  const unknown = Buffer.from([0xfa, 0x07, 3, ...Buffer.from('new')]);
  const span = Buffer.concat([encodeProto('Span', {
    traceId: traceIdOf(trace), spanId: spanIdOf('s'), name: 'operation',
  }), unknown]);
  const inScope = Buffer.concat([
    field(2, span), encodeProto('ScopeSpans', { schemaUrl: 'https://scope' }),
  ]);
  const inResource = Buffer.concat([
    field(2, inScope), encodeProto('ResourceSpans', { schemaUrl: 'https://resource' }),
  ]);
  return field(1, inResource);
}

function field(number: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([number << 3 | 2, body.length]), body]);
}

async function withRequest(config: RawConfig, request: Buffer) {
  const runs = await running(config);
  void runs.sampler.consume(createPayload('traces', [request], 1));
  return runs;
}

test('schema URLs and unknown fields are kept', async () => {
  const { context: { clock, next } } = await withRequest(CONFIG, requestOf('a'));
  await clock.advance(2000);
  const [resource] = (decodeProto('ExportTraceServiceRequest', next.bytes) as {
    readonly resourceSpans: readonly {
      readonly schemaUrl: string; readonly scopeSpans: readonly { readonly schemaUrl: string }[];
    }[];
  }).resourceSpans;
  expect([resource.schemaUrl, resource.scopeSpans.map(({ schemaUrl }) => schemaUrl)])
    .toEqual(['https://resource', ['https://scope']]);
  expect(next.bytes.includes(Buffer.from('new'))).toBe(true);
});

test('the size of a trace counts its schema URLs', async () => {
  const request = requestOf('a');
  // The field around the entry takes two bytes.
  for (const [most, given] of [[request.length - 2, 0], [request.length - 3, 1]]) {
    const { context: { metrics } } =
      await withRequest({ ...CONFIG, maximum_trace_size_bytes: most }, request);
    expect(metrics.value(`${UPSTREAM}traces_dropped_too_large`)).toBe(given);
  }
});

test('a trace that was evicted and comes back waits its full time', async () => {
  const { context: { clock }, give, sent } =
    await running({ ...CONFIG, decision_wait: '3s', num_traces: 1 });
  give([{ trace: 'a' }]);
  await clock.advance(2000);
  give([{ trace: 'b' }]);
  give([{ trace: 'a' }]);
  await clock.advance(3999);
  expect(sent()).toEqual([]);
  await clock.advance(1);
  expect(sent()).toEqual(['a']);
});

test('limits, num_traces and ticks are not divided by num_shards', async () => {
  const limit = { spans_per_second: 8, burst_capacity: 8 };
  const { context: { clock, metrics }, give, sent } = await running({
    ...CONFIG,
    num_traces: 8,
    num_shards: 4,
    policies: [{ name: 'l', type: 'rate_limiting', rate_limiting: limit }],
  });
  const names = Array.from({ length: 8 }, (_, trace) => `t${trace}`);
  for (let second = 0; second < 2; second += 1) {
    give(names.map((name) => ({ trace: `${second}${name}` })));
    await clock.advance(2000);
    expect(sent()).toHaveLength(8);
  }
  expect(metrics.value(`${UPSTREAM}sampling_decision_timer_latency`)).toBe(4);
});

test('traces that leave at one tick share requests', async () => {
  const { context: { clock, next }, give } = await running(CONFIG);
  const traces = Array.from({ length: 500 }, (_, trace) => ({ trace: `t${trace}` }));
  for (const trace of traces) give([trace]);
  await clock.advance(2000);
  expect(next.items).toBe(500);
  expect(next.payloads.length).toBeLessThan(20);
});

test('a trace that is too large is not counted as dropped too early', async () => {
  const { context: { clock, metrics }, give } =
    await running({ ...CONFIG, num_traces: 1, maximum_trace_size_bytes: 10 });
  give([{ trace: 'a' }]);
  give([{ trace: 'b' }]);
  await clock.advance(3000);
  expect([
    metrics.value(`${UPSTREAM}traces_dropped_too_large`),
    metrics.value(`${UPSTREAM}sampling_trace_dropped_too_early`),
  ]).toEqual([2, 0]);
});

test('a trace that span-ingest has decided is not counted as dropped too early', async () => {
  const { context: { clock, metrics }, give, sent } = await running({
    ...CONFIG, sampling_strategy: 'span-ingest', decision_cache: { sampled_cache_size: 9 },
  });
  give([{ trace: 'a' }]);
  await clock.advance(3000);
  expect([sent(), metrics.value(`${UPSTREAM}sampling_trace_dropped_too_early`)])
    .toEqual([['a'], 0]);
});

test('span-ingest writes thresholds and records on all spans of a trace', async () => {
  const failed = { name: 'f', type: 'status_code', status_code: { status_codes: ['ERROR'] } };
  const { context: { clock, next }, give } = await running({
    ...CONFIG,
    sampling_strategy: 'span-ingest',
    policies: [failed],
    usetracestate: true,
    recordpolicy: true,
  });
  give([{ trace: 'a' }]);
  give([{ trace: 'a', status: 'error' }]);
  give([{ trace: 'a' }]);
  await clock.advance(2000);
  const text = next.bytes.toString('latin1');
  expect([text.split('ot=th:0').length - 1, text.split('tailsampling.policy').length - 1])
    .toEqual([3, 2]);
});

test('late spans of a trace too large have an age where policies were asked before', async () => {
  const large = { trace: 'a', attributes: { filler: 'x'.repeat(300) } };
  const never = { name: 'n', type: 'span_count', span_count: { min_spans: 99 } };
  const ages = async (config: RawConfig, ...requests: object[]): Promise<number | undefined> => {
    const { context: { metrics }, give } = await running({
      ...CONFIG, policies: [never], maximum_trace_size_bytes: 200, ...config,
    });
    for (const span of requests) give([span as { trace: string }]);
    return metrics.value(`${UPSTREAM}sampling_late_span_age`);
  };
  const ingest = { sampling_strategy: 'span-ingest' };
  expect(await ages(ingest, { trace: 'a' }, large, { trace: 'a' })).toBe(1);
  expect(await ages(ingest, large, { trace: 'a' })).toBe(0);
  expect(await ages({}, { trace: 'a' }, large, { trace: 'a' })).toBe(0);
});

test('a decision cache of upstream is had by saying so', () => {
  const read = (yaml: object): TailSamplingSettings['decisionCache'] =>
    tailSamplingProcessor.read({ policies: [ALL], ...yaml }).settings?.decisionCache;
  expect(read({})).toBeUndefined();
  expect(read({ decision_cache: { sampled_cache_size: 0 } }))
    .toEqual({ sampledCacheSize: 0, nonSampledCacheSize: 0 });
});
