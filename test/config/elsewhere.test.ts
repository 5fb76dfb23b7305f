/**
 * What only upstream has: it is written and checked for upstream's collectors, and refused by this
 * runtime.
 */
import { Duration } from 'cdk8s';
import {
  basicAuthExtension, bearerTokenAuthExtension, datadogExporter, fileStorageExtension,
  headersSetterExtension, healthCheckExtension, loadBalancingExporter, oauth2ClientExtension,
  otlpGrpcExporter, otlpHttpExporter, otlpReceiver, problemReport, prometheusReceiver,
  readCollectorConfig, resourceProcessor, type Part,
} from '../../src/config';

const NOT_HERE = 'of the OpenTelemetry Collector that this runtime does not implement';
const grpc = { endpoint: 'h:1' };
const resolver = { dns: { hostname: 'h' } };

/** What it is, its contract, YAML that holds it, and where and how this runtime refuses it. */
const KEYS: readonly (readonly [string, Part, object, string])[] = [
  ['what is known of who sent a request', headersSetterExtension,
    { headers: [{ key: 'a', from_attribute: 'subject' }] },
    `extensions.headers_setter.headers[0].from_attribute: is a key ${NOT_HERE}`],
];

/** What has no effect, its contract, YAML that holds it, and the one sentence about it. */
const EFFECTLESS: readonly (readonly [string, Part, object, string])[] = [
  ['buffers of a gRPC server', otlpReceiver,
    { protocols: { grpc: { read_buffer_size: 1, write_buffer_size: 0 } } },
    'receivers.otlp.protocols.grpc.read_buffer_size: has no effect in this runtime: it takes what a'
    + ' socket has at once, and has no buffer of its own in between'],
  ['a server that would dial', otlpReceiver,
    { protocols: { http: { dialer: { timeout: '1s' } } } },
    'receivers.otlp.protocols.http.dialer: has no effect in this runtime: servers dial nobody'],
  ['credentials of a health check', healthCheckExtension,
    { auth: { authenticator: 'basicauth' }, cors: null },
    'extensions.health_check.auth: has no effect in this runtime: health is told to everybody, and'
    + ' in one way, as by upstream'],
  ['sizes of what a gRPC client writes', otlpGrpcExporter, { ...grpc, write_buffer_size: 5 },
    'exporters.otlp_grpc.write_buffer_size: has no effect in this runtime: it gives a socket all of'
    + ' a message at once, and has no buffer of its own in between'],
  ['sizes of what an HTTP client reads', otlpHttpExporter,
    {
      endpoint: 'https://h',
      read_buffer_size: 5,
      http2_ping_timeout: '5s',
      http2_read_idle_timeout: '5s',
      force_attempt_http2: true,
    },
    'exporters.otlp_http.read_buffer_size: has no effect in this runtime: it takes what a'
    + ' socket has at once, and has no buffer of its own in between'],
  ['an older key', otlpReceiver, { protocols: { http: { idle_timeout: '5s' } } },
    'receivers.otlp.protocols.http.idle_timeout: is deprecated; write keepalive.idle_timeout'],
];

describe('what changes nothing', () => {
  test.each(EFFECTLESS)('is taken, and told: %s', (_what, part, yaml, warning) => {
    const { problems, settings, warnings } = part.read(yaml);
    expect(problems).toEqual([]);
    expect(settings).toBeDefined();
    expect(problemReport(warnings)).toBe(warning);
  });

  test('is checked as upstream checks it', () => {
    const { problems } = otlpReceiver.read({ protocols: { grpc: { read_buffer_size: -1 } } });
    expect(problemReport(problems)).toBe(
      'receivers.otlp.protocols.grpc.read_buffer_size: must be a whole number ≥ 0, got -1');
    expect(healthCheckExtension.read({ auth: 5 }).settings).toBeUndefined();
  });

  test('is written for upstream', () => {
    expect(otlpReceiver.write({ protocols: { grpc: { readBufferSize: 1 } } }))
      .toEqual({ protocols: { grpc: { read_buffer_size: 1 } } });
  });

  test('is told once for a whole configuration, with its line', () => {
    const text = [
      'receivers: { otlp: { protocols: { grpc: { read_buffer_size: 1 } } } }',
      'exporters: { debug: }',
      'service: { pipelines: { traces: { receivers: [otlp], exporters: [debug] },',
      '  logs: { receivers: [otlp], exporters: [debug] } } }',
    ].join('\n');
    const { settings, warnings } = readCollectorConfig([{ name: 'a.yaml', text }], {});
    expect(settings).toBeDefined();
    expect(problemReport(warnings)).toMatch(
      /^receivers\.otlp\.protocols\.grpc\.read_buffer_size: has no effect .* \(a\.yaml:1\)$/);
  });
});

