import type { MetricsLevel } from './metric-levels';
import { DEFAULT_SHAPE } from './metric-name';
import type { HistogramInstrument, Instrument } from './metrics';
import { PrometheusMetrics } from './prometheus-metrics';

const SENT: Instrument = {
  name: 'otelcol_exporter_sent_spans', description: 'Spans sent.', unit: '{spans}',
};
const QUEUE: Instrument = {
  name: 'otelcol_exporter_queue_size', description: 'In the queue.', unit: '{batches}',
};
const LATENCY: HistogramInstrument = {
  name: 'otelcol_loadbalancer_backend_latency',
  description: 'Latency.',
  unit: 'ms',
  boundaries: [5, 10],
};

async function linesOf(metrics: PrometheusMetrics, shape = DEFAULT_SHAPE): Promise<string[]> {
  return (await metrics.text(shape)).split('\n').filter((line) => line !== '');
}

describe('PrometheusMetrics', () => {
  it('shows a counter as 0 before anything is counted, then its sum', async () => {
    const metrics = new PrometheusMetrics();
    const counter = metrics.counter(SENT, { exporter: 'otlp' });
    const head = ['# HELP otelcol_exporter_sent_spans Spans sent.',
      '# TYPE otelcol_exporter_sent_spans counter'];
    expect(await linesOf(metrics)).toEqual([
      ...head, 'otelcol_exporter_sent_spans{exporter="otlp"} 0',
    ]);
    counter.add(2);
    metrics.counter(SENT, { exporter: 'otlp' }).add(3);
    expect(await linesOf(metrics)).toEqual([
      ...head, 'otelcol_exporter_sent_spans{exporter="otlp"} 5',
    ]);
  });

  it('takes attributes in any order, and different ones under one name', async () => {
    const metrics = new PrometheusMetrics();
    metrics.counter(SENT, { 'server.port': '4317', 'exporter': 'a' }).add(1);
    metrics.counter(SENT, { 'exporter': 'a', 'server.port': '4317' }).add(1);
    metrics.counter(SENT, { exporter: 'say "hi"\n' }).add(1);
    expect((await linesOf(metrics)).slice(2)).toEqual([
      'otelcol_exporter_sent_spans{exporter="a",server_port="4317"} 2',
      'otelcol_exporter_sent_spans{exporter="say \\"hi\\"\\n"} 1',
    ]);
  });

  it('writes gauges, and series that are read when somebody looks', async () => {
    const metrics = new PrometheusMetrics();
    let size = 7;
    metrics.observe('gauge', QUEUE, { exporter: 'a' }, () => -1);
    metrics.observe('gauge', QUEUE, { exporter: 'a' }, () => size);
    metrics.gauge(QUEUE, { exporter: 'b' }).set(2.5);
    size = 8;
    expect((await linesOf(metrics)).slice(1)).toEqual([
      '# TYPE otelcol_exporter_queue_size gauge',
      'otelcol_exporter_queue_size{exporter="a"} 8',
      'otelcol_exporter_queue_size{exporter="b"} 2.5',
    ]);
  });

  it('counts a histogram\'s values up to and including each boundary', async () => {
    const metrics = new PrometheusMetrics();
    const histogram = metrics.histogram(LATENCY, { endpoint: 'x' });
    for (const value of [1, 5, 6, 100]) histogram.record(value);
    const name = LATENCY.name;
    expect((await linesOf(metrics)).slice(1)).toEqual([
      `# TYPE ${name} histogram`,
      `${name}_bucket{endpoint="x",le="5"} 2`,
      `${name}_bucket{endpoint="x",le="10"} 3`,
      `${name}_bucket{endpoint="x",le="+Inf"} 4`,
      `${name}_sum{endpoint="x"} 112`,
      `${name}_count{endpoint="x"} 4`,
    ]);
  });

  it('writes large boundaries as Go does', async () => {
    const metrics = new PrometheusMetrics();
    const sizes = [999_999, 1_000_000, 1_048_576, 16_777_216];
    metrics.histogram({ ...LATENCY, boundaries: sizes }).record(1);
    const boundaries = (await linesOf(metrics)).map((line) => /le="(.*?)"/.exec(line)?.[1]);
    expect(boundaries.filter((text) => text !== undefined))
      .toEqual(['999999', '1e+06', '1.048576e+06', '1.6777216e+07', '+Inf']);
  });

  it('takes a series away', async () => {
    const metrics = new PrometheusMetrics();
    metrics.counter(SENT, { exporter: 'a' });
    metrics.counter(SENT, { exporter: 'b' });
    metrics.remove(SENT, { exporter: 'a' });
    metrics.remove(QUEUE, { exporter: 'a' });
    expect((await linesOf(metrics)).slice(2)).toEqual([
      'otelcol_exporter_sent_spans{exporter="b"} 0',
    ]);
  });

  it('describes the process and the scope when it shall', async () => {
    const metrics = new PrometheusMetrics({ resource: { 'service.name': 'gateway' } });
    metrics.counter(SENT);
    const shape = { ...DEFAULT_SHAPE, withoutScopeInfo: false, withoutTypeSuffix: false };
    expect((await linesOf(metrics, shape)).filter((line) => !line.startsWith('#'))).toEqual([
      'target_info{service_name="gateway"} 1',
      'otelcol_exporter_sent_spans_total{otel_scope_name='
        + '"go.opentelemetry.io/collector/exporter/exporterhelper"'
        + ',otel_scope_schema_url="",otel_scope_version=""} 0',
    ]);
  });

  it('refuses to be two kinds of thing under one name', () => {
    const metrics = new PrometheusMetrics();
    metrics.counter(QUEUE);
    expect(() => metrics.gauge(QUEUE)).toThrow(
      'metric otelcol_exporter_queue_size: must stay a counter, got a gauge');
  });

  it.each([
    ['none', []],
    ['basic', ['otelcol_exporter_sent_spans']],
    ['normal', ['otelcol_exporter_sent_spans', 'otelcol_processor_batch_timeout_trigger_send']],
    ['detailed', ['otelcol_exporter_sent_spans', 'otelcol_processor_batch_timeout_trigger_send',
      'otelcol_exporter_enqueue_size_count']],
  ] as [MetricsLevel, string[]][])('shows at level %s only %j', async (level, names) => {
    const metrics = new PrometheusMetrics({ level });
    metrics.counter(SENT).add(1);
    metrics.counter({ ...SENT, name: 'otelcol_processor_batch_timeout_trigger_send' }).add(1);
    metrics.histogram({ ...LATENCY, name: 'otelcol_exporter_enqueue_size', boundaries: [] })
      .record(1);
    const shown = (await linesOf(metrics)).filter((line) => !/^#|_bucket|_sum/.test(line));
    expect(shown.map((line) => line.split(' ')[0])).toEqual(names);
  });

  it('adds up failures below level detailed, and tells them apart at it', () => {
    const name = 'otelcol_exporter_send_failed_spans';
    for (const [level, total] of [['normal', undefined], ['detailed', 2]] as const) {
      const metrics = new PrometheusMetrics({ level });
      metrics.counter({ ...SENT, name }, { 'exporter': 'a', 'error.type': 'Unavailable' }).add(2);
      metrics.counter({ ...SENT, name }, { exporter: 'a' }).add(1);
      expect(metrics.value(name)).toBe(3);
      expect(metrics.value(name, { 'error.type': 'Unavailable' })).toBe(total);
    }
  });
});
