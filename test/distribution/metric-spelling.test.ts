import {
  hasMetric, memoryLimiterAccepted, memoryLimiterRefused, tailSamplingLabel,
} from '../../src/distribution/metric-spelling';

test.each([
  ['0.154.0', 'otelcol_processor_refused', 'otelcol_processor_accepted'],
  ['0.155.0', 'otelcol_processor_memory_limiter_refused',
    'otelcol_processor_memory_limiter_accepted'],
  [undefined, 'otelcol_processor_memory_limiter_refused',
    'otelcol_processor_memory_limiter_accepted'],
])('in %s the memory limiter counts as %s and %s', (version, refused, accepted) => {
  expect(memoryLimiterRefused(version)).toBe(refused);
  expect(memoryLimiterAccepted(version)).toBe(accepted);
});

test.each([
  ['otelcol_exporter_in_flight_requests', '0.151.0', false],
  ['otelcol_exporter_in_flight_requests', '0.152.0', true],
  ['otelcol_processor_tail_sampling_sampling_decision_latency', '0.139.0', true],
  ['otelcol_processor_tail_sampling_sampling_decision_latency', '0.140.0', false],
  ['otelcol_processor_tail_sampling_traces_dropped_too_large', '0.144.0', false],
  ['otelcol_processor_tail_sampling_traces_dropped_too_large', '0.145.0', true],
  ['otelcol_receiver_refused_spans', '0.120.0', true],
  ['otelcol_exporter_in_flight_requests', undefined, true],
])('%s in %s: %s', (metric, version, expected) => {
  expect(hasMetric(metric, version)).toBe(expected);
});

test.each([
  ['0.131.0', 'sampled'], ['0.132.0', 'decision'], [undefined, 'decision'],
] as const)('in %s the label of a decision is %s', (version, expected) => {
  expect(tailSamplingLabel(version)).toBe(expected);
});