test.each([
  [{ keepalive: {}, idle_timeout: '5s' },
    'idle_timeout: must be absent beside keepalive: write it there'],
  [{ keepalive: { idle_timeout: '1s' }, keep_alives_enabled: false },
    'keep_alives_enabled: must be absent beside keepalive: write it there'],
  [{ transport: 'unix', endpoint: '' },
    'endpoint: must be the path of a socket beside transport unix, got ""'],
  [{ transport: 'unix', endpoint: `/${'a'.repeat(107)}` },
    'endpoint: must be a path of at most 107 bytes beside transport unix, got'
    + ` "/${'a'.repeat(55)}…`],
  [{ transport: 'udp' },
    'transport: must be one of tcp, tcp4, tcp6, unix; udp is a choice of the OpenTelemetry'
    + ' Collector that this runtime does not implement'],
  [{ transport: 'foo' }, 'transport: must be one of tcp, tcp4, tcp6, unix, got "foo"'],
  [{ middlewares: [{ id: 'x' }] }, `middlewares: is a key ${NOT_HERE}`],
])('an HTTP server is refused with %j', (http, report) => {
  const { problems } = otlpReceiver.read({ protocols: { http } });
  expect(problemReport(problems)).toBe(`receivers.otlp.protocols.http.${report}`);
});

test.each<[string, object]>([
  ['tls.tpm', { tls: { tpm: { enabled: true } } }], ['middlewares', { middlewares: [{ id: 'x' }] }],
])('an HTTP client refuses %s by name', (key, more) => {
  const { problems } = otlpHttpExporter.read({ endpoint: 'http://h', ...more });
  expect(problemReport(problems)).toBe(`exporters.otlp_http.${key}: is a key ${NOT_HERE}`);
});

test.each([
  ['idle_conn_timeout', '1s'], ['max_idle_conns', 1], ['max_idle_conns_per_host', 1],
  ['disable_keep_alives', true],
])('an HTTP client is not told %s beside keepalive', (key, value) => {
  const both = { endpoint: 'http://h', keepalive: {}, [key]: value };
  expect(problemReport(otlpHttpExporter.read(both).problems)).toBe(
    `exporters.otlp_http.${key}: must be absent beside keepalive: write it there`);
});

test('older keys of an HTTP client say the same as keepalive, and are told to be old', () => {
  const { settings, problems, warnings } = otlpHttpExporter.read({
    endpoint: 'http://h',
    idle_conn_timeout: '5s',
    max_idle_conns: 6,
    max_idle_conns_per_host: 7,
    disable_keep_alives: true,
  });
  expect(problems).toEqual([]);
  expect(settings?.keepalive).toEqual(
    { enabled: false, idleConnTimeout: 5000, maxIdleConns: 6, maxIdleConnsPerHost: 7 });
  expect(warnings.map(({ message }) => message)).toEqual([
    'is deprecated; write keepalive.idle_conn_timeout',
    'is deprecated; write keepalive.max_idle_conns',
    'is deprecated; write keepalive.max_idle_conns_per_host',
    'is deprecated; write keepalive.enabled',
  ]);
});

test('older keys of an HTTP client that say nothing may stand beside keepalive', () => {
  const { settings, problems } = otlpHttpExporter.read({
    endpoint: 'http://h', keepalive: { max_idle_conns: 3 }, disable_keep_alives: false,
  });
  expect(problems).toEqual([]);
  expect(settings?.keepalive).toMatchObject({ enabled: true, maxIdleConns: 3 });
});

