import { createDebugExporter } from './debug';
import type { DebugSettings } from '../../config';
import { MalformedError } from '../../errors';
import { createPayload } from '../../pipeline/payload';
import { exporterContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';
import { samplePayload } from '../../testing/sample-payload';

const SETTINGS: DebugSettings = {
  verbosity: 'basic', samplingInitial: 2, samplingThereafter: 1,
};

function debugOf(settings: Partial<DebugSettings> = {}) {
  const context = exporterContext('debug');
  return { exporter: createDebugExporter({ ...SETTINGS, ...settings }, context), ...context };
}

componentSuite('debug', {
  kind: 'exporter',
  make: () => {
    const { exporter, clock } = debugOf({ verbosity: 'detailed' });
    return { component: exporter, clock };
  },
});

describe('debug', () => {
  it.each([
    ['traces', 'Traces', { 'resource spans': 1, 'spans': 3 }],
    ['metrics', 'Metrics', { 'resource metrics': 1, 'metrics': 3, 'data points': 3 }],
    ['logs', 'Logs', { 'resource logs': 1, 'log records': 3 }],
  ] as const)('counts %s in one line', async (signal, message, fields) => {
    const { exporter, log, metrics } = debugOf();
    await exporter.consume(samplePayload(signal, 3));
    expect(log.lines).toEqual([{ level: 'info', message, fields }]);
    const items = { traces: 'spans', metrics: 'metric_points', logs: 'log_records' }[signal];
    expect(metrics.value(`otelcol_exporter_sent_${items}`, { exporter: 'debug' })).toBe(3);
  });

  it('names each item in a second line at verbosity normal', async () => {
    const { exporter, log } = debugOf({ verbosity: 'normal' });
    await exporter.consume(samplePayload('traces', 2, 'shop'));
    expect(log.messages()[1]).toMatch(
      /^ResourceTraces #0.* service\.name=shop\nScopeTraces #0 tests@1.*\nshop-0 .*\nshop-1 .*\n$/);
  });

  it('tells all of each item in a second line at verbosity detailed', async () => {
    const { exporter, log } = debugOf({ verbosity: 'detailed' });
    await exporter.consume(samplePayload('logs', 1, 'disk'));
    expect(log.messages()).toHaveLength(2);
    expect(log.messages()[1]).toContain('LogRecord #0');
    expect(log.messages()[1]).toContain('Body: Str(disk-0)');
  });

  it('shows the first payloads of a second and then every so many, each signal apart', async () => {
    const { exporter, log, clock } = debugOf({ samplingInitial: 1, samplingThereafter: 3 });
    for (let i = 1; i <= 7; i++) await exporter.consume(samplePayload('traces', i));
    expect(log.lines.map(({ fields }) => fields.spans)).toEqual([1, 4, 7]);
    await exporter.consume(samplePayload('logs', 1));
    await clock.advance(1000);
    await exporter.consume(samplePayload('traces', 8));
    expect(log.lines).toHaveLength(5);
  });

  it('refuses bytes that it cannot read, and counts them', () => {
    const { exporter, metrics } = debugOf();
    const broken = createPayload('traces', [Uint8Array.of(0x0a, 0x7f)], 2);
    expect(() => exporter.consume(broken)).toThrow(MalformedError);
    expect(metrics.value('otelcol_exporter_send_failed_spans')).toBe(2);
  });
});
