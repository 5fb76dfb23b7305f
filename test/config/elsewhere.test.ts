/**
 * What only upstream has: it is written and checked for upstream's collectors, and refused by this
 * runtime.
 */
import { Duration } from 'cdk8s';
import {
  bearerTokenAuthExtension, datadogExporter, loadBalancingExporter, otlpGrpcExporter,
  otlpHttpExporter, otlpReceiver, prometheusReceiver, problemReport, readCollectorConfig,
  resourceProcessor, type Part,
} from '../../src/config';

const NOT_HERE = 'of the OpenTelemetry Collector that this runtime does not implement';
const grpc = { endpoint: 'h:1' };
const resolver = { dns: { hostname: 'h' } };

/** What it is, its contract, YAML that holds it, and where and how this runtime refuses it. */
const KEYS: readonly (readonly [string, Part, object, string])[] = [
  ['a queue on disk', otlpGrpcExporter,
    { ...grpc, sending_queue: { storage: 'file_storage' } },
    `exporters.otlp_grpc.sending_queue.storage: is a key ${NOT_HERE}`],
  ['batches of a queue', otlpGrpcExporter, { ...grpc, sending_queue: { batch: null } },
    `exporters.otlp_grpc.sending_queue.batch: is a key ${NOT_HERE}`],
  ['certificates that are read again', otlpGrpcExporter,
    { ...grpc, tls: { reload_interval: '1h' } },
    `exporters.otlp_grpc.tls.reload_interval: is a key ${NOT_HERE}`],
  ['a server\'s certificates that are read again', otlpReceiver,
    { protocols: { grpc: { tls: { cert_file: 'c', key_file: 'k', reload_interval: '1h' } } } },
    `receivers.otlp.protocols.grpc.tls.reload_interval: is a key ${NOT_HERE}`],
  ['credentials over gRPC', otlpGrpcExporter, { ...grpc, auth: { authenticator: 'a' } },
    `exporters.otlp_grpc.auth: is a key ${NOT_HERE}`],
  ['credentials over HTTP', otlpHttpExporter,
    { endpoint: 'http://h', auth: { authenticator: 'a' } },
    `exporters.otlp_http.auth: is a key ${NOT_HERE}`],
  ['guards of servers', otlpReceiver, {
    protocols: { grpc: { auth: { authenticator: 'a' } }, http: { auth: { authenticator: 'a' } } },
  }, `receivers.otlp.protocols.grpc.auth: is a key ${NOT_HERE}\n`
    + `receivers.otlp.protocols.http.auth: is a key ${NOT_HERE}`],
  ['routing by service', loadBalancingExporter, { resolver, routing_key: 'service' },
    'exporters.load_balancing.routing_key: must be one of traceID, ""; service is a choice'
    + ` ${NOT_HERE}`],
  ['routing by attributes', loadBalancingExporter,
    { resolver, routing_key: 'attributes', routing_attributes: ['a'] },
    'exporters.load_balancing.routing_key: must be one of traceID, ""; attributes is a choice'
    + ` ${NOT_HERE}\nexporters.load_balancing.routing_attributes: is a key ${NOT_HERE}`],
];

describe('what only upstream has', () => {
  test.each(KEYS)('is refused by this runtime: %s', (_what, part, yaml, report) => {
    const { problems } = part.read(yaml);
    expect(problemReport(problems)).toBe(report);
    expect(problems.filter(({ upstreamOnly }) => upstreamOnly !== true)).toEqual([]);
  });

  test.each(KEYS)('is read for upstream nevertheless: %s', (_what, part, yaml) => {
    expect(part.read(yaml).settings).toBeDefined();
  });

  test('is no mistake when it says what absence means', () => {
    expect(otlpGrpcExporter.read({
      ...grpc,
      auth: null,
      tls: { reload_interval: '0s' },
      sending_queue: { storage: null, batch: { enabled: false } },
    }).problems).toEqual([]);
  });

  test('is written', () => {
    expect(otlpGrpcExporter.write({
      endpoint: 'h:1',
      auth: { authenticator: 'bearertokenauth' },
      tls: { reloadInterval: Duration.hours(1) },
      sendingQueue: { storage: 'file_storage', batch: { flushTimeout: Duration.seconds(1) } },
    })).toEqual({
      endpoint: 'h:1',
      auth: { authenticator: 'bearertokenauth' },
      tls: { reload_interval: '1h' },
      sending_queue: { storage: 'file_storage', batch: { flush_timeout: '1s' } },
    });
    expect(loadBalancingExporter.write(
      { resolver: { static: { hostnames: ['h'] } }, routingKey: 'service' })).toMatchObject(
      { routing_key: 'service' });
  });

  test('does not hide mistakes that lie elsewhere', () => {
    expect(() => otlpGrpcExporter.write({ endpoint: 'h', sendingQueue: { storage: 'a' } }))
      .toThrow('exporters.otlp_grpc.endpoint: must be host:port, got "h"');
  });
});