test('older keys say the same as keepalive', () => {
  const { settings } = otlpReceiver.read(
    { protocols: { http: { idle_timeout: '5s', keep_alives_enabled: false } } });
  expect(settings).toMatchObject(
    { protocols: { http: { keepalive: { enabled: false, idleTimeout: 5000 } } } });
});

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
  ['batches of a queue that is told to count requests', otlpGrpcExporter,
    { ...grpc, sending_queue: { sizer: 'requests', batch: {} } },
    'sending_queue.batch.sizer: must be items or bytes beside a queue that is told to count'
    + ' requests, got nothing'],
  ['one key twice', otlpGrpcExporter,
    { ...grpc, sending_queue: { batch: { partition: { metadata_keys: ['a', 'A'] } } } },
    'sending_queue.batch.partition.metadata_keys[1]: must differ from all others in more than'
    + ' case, got "a"'],
  ['partitions that are forgotten at once', otlpGrpcExporter,
    { ...grpc, sending_queue: { batch: { partition: { idle_timeout: '0s', cache_size: 1 } } } },
    'sending_queue.batch.partition.idle_timeout: must be more than 0s, got 0s'],
  ['no partition', otlpGrpcExporter,
    { ...grpc, sending_queue: { batch: { partition: { cache_size: 0 } } } },
    'sending_queue.batch.partition.cache_size: must be a whole number ≥ 1, got 0'],
  ['a storage without a name', otlpGrpcExporter,
    { ...grpc, sending_queue: { storage: 'bad id/' } },
    'sending_queue.storage: must be type or type/name: the part after / is empty, got "bad id/"'],
  ['files that are never large enough', fileStorageExtension,
    { max_size: 1048576, compaction: { on_rebound: true } },
    'compaction.rebound_needed_threshold_mib: must be at most max_size (1048576 bytes), got 100\n'
    + 'compaction.rebound_trigger_threshold_mib: must be at most max_size (1048576 bytes), got 10'],
  ['a compression that gRPC has not', otlpGrpcExporter, { ...grpc, compression: 'lz4' },
    'compression: must be one of gzip, zstd, snappy, none, "", got "lz4"'],
  ['a compression of nobody', otlpHttpExporter, { endpoint: 'http://h', compression: 'br' },
    'compression: must be one of gzip, zstd, zlib, deflate, snappy, x-snappy-framed, lz4, none, "",'
    + ' got "br"'],
  ['a cipher suite that is not safe', otlpGrpcExporter,
    { ...grpc, tls: { cipher_suites: ['TLS_RSA_WITH_AES_128_CBC_SHA'] } },
    'tls.cipher_suites[0]: needs include_insecure_cipher_suites beside it, got'
    + ' "TLS_RSA_WITH_AES_128_CBC_SHA"'],
  ['a curve of nobody', otlpGrpcExporter, { ...grpc, tls: { curve_preferences: ['P255'] } },
    'tls.curve_preferences[0]: must be one of X25519MLKEM768, X25519, P256, P384, P521, got'
    + ' "P255"'],
  ['two names of one server', otlpGrpcExporter,
    { ...grpc, authority: 'a', tls: { server_name_override: 'b' } },
    'authority: must be tls.server_name_override (b) where both are given, got a'],
  ['a proxy that is none', otlpHttpExporter,
    { endpoint: 'http://h', proxy_url: 'socks5://u:secret@h' },
    'proxy_url: must be a URL such as http://host:3128'],
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
  ['a backend that nobody can reach', loadBalancingExporter,
    {
      resolver: {
        static: {
          hostnames: ['a', 'a:1', '::1', '[::1]', '[::1]:1', 'http://a:1', 'a:', 'a:otlp', 'a b'],
        },
      },
    },
    'resolver.static.hostnames[6]: must end in a port from 0 to 65535, got "a:"\n'
    + 'resolver.static.hostnames[7]: must end in a port from 0 to 65535, got "a:otlp"\n'
    + 'resolver.static.hostnames[8]: must not hold spaces, got "a b"'],
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
  ['two ways to let requests in', basicAuthExtension,
    { htpasswd: { inline: 'a:b' }, client_auth: { username: 'a' } },
    'client_auth: must be absent beside htpasswd: configure a second basicauth'],
  ['nobody', basicAuthExtension, {},
    'must hold htpasswd, for what is received, or client_auth, for what is sent'],
  ['nobody to let in', basicAuthExtension, { htpasswd: {} },
    'htpasswd: must hold file or inline'],
  ['a name with a colon', basicAuthExtension, { client_auth: { username: 'a:b' } },
    'client_auth.username: must not hold a colon: it ends the name'],
  ['no headers', headersSetterExtension, { headers: [] },
    'headers: must hold at least one header'],
  ['a header from nowhere', headersSetterExtension, { headers: [{ key: 'a' }] },
    'headers[0]: must hold one of value, value_file, from_context and from_attribute, and only'
    + ' one'],
  ['a header from two places', headersSetterExtension,
    { headers: [{ key: 'a', value: 'b', value_file: '/c' }] },
    'headers[0]: must hold one of value, value_file, from_context and from_attribute, and only'
    + ' one'],
  ['a header without a name', headersSetterExtension, { headers: [{ key: '', value: 'a' }] },
    'headers[0].key: must name a header'],
  ['a client without a name', oauth2ClientExtension, { token_url: 'https://h', client_secret: 's' },
    'must hold client_id or client_id_file'],
  ['a client without a secret', oauth2ClientExtension, { token_url: 'https://h', client_id: 'a' },
    'must hold client_secret or client_secret_file'],
  ['tokens from nowhere', oauth2ClientExtension,
    { token_url: 'h/token', client_id: 'a', client_secret: 's' },
    'token_url: must be a URL such as https://login.example/oauth2/token, got "h/token"'],
  ['an authority twice', otlpGrpcExporter, { ...grpc, tls: { ca_file: 'a', ca_pem: 'b' } },
    'tls.ca_pem: must be absent beside ca_file: give one of them'],
  ['a certificate without a key', otlpGrpcExporter, { ...grpc, tls: { cert_pem: 'a' } },
    'tls.key_file: is required beside cert_pem: a certificate is used with its key'],
  ['a key without a certificate', otlpGrpcExporter, { ...grpc, tls: { key_file: 'a' } },
    'tls.cert_file: is required beside key_file: a key is used with its certificate'],
  ['no version of TLS', otlpGrpcExporter,
    { ...grpc, tls: { min_version: '1.3', max_version: '1.2' } },
    'tls.max_version: must be at least min_version (1.3), got 1.2'],
  ['a server that shows nothing', otlpReceiver, { protocols: { grpc: { tls: {} } } },
    'protocols.grpc.tls.cert_file: must name a file: a server needs a certificate\n'
    + 'protocols.grpc.tls.key_file: must name a file: a server needs a private key'],
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
      + ' otlp_http, load_balancing, debug, file, nop (a:1)',
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
