import { changedParts } from './changed-parts';
import { contracts, readCollectorConfig, type CollectorSettings } from './config';

const BASE = {
  receivers: { otlp: { protocols: { grpc: null } } },
  processors: {
    batch: {},
    tail_sampling: { policies: [{ name: 'all', type: 'always_sample' }] },
  },
  exporters: { 'nop': {}, 'nop/b': {} },
  extensions: { health_check: {} },
  service: {
    extensions: ['health_check'],
    pipelines: {
      traces: {
        receivers: ['otlp'], processors: ['tail_sampling', 'batch'], exporters: ['nop', 'nop/b'],
      },
    },
  },
};

function settingsOf(change: (config: typeof BASE) => void): CollectorSettings {
  const config = structuredClone(BASE);
  change(config);
  const text = JSON.stringify(config);
  const reading = readCollectorConfig([{ name: 'test', text }], {}, { contracts });
  expect(reading.problems).toEqual([]);
  return reading.settings as CollectorSettings;
}

const before = settingsOf(() => undefined);

test.each<[string, (config: typeof BASE) => void, object]>([
  ['nothing', () => undefined, { processors: [], others: [] }],
  ['a processor', (config) => {
    config.processors.tail_sampling.policies[0].name = 'other';
  }, { processors: ['tail_sampling'], others: [] }],
  ['a receiver', (config) => {
    Object.assign(config.receivers.otlp.protocols, { http: null });
  }, { processors: [], others: ['receivers.otlp'] }],
  ['a processor that is gone', (config) => {
    delete (config.processors as Partial<typeof config.processors>).batch;
    config.service.pipelines.traces.processors.pop();
  }, { processors: [], others: ['processors.batch', 'service.pipelines'] }],
  ['the order of a pipeline', (config) => {
    config.service.pipelines.traces.processors.reverse();
  }, { processors: [], others: ['service.pipelines'] }],
  ['what runs, and what is told', (config) => {
    config.service.extensions.pop();
    delete (config as Partial<typeof config>).extensions;
    Object.assign(config.service, { telemetry: { logs: { level: 'DEBUG' } } });
  }, {
    processors: [],
    others: ['extensions.health_check', 'service.extensions', 'service.telemetry'],
  }],
])('%s: its name is found', (_name, change, expected) => {
  expect(changedParts(before, settingsOf(change))).toEqual(expected);
});
