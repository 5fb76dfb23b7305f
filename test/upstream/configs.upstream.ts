/** What the constructs write, before the real OpenTelemetry Collector. */
import { mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { parse, stringify } from 'yaml';
import { upstreamComplaint } from './upstream-collector';
import { exampleNames, objectsIn, synthesizeExample } from '../example-objects';

/** Types that the collector of builder.yaml does not hold; the last one is ours alone. */
const ELSEWHERE =
  /^(datadog|infraattributes|k8s_cluster|k8s_events|k8s_leader_elector|trace_peers)(\/|$)/;
/** Settings of a tail sampler that are ours alone. */
const OURS = ['peers', 'journal'];
const SECTIONS = ['receivers', 'processors', 'exporters', 'connectors', 'extensions'];
const ENV = {
  POD_IP: '127.0.0.1',
  POD_NAME: 'pod',
  POD_NAMESPACE: 'namespace',
  NODE_NAME: 'node',
  NODE_IP: '127.0.0.1',
  BACKEND_API_KEY: 'key',
  DATADOG_SECRET_API_KEY: 'key',
  DD_API_KEY: 'key',
  STORE_API_KEY: 'key',
  STORE_AUTHORIZATION: 'Bearer key',
};

const CONFIGS = exampleNames.flatMap((name) => synthesizeExample(name).flatMap((file) =>
  objectsIn(file.text)
    .filter(({ kind, data }) => kind === 'ConfigMap' && data['collector.yaml'] !== undefined)
    .map(({ metadata, data }): [string, string] =>
      [`${name}/${file.name}/${metadata.name}`, data['collector.yaml']])));

const folder = mkdtempSync(join(tmpdir(), 'otelgw-storage-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** With folders that are here in place of those that pods mount. */
function onThisMachine(text: string): string {
  return text.replace(/root_path: \/hostfs/, 'root_path: /')
    .replace(/(directory: )\/var\/lib\/otelgw\S*/g, `$1${folder}`);
}

type Section = Record<string, any>;

/** The configuration without what this build does not hold; pipelines that end in it end here. */
function buildable(text: string): string {
  const config = parse(text) as Record<string, Section>;
  for (const section of SECTIONS) {
    for (const id of Object.keys(config[section] ?? {}).filter((each) => ELSEWHERE.test(each))) {
      delete config[section][id];
    }
  }
  for (const [id, settings] of Object.entries<Section>(config.processors ?? {})) {
    if (id.startsWith('tail_sampling')) for (const key of OURS) delete settings[key];
  }
  const { service } = config;
  const held = (ids: string[] = []) => ids.filter((id) => !ELSEWHERE.test(id));
  service.extensions = held(service.extensions);
  for (const pipeline of Object.values<Section>(service.pipelines)) {
    pipeline.receivers = held(pipeline.receivers);
    pipeline.processors = held(pipeline.processors);
    pipeline.exporters = held(pipeline.exporters);
    if (pipeline.exporters.length > 0) continue;
    pipeline.exporters = ['debug'];
    config.exporters.debug ??= {};
  }
  if (Object.keys(config.connectors ?? {}).length === 0) delete config.connectors;
  return onThisMachine(stringify(config));
}

test.each(CONFIGS)('%s is accepted', (_name, config) => {
  expect(upstreamComplaint(buildable(config), ENV)).toBe('');
});

test('a setting that it does not know would be seen', () => {
  const wrong = CONFIGS.map(([, config]) => parse(config))
    .find(({ processors }) => processors.memory_limiter !== undefined);
  wrong.processors.memory_limiter.time_out = '1s';
  expect(upstreamComplaint(buildable(stringify(wrong)), ENV)).toContain('time_out');
});
