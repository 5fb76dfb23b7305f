import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDebugExporter } from './debug';
import { debugExporter, type DebugSettings } from '../../config';
import { MalformedError } from '../../errors';
import { createPayload } from '../../pipeline/payload';
import { exporterContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';
import { samplePayload } from '../../testing/sample-payload';

const SETTINGS: DebugSettings = {
  verbosity: 'basic', samplingInitial: 2, samplingThereafter: 1, useInternalLogger: true,
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

  it('refuses bytes that it cannot read, and counts them', async () => {
    const { exporter, metrics } = debugOf();
    const broken = createPayload('traces', [Uint8Array.of(0x0a, 0x7f)], 2);
    await expect(exporter.consume(broken)).rejects.toThrow(MalformedError);
    expect(metrics.value('otelcol_exporter_send_failed_spans')).toBe(2);
  });

  it('writes to files what is no line of the log, as upstream spells it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'debug-'));
    const outputPaths = ['a', 'b'].map((name) => join(folder, name));
    const { exporter, log } = debugOf({
      verbosity: 'normal', useInternalLogger: false, outputPaths,
    });
    await exporter.start();
    await exporter.consume(samplePayload('traces', 1, 'shop'));
    await exporter.stop();
    for (const path of outputPaths) {
      expect(readFileSync(path, 'utf8')).toMatch(
        /^Traces\t\{"resource spans": 1, "spans": 1\}\nResourceTraces #0.*\n.*\nshop-0 .*\n\n$/);
    }
    expect(log.lines).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it('does not start where it cannot write', async () => {
    const { exporter } = debugOf({ useInternalLogger: false, outputPaths: ['/none/of/these'] });
    await expect(exporter.start()).rejects.toThrow('exporters.debug.output_paths: must be'
      + ' stdout, stderr or files that can be written, got Error: ENOENT');
  });

  it('lets requests wait where there is a queue, and makes one of them', async () => {
    const { settings, problems } = debugExporter.read({
      sending_queue: { batch: { flush_timeout: '1s', min_size: 100 } },
    });
    expect(problems).toEqual([]);
    const { exporter, log } = debugOf(settings);
    await exporter.start();
    for (let i = 0; i < 2; i++) await exporter.consume(samplePayload('traces', 2));
    expect(log.lines).toEqual([]);
    await exporter.stop();
    expect(log.lines.map(({ fields }) => fields.spans)).toEqual([4]);
  });
});

it.each([
  [{ output_paths: ['stdout'] },
    'output_paths: must not be there unless use_internal_logger is false'],
  [{ use_internal_logger: false, output_paths: [] },
    'output_paths: must name stdout, stderr or files, got none'],
])('the settings %j are refused', (yaml, message) => {
  expect(debugExporter.read(yaml).problems.map(({ at, message: text }) =>
    `${at.join('.')}: ${text}`)).toEqual([expect.stringContaining(message)]);
});
