import {
  misnamedTypes, SETTING_CHANGES, unsupportedSettings, type CollectorDataLike,
} from '../../src/distribution/setting-changes';
import { DEFAULT_CHANGES } from '../../src/distribution/settings/default-changes';

function at(section: string, id: string, config: object): CollectorDataLike {
  return { [section]: { [id]: config } };
}

const queue = (settings: object) => at('exporters', 'otlp', { sending_queue: settings });
const sampler = (settings: object) => at('processors', 'tail_sampling', settings);

type Row = [what: string, data: CollectorDataLike, without: string, having: string, path: string];

/** Each of them is unknown to one version and known to its neighbour. */
const BOUNDARIES: Row[] = [
  ['blocking', queue({ blocking: true }), '0.129.0', '0.128.0', 'sending_queue.blocking'],
  ['block_on_overflow', queue({ block_on_overflow: true }), '0.122.1', '0.123.0',
    'sending_queue.block_on_overflow'],
  ['a sizer', queue({ sizer: 'bytes' }), '0.122.1', '0.123.0', 'sending_queue.sizer'],
  ['a batch with a sizer of its own', queue({ batch: { sizer: 'items', flush_timeout: '1s' } }),
    '0.129.0', '0.130.0', 'sending_queue.batch.sizer'],
  ['a batch of defaults', queue({ batch: null, sizer: 'items' }), '0.137.0', '0.138.0',
    'sending_queue.batch'],
  ['a batch without a sizer', queue({ batch: { flush_timeout: '1s' } }), '0.137.0', '0.138.0',
    'sending_queue.batch'],
  ['a persistent queue of items', queue({ sizer: 'items', storage: 'file_storage' }), '0.129.1',
    '0.130.0', 'sending_queue.sizer'],
  ['a batch by tenant', queue({ batch: { partition: { metadata_keys: ['tenant'] } } }), '0.146.1',
    '0.147.0', 'sending_queue.batch.partition'],
  ['the batcher', at('exporters', 'otlp', { batcher: {} }), '0.130.0', '0.129.0', 'batcher'],
  ['a user agent', at('exporters', 'otlp_grpc', { user_agent: 'me' }), '0.150.1', '0.151.0',
    'user_agent'],
  ['block_on_overflow of traces', sampler({ block_on_overflow: true }), '0.132.4', '0.133.0',
    'block_on_overflow'],
  ['drop_pending_traces_on_shutdown', sampler({ drop_pending_traces_on_shutdown: true }),
    '0.140.1', '0.141.0', 'drop_pending_traces_on_shutdown'],
  ['maximum_trace_size_bytes', sampler({ maximum_trace_size_bytes: 1 }), '0.144.0', '0.145.0',
    'maximum_trace_size_bytes'],
  ['num_shards', sampler({ num_shards: 2 }), '0.158.0', '0.159.0', 'num_shards'],
  ['a policy that drops', sampler({ policies: [{ type: 'latency' }, { type: 'drop' }] }),
    '0.125.0', '0.126.0', 'policies[1].type'],
  ['not within and', sampler({ policies: [{ and: { and_sub_policy: [{ type: 'not' }] } }] }),
    '0.153.0', '0.154.0', 'policies[0].and.and_sub_policy[0].type'],
  ['a pause between collections', at('processors', 'memory_limiter', {
    max_gc_interval_when_hard_limited: '10s',
  }), '0.155.0', '0.156.0', 'max_gc_interval_when_hard_limited'],
  ['labels of a Deployment', at('processors', 'k8sattributes', {
    extract: { labels: [{ from: 'pod' }, { from: 'deployment' }] },
  }), '0.127.0', '0.128.0', 'extract.labels[1].from'],
  ['a shortcut that became the way', at('processors', 'k8s_attributes', {
    extract: { deployment_name_from_replicaset: true },
  }), '0.160.0', '0.159.0', 'extract.deployment_name_from_replicaset'],
  ['the detector k8s_api', at('processors', 'resourcedetection', { detectors: ['k8s_api'] }),
    '0.153.0', '0.154.0', 'detectors[0]'],
  ['attributes of detectors', at('processors', 'resourcedetection', { attributes: ['a'] }),
    '0.142.0', '0.141.0', 'attributes'],
  ['a mirror of the corrupted', at('extensions', 'file_storage', { recreate: true }), '0.130.1',
    '0.131.0', 'recreate'],
  ['the second health check', at('extensions', 'health_check', { http: {} }), '0.141.0', '0.142.0',
    'http'],
  ['what the file hands on', at('receivers', 'filelog', { include_file_record_offset: true }),
    '0.129.1', '0.130.0', 'include_file_record_offset'],
  ['encrypted pods', at('exporters', 'loadbalancing', {
    protocol: { otlp: { tls: { include_insecure_cipher_suites: true } } },
  }), '0.153.0', '0.154.0', 'protocol.otlp.tls.include_insecure_cipher_suites'],
  ['a section of HTTP', at('receivers', 'otlp', { protocols: { http: { keepalive: {} } } }),
    '0.159.0', '0.160.0', 'protocols.http.keepalive'],
  ['the queue of debug', at('exporters', 'debug', { sending_queue: {} }), '0.135.0', '0.136.0',
    'sending_queue'],
];

