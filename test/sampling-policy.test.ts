import { Duration } from 'cdk8s';
import { Backend, SamplingPolicy, StatusCode, TailSamplingGateway } from '../src';
import { synthesized } from './synthesized';
import { contracts } from '../src/config';

const POLICIES: readonly [SamplingPolicy, object][] = [
  [SamplingPolicy.alwaysSample('p'), { type: 'always_sample' }],
  [SamplingPolicy.statusCode('p', { statusCodes: [StatusCode.ERROR, StatusCode.UNSET] }),
    { type: 'status_code', status_code: { status_codes: ['ERROR', 'UNSET'] } }],
  [SamplingPolicy.latency('p', { threshold: Duration.seconds(1) }),
    { type: 'latency', latency: { threshold_ms: 1000 } }],
  [SamplingPolicy.latency('p', {
    threshold: Duration.millis(50), upperThreshold: Duration.minutes(1),
  }), { type: 'latency', latency: { threshold_ms: 50, upper_threshold_ms: 60_000 } }],
  [SamplingPolicy.probabilistic('p', { samplingPercentage: 12.5, hashSalt: 's' }),
    { type: 'probabilistic', probabilistic: { sampling_percentage: 12.5, hash_salt: 's' } }],
  [SamplingPolicy.stringAttribute('p', { key: 'http.route', values: ['/a', '/b'] }),
    { type: 'string_attribute', string_attribute: { key: 'http.route', values: ['/a', '/b'] } }],
  [SamplingPolicy.numericAttribute('p', { key: 'n', minValue: 1, maxValue: 9 }),
    { type: 'numeric_attribute', numeric_attribute: { key: 'n', min_value: 1, max_value: 9 } }],
  [SamplingPolicy.booleanAttribute('p', { key: 'b', value: true }),
    { type: 'boolean_attribute', boolean_attribute: { key: 'b', value: true } }],
  [SamplingPolicy.rateLimiting('p', { spansPerSecond: 100 }),
    { type: 'rate_limiting', rate_limiting: { spans_per_second: 100 } }],
  [SamplingPolicy.bytesLimiting('p', { bytesPerSecond: 1000, burstCapacity: 5000 }), {
    type: 'bytes_limiting', bytes_limiting: { bytes_per_second: 1000, burst_capacity: 5000 },
  }],
  [SamplingPolicy.traceState('p', { key: 'vendor', values: ['1'] }),
    { type: 'trace_state', trace_state: { key: 'vendor', values: ['1'] } }],
  [SamplingPolicy.traceFlags('p'), { type: 'trace_flags' }],
  [SamplingPolicy.composite('p', {
    maxTotalSpansPerSecond: 100,
    parts: [
      { policy: SamplingPolicy.spanCount('a', { minSpans: 2 }), percent: 60 },
      { policy: SamplingPolicy.alwaysSample('b') },
    ],
    fair: true,
  }), {
    type: 'composite',
    composite: {
      max_total_spans_per_second: 100,
      composite_sub_policy: [
        { name: 'a', type: 'span_count', span_count: { min_spans: 2 } },
        { name: 'b', type: 'always_sample' },
      ],
      rate_allocation: [{ policy: 'a', percent: 60 }],
      fair: true,
    },
  }],
  [SamplingPolicy.spanCount('p', { minSpans: 2 }),
    { type: 'span_count', span_count: { min_spans: 2 } }],
  [SamplingPolicy.and('p', [SamplingPolicy.alwaysSample('inner')]),
    { type: 'and', and: { and_sub_policy: [{ name: 'inner', type: 'always_sample' }] } }],
  [SamplingPolicy.not('p', SamplingPolicy.booleanAttribute('inner', { key: 'k', value: true })), {
    type: 'not',
    not: {
      not_sub_policy: {
        name: 'inner', type: 'boolean_attribute', boolean_attribute: { key: 'k', value: true },
      },
    },
  }],
  [SamplingPolicy.drop('p', [SamplingPolicy.alwaysSample('inner')]),
    { type: 'drop', drop: { drop_sub_policy: [{ name: 'inner', type: 'always_sample' }] } }],
];

test.each(POLICIES)('%#: a policy is written as upstream reads it: %j', (policy, written) => {
  const objects = synthesized((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      policies: [policy], exportTo: [Backend.otlp('store', { endpoint: 'store:4317' })],
    });
  });
  expect(objects.configOf('sampler').processors.tail_sampling.policies)
    .toEqual([{ name: 'p', ...written }]);
});

test('there is a factory for every policy that the runtime knows', () => {
  const types = POLICIES.map(([, written]) => (written as { type: string }).type);
  const schema = JSON.stringify(contracts.find(({ type }) => type === 'tail_sampling')!
    .jsonSchema());
  const known = /"type":\{[^}]*"enum":(\[[^\]]*\])/.exec(schema)?.[1] ?? '[]';
  expect([...new Set(types)].sort()).toEqual((JSON.parse(known) as string[]).sort());
});
