import { DEFAULT_SHAPE, metricName, MetricShape } from './metric-name';

const FULL: MetricShape = {
  withoutTypeSuffix: false, withoutUnits: false, withoutScopeInfo: false,
};
const TYPED: MetricShape = { ...DEFAULT_SHAPE, withoutTypeSuffix: false };
const UNITED: MetricShape = { ...DEFAULT_SHAPE, withoutUnits: false };
const SENT = 'otelcol_exporter_sent_spans';

describe('metricName', () => {
  it.each([
    [SENT, '{spans}', 'counter', DEFAULT_SHAPE, SENT],
    [SENT, '{spans}', 'counter', TYPED, `${SENT}_total`],
    [SENT, '{spans}', 'counter', FULL, `${SENT}_total`],
    ['otelcol_process_uptime', 's', 'counter', FULL, 'otelcol_process_uptime_seconds_total'],
    ['otelcol_process_uptime', 's', 'counter', UNITED, 'otelcol_process_uptime_seconds'],
    ['otelcol_process_uptime', 's', 'counter', TYPED, 'otelcol_process_uptime_total'],
    ['otelcol_process_cpu_seconds', 's', 'counter', FULL, 'otelcol_process_cpu_seconds_total'],
    ['otelcol_process_memory_rss', 'By', 'gauge', FULL, 'otelcol_process_memory_rss_bytes'],
    ['otelcol_loadbalancer_backend_latency', 'ms', 'histogram', FULL,
      'otelcol_loadbalancer_backend_latency_milliseconds'],
    ['otelcol_exporter_queue_size', '{batches}', 'gauge', FULL, 'otelcol_exporter_queue_size'],
    ['some_total', 's', 'counter', FULL, 'some_seconds_total'],
    ['share', '1', 'gauge', FULL, 'share_ratio'],
    ['share', '1', 'counter', FULL, 'share_total'],
    ['otelcol.exporter.consumed.items', '{item}', 'counter', TYPED,
      'otelcol_exporter_consumed_items_total'],
    ['9lives', '', 'gauge', FULL, '_9lives'],
  ] as const)('spells %s in %s as %s', (name, unit, kind, shape, expected) => {
    expect(metricName(name, unit, kind, shape)).toBe(expected);
  });
});