/** What is wrong, its contract, YAML, and the one sentence about it. */
const MISTAKES: readonly (readonly [string, Part, object, string])[] = [
  ['a batch that no queue holds', otlpGrpcExporter,
    { ...grpc, sending_queue: { sizer: 'items', batch: {} } },
    'sending_queue.batch.min_size: must be at most queue_size (1000), got 8192'],
  ['batches of unlike sizes', otlpGrpcExporter,
    { ...grpc, sending_queue: { batch: { min_size: 5, max_size: 4 } } },
    'sending_queue.batch.max_size: must be 0 or at least min_size (5), got 4'],
  ['batches that are never sent', otlpGrpcExporter,
    { ...grpc, sending_queue: { batch: { flush_timeout: '0s' } } },
    'sending_queue.batch.flush_timeout: must be more than 0s, got 0s'],
  ['batches of requests', otlpGrpcExporter,
    { ...grpc, sending_queue: { batch: { sizer: 'requests' } } },
    'sending_queue.batch.sizer: must be one of items, bytes, got "requests"'],
  ['waiting for what is kept', otlpGrpcExporter,
    { ...grpc, sending_queue: { storage: 'a', wait_for_result: true } },
    'sending_queue.wait_for_result: must be false beside storage: what is kept is answered at'
    + ' once'],
  ['a compression that gRPC has not', otlpGrpcExporter, { ...grpc, compression: 'lz4' },
    'compression: must be one of gzip, zstd, snappy, none, "", got "lz4"'],
  ['a compression of nobody', otlpHttpExporter, { endpoint: 'http://h', compression: 'br' },
    'compression: must be one of gzip, zstd, zlib, deflate, snappy, x-snappy-framed, lz4, none, "",'
    + ' got "br"'],
  ['a level that gzip has not', otlpHttpExporter,
    { endpoint: 'http://h', compression_params: { level: 11 } },
    'compression_params.level: must be from -2 to 9 for gzip, got 11'],
  ['a level of what has none', otlpHttpExporter,
    { endpoint: 'http://h', compression: 'lz4', compression_params: { level: 1 } },
    'compression_params.level: must be 0 for lz4, got 1'],
  ['an authenticator without a name', otlpGrpcExporter, { ...grpc, auth: {} },
    'auth.authenticator: is required and must be a text'],
  ['attributes that decide nothing', loadBalancingExporter,
    { resolver, routing_attributes: ['a'] },
    'routing_attributes: needs routing_key attributes, got ""'],
  ['nothing that decides', loadBalancingExporter, { resolver, routing_key: 'attributes' },
    'routing_attributes: must name at least one attribute beside routing_key attributes'],
  ['nothing to scrape', prometheusReceiver, { config: { scrape_configs: [] } },
    'config.scrape_configs: must hold at least one, unless a target_allocator hands them out'],
  ['an action without a value', resourceProcessor,
    { attributes: [{ key: 'a', action: 'insert' }] },
    'attributes[0].value: or else from_attribute or from_context is required for insert, and one'
    + ' only'],
  ['a pattern in vain', resourceProcessor,
    { attributes: [{ key: 'a', action: 'upsert', value: 0, pattern: 'b' }] },
    'attributes[0].pattern: has no meaning for upsert'],
  ['a value in vain', resourceProcessor,
    { attributes: [{ key: 'a', action: 'DELETE', value: false }] },
    'attributes[0].value: has no meaning for delete'],
  ['no token', bearerTokenAuthExtension, {}, 'must hold one of token, tokens and filename'],
  ['a key that is a number', datadogExporter, { api: { key: 4711 } },
    'api.key: must be a text (put it in quotes)'],
  ['no key', datadogExporter, { api: {} }, 'api.key: is required and must be a text'],
];

test.each(MISTAKES)('upstream would not take %s', (_what, part, yaml, report) => {
  const mistakes = part.read(yaml, []).problems.filter(({ upstreamOnly }) => !upstreamOnly);
  expect(problemReport(mistakes)).toBe(report);
});

/** A configuration with one receiver and one exporter. */
function configuration(receiver: string, exporter: string): string {
  return JSON.stringify({
    receivers: { [receiver]: receiver === 'otlp' ? { protocols: { grpc: null } } : {} },
    exporters: { [exporter]: { endpoint: 'h' } },
    service: { pipelines: { metrics: { receivers: [receiver], exporters: [exporter] } } },
  });
}

function read(text: string, unknownComponents: 'accept' | 'refuse') {
  const { problems } = readCollectorConfig([{ text, name: 'a' }], {}, { unknownComponents });
  return problemReport(problems);
}

describe('components that only upstream has', () => {
  test.each([
    ['host_metrics', 'prometheus_remote_write'], ['hostmetrics', 'prometheusremotewrite'],
  ])('are checked for upstream: %s', (receiver, exporter) => {
    expect(read(configuration(receiver, exporter), 'accept')).toBe([
      `receivers.${receiver}.scrapers: must hold at least one scraper, such as cpu (a:1)`,
      `exporters.${exporter}.endpoint: must be a URL such as http://prometheus:9090/api/v1/write,`
      + ' got "h" (a:1)',
    ].join('\n'));
  });

  test('are refused by this runtime, by their name', () => {
    expect(read(configuration('host_metrics', 'prometheus'), 'refuse')).toBe([
      `receivers.host_metrics: host_metrics is a receiver ${NOT_HERE}; the receivers are otlp`
      + ' (a:1)',
      `exporters.prometheus: prometheus is an exporter ${NOT_HERE}; the exporters are otlp_grpc,`
      + ' otlp_http, load_balancing, debug (a:1)',
    ].join('\n'));
  });

  test('may stand in sections that we do not know them in', () => {
    expect(read(configuration('prometheusremotewrite', 'otlp_http').replace('"h"', '"http://h"'),
      'accept')).toBe('');
  });

  test('carry the signals that they carry', () => {
    const text = configuration('otlp', 'prometheus').replace('"h"', '":1"')
      .replace('"metrics"', '"logs"');
    expect(read(text, 'accept')).toBe(
      'service.pipelines.logs.exporters[0]: names prometheus, which carries metrics only (a:1)\n'
      + '  → remove it from this pipeline of logs');
  });
});