test.each(BOUNDARIES)('%s is known on one side of a release only', (
  _what, data, without, having, path,
) => {
  const [section, id] = Object.entries(data).map(([key, ids]) => [key, Object.keys(ids!)[0]])[0];
  expect(unsupportedSettings(data, without).map((one) => one.path))
    .toEqual([`${section}.${id}.${path}`]);
  expect(unsupportedSettings(data, having)).toEqual([]);
});

test.each([
  [sampler({ block_on_overflow: true }), '0.120.0',
    'processors.tail_sampling.block_on_overflow: exists from 0.133 on, got an image of 0.120.0.'
    + '\n→ use an image of 0.133.0 or newer, or leave it out.'],
  [sampler({ max_bytes: 2e6 }), '0.160.0',
    'processors.tail_sampling.max_bytes: exists in the collector of this project only,'
    + ' got an image of 0.160.0.'
    + '\n→ leave it out, or use CollectorImage.runtime().'],
  [queue({ blocking: true }), '0.150.0',
    'exporters.otlp.sending_queue.blocking: exists before 0.129 only, got an image of 0.150.0.'
    + '\n→ write `block_on_overflow`.'],
  [sampler({ policies: [{ type: 'trace_flags' }] }), '0.144.0',
    'processors.tail_sampling.policies[0].type: exists as trace_flags from 0.145 on, got an image'
    + ' of 0.144.0.\n→ use an image of 0.145.0 or newer, or leave it out.'],
  [queue({ sizer: 'items', storage: 'file_storage' }), '0.125.0',
    'exporters.otlp.sending_queue.sizer: may only be requests beside `storage` before 0.130, got'
    + ' an image of 0.125.0.\n→ use an image of 0.130.0 or newer, or write requests, or leave out'
    + ' `storage`.'],
  [at('exporters', 'prometheus', { add_metric_suffixes: false }), '0.154.0',
    'exporters.prometheus.add_metric_suffixes: is not read any more from 0.154 on, got an image of'
    + ' 0.154.0.\n→ write `translation_strategy`.'],
])('%# is told with a way out', (data, version, sentence) => {
  expect(unsupportedSettings(data, version).map((one) => one.sentence)).toEqual([sentence]);
});

test('the address of the collector\'s own metrics is refused where it is not read any more', () => {
  const data = { service: { telemetry: { metrics: { address: '0.0.0.0:8888' } } } };
  expect(unsupportedSettings(data, '0.122.1')).toEqual([]);
  expect(unsupportedSettings(data, '0.123.0').map(({ path }) => path))
    .toEqual(['service.telemetry.metrics.address']);
});

test('what is wrong with a part is not told when the whole is unknown', () => {
  const batch = { sizer: 'items', partition: { metadata_keys: ['tenant'] } };
  expect(unsupportedSettings(queue({ batch }), '0.120.0').map(({ path }) => path))
    .toEqual(['exporters.otlp.sending_queue.batch']);
});

test('a batch that lacks two things is told about both', () => {
  expect(unsupportedSettings(queue({ batch: {} }), '0.131.0').map(({ sentence }) => sentence))
    .toEqual([
      expect.stringContaining('needs `sizer`'), expect.stringContaining('needs `flush_timeout`'),
    ]);
});

test('every instance of a type is looked at, under any of its names', () => {
  const data = {
    exporters: {
      'loadbalancing/a': { routing_attributes: ['a'] },
      'load_balancing/b': { routing_attributes: ['a'] },
      'nop': null,
    },
  };
  expect(unsupportedSettings(data, '0.121.0').map(({ path }) => path)).toEqual([
    'exporters.loadbalancing/a.routing_attributes', 'exporters.load_balancing/b.routing_attributes',
  ]);
});

test.each(['0.100.0', '0.119.0', '7.76.0', 'latest'])('of %s nothing is known', (version) => {
  expect(unsupportedSettings(sampler({ num_shards: 2 }), version)).toEqual([]);
  expect(misnamedTypes(at('exporters', 'otlp_grpc', {}), version)).toEqual([]);
});

test.each([
  ['exporters', 'load_balancing/sampler', '0.152.1',
    'exporters.load_balancing/sampler: is named loadbalancing before 0.153, got an image of'
    + ' 0.152.1.\n→ write loadbalancing/sampler, here and in the pipelines.'],
  ['processors', 'k8s_attributes', '0.120.0',
    'processors.k8s_attributes: is named k8sattributes before 0.146, got an image of 0.120.0.'
    + '\n→ write k8sattributes, here and in the pipelines.'],
])('%s.%s is not a name in %s', (section, id, version, sentence) => {
  expect(misnamedTypes(at(section, id, {}), version).map((one) => one.sentence))
    .toEqual([sentence]);
});

test('old names, and new ones from their version on, are names', () => {
  const data = { exporters: { otlp: {}, loadbalancing: {} }, receivers: { otlp: {} } };
  expect(misnamedTypes(data, '0.120.0')).toEqual([]);
  expect(misnamedTypes(data, '0.159.0')).toEqual([]);
  expect(misnamedTypes({ exporters: { otlp_grpc: {} } }, '0.144.0')).toEqual([]);
});

test('what only the collector of this project has is told of every image of upstream', () => {
  const data = at('processors', 'tail_sampling', {
    usetracestate: true, policies: [{}, { composite: { fair: true } }],
  });
  expect(unsupportedSettings(data, '0.160.0').map(({ sentence }) => sentence)).toEqual([
    'processors.tail_sampling.usetracestate: exists in the collector of this project only, got an'
    + ' image of 0.160.0.\n→ write the feature gate `processor.tailsamplingprocessor.usetracestate`'
    + ' in its place.',
    'processors.tail_sampling.policies[1].composite.fair: exists in the collector of this project'
    + ' only, got an image of 0.160.0.\n→ leave it out, or use CollectorImage.runtime().',
  ]);
});

test('a table of changes says of each when, and where it is known from', () => {
  const ofUpstream = SETTING_CHANGES.filter(({ isOurs }) => isOurs !== true);
  expect(ofUpstream.filter(({ since, until }) =>
    since === undefined && until === undefined)).toEqual([]);
  expect(ofUpstream.filter(({ since = 120, until = 200 }) =>
    !(since >= 120 && since < until))).toEqual([]);
  expect(ofUpstream.filter(({ source }) => !/^(core|contrib) v0\.\d{3}\.0 /.test(source)))
    .toEqual([]);
  expect(DEFAULT_CHANGES.filter(({ source, since }) => !source.includes(`v0.${since}.0 #`)))
    .toEqual([]);
});

test('no setting is told about twice', () => {
  const keys = SETTING_CHANGES.map(({ component, path, values, beside, unless }) =>
    JSON.stringify([component, path, values, beside, unless]));
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
});
