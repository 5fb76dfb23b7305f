import { Duration } from 'cdk8s';
import { complaints, synthesized } from './synthesized';
import {
  Backend, CollectorImage, DebugVerbosity, GatewayDeployment, Resolver, Retry, SecretReference,
  SendingQueue, Signal,
} from '../src';

function written(backend: Backend) {
  return synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo: [backend] });
  }).configOf('gateway');
}

test('a store is sent to as it wants it', () => {
  const { exporters } = written(Backend.otlp('store', {
    endpoint: 'store:4317',
    compression: 'none',
    headers: { 'x-scope-orgid': 'team-a' },
    secretHeaders: { authorization: SecretReference.of('store-token', 'value') },
    retry: Retry.upTo(Duration.minutes(10), { initialInterval: Duration.seconds(2) }),
    queue: SendingQueue.inMemory({ requests: 10, consumers: 2, blockOnOverflow: true }),
  }));
  expect(exporters['otlp_grpc/store']).toEqual({
    endpoint: 'store:4317',
    compression: 'none',
    headers: { 'x-scope-orgid': 'team-a', 'authorization': '${env:STORE_TOKEN_VALUE}' },
    tls: { insecure: true },
    retry_on_failure: { initial_interval: '2s', max_elapsed_time: '10m' },
    sending_queue: { enabled: true, queue_size: 10, num_consumers: 2, block_on_overflow: true },
  });
});

test('a store that speaks HTTP is sent to over HTTP', () => {
  expect(written(Backend.otlpHttp('store', {
    endpoint: 'https://store.example.com', queue: SendingQueue.none(), retry: Retry.never(),
  })).exporters['otlp_http/store']).toEqual({
    endpoint: 'https://store.example.com',
    retry_on_failure: { enabled: false },
    sending_queue: { enabled: false },
  });
});

test('several stores get a trace each, and traces only', () => {
  const { exporters, service } = written(Backend.loadBalanced('stores', {
    resolver: Resolver.dns('stores.ns.svc', { port: 9000 }), retry: Retry.never(),
  }));
  expect(exporters['load_balancing/stores']).toMatchObject({
    resolver: { dns: { hostname: 'stores.ns.svc', port: '9000' } },
    protocol: { otlp: { tls: { insecure: true } } },
    retry_on_failure: { enabled: false },
    sending_queue: { enabled: true },
  });
  expect(Object.keys(service.pipelines)).toEqual(['traces']);
});

test('who looks stores up in the cluster may do so where they are', () => {
  const resolver = (namespace: string) => Resolver.kubernetes({ name: 'store', namespace });
  const objects = synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo: ['a', 'b', 'b'].map((namespace, index) =>
        Backend.loadBalanced(`store-${index}`, { resolver: resolver(namespace) })),
    });
  });
  const roles = objects.all.filter(({ kind }) => kind === 'Role');
  expect(roles.map(({ metadata }) => [metadata.name, metadata.namespace])).toEqual([
    ['observability.gateway-finds-store', 'a'], ['observability.gateway-finds-store', 'b'],
  ]);
});

test('a backend takes part in the pipelines of its signals', () => {
  const { service } = written(Backend.otlp(
    'store', { endpoint: 'store:4317', signals: [Signal.LOGS] }));
  expect(service.pipelines).toEqual({
    logs: {
      receivers: ['otlp'], processors: ['memory_limiter', 'batch'], exporters: ['otlp_grpc/store'],
    },
  });
});

test('an exporter of its type\'s name needs no second name', () => {
  expect(Object.keys(written(Backend.fromYaml('debug', 'debug', {})).exporters))
    .toEqual(['debug']);
  expect(Object.keys(written(Backend.fromYaml('seen', 'debug', {})).exporters))
    .toEqual(['debug/seen']);
});

describe('a store whose certificate comes from an authority of one\'s own', () => {
  const objects = synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo: [Backend.otlp('Store.1', {
        endpoint: 'store:4317',
        certificateAuthority: SecretReference.of('store-ca', 'root.pem'),
        clientCertificate: 'gateway-client',
        tls: { serverNameOverride: 'store.example.com' },
      })],
    });
  });
  const { tls } = objects.configOf('gateway').exporters['otlp_grpc/Store.1'];
  const { containers, volumes } = objects.podOf('gateway').spec;
  const { name, projected } = volumes.at(-1);

  test('is reached by TLS with that authority, and is shown who sends', () => {
    const { mountPath } = containers[0].volumeMounts.find((mount: any) => mount.name === name);
    expect(tls).toEqual({
      ca_file: `${mountPath}/ca.crt`,
      cert_file: `${mountPath}/tls.crt`,
      key_file: `${mountPath}/tls.key`,
      server_name_override: 'store.example.com',
    });
  });

  test('gives its Secrets to the pod as files', () => {
    expect(projected.sources.map(({ secret }: any) => [secret.name, secret.items])).toEqual([
      ['gateway-client', [
        { key: 'tls.crt', path: 'tls.crt' }, { key: 'tls.key', path: 'tls.key' },
      ]],
      ['store-ca', [{ key: 'root.pem', path: 'ca.crt' }]],
    ]);
  });
});

test('metrics are written to Prometheus', () => {
  const { exporters, service } = written(Backend.prometheusRemoteWrite('prometheus', {
    endpoint: 'https://prometheus:9090/api/v1/write',
    headers: { 'x-scope-orgid': 'shop' },
    secretHeaders: { authorization: SecretReference.of('prometheus', 'token') },
    namespace: 'shop',
    externalLabels: { cluster: 'production' },
    resourceToTelemetry: true,
    retry: Retry.upTo(Duration.minutes(10)),
    queue: SendingQueue.inMemory({ requests: 500, consumers: 1 }),
  }));
  expect(exporters['prometheus_remote_write/prometheus']).toEqual({
    endpoint: 'https://prometheus:9090/api/v1/write',
    headers: { 'x-scope-orgid': 'shop', 'authorization': '${env:PROMETHEUS_TOKEN}' },
    namespace: 'shop',
    external_labels: { cluster: 'production' },
    resource_to_telemetry_conversion: { enabled: true },
    retry_on_failure: { max_elapsed_time: '10m' },
    remote_write_queue: { enabled: true, queue_size: 500, num_consumers: 1 },
  });
  expect(Object.keys(service.pipelines)).toEqual(['metrics']);
});

test('an older collector is told the name of its time', () => {
  const { exporters } = synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      image: CollectorImage.contrib('0.150.0'),
      exportTo: [Backend.prometheusRemoteWrite('p', { endpoint: 'http://p:9090/api/v1/write' })],
    });
  }).configOf('gateway');
  expect(Object.keys(exporters)).toEqual(['prometheusremotewrite/p']);
});

test('metrics are shown to Prometheus on a port of the pods and of the Service', () => {
  const objects = synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo: [Backend.prometheus('shown', {
        constLabels: { cluster: 'production' }, metricExpiration: Duration.minutes(2),
      })],
    });
  });
  expect(objects.configOf('gateway').exporters['prometheus/shown']).toEqual({
    endpoint: '[${env:POD_IP}]:8889',
    const_labels: { cluster: 'production' },
    metric_expiration: '2m',
  });
  expect(objects.podOf('gateway').spec.containers[0].ports)
    .toContainEqual({ name: 'prom-8889', containerPort: 8889, protocol: 'TCP' });
  expect(objects.get('Service', 'gateway').spec.ports).toContainEqual({
    name: 'prom-8889', port: 8889, protocol: 'TCP', targetPort: 'prom-8889', appProtocol: 'http',
  });
});

test('what comes by is logged as far as it is asked for', () => {
  expect(written(Backend.debug('seen', { verbosity: DebugVerbosity.DETAILED })).exporters)
    .toEqual({ 'debug/seen': { verbosity: 'detailed' } });
});

describe('options that cannot be right', () => {
  const apiKey = SecretReference.of('datadog', 'key');
  const raw = (options: object) => options as never;
  test.each<[string, Backend, RegExp]>([
    ['a key of Datadog in plain text', Backend.datadog('d', raw({ apiKey: 'abcdef' })),
      /exportTo \(d\): apiKey: must be a SecretReference, for a key has no place in a ConfigMap/],
    ['no key of Datadog', Backend.datadog('d', raw({})), /apiKey: must be .* got nothing/],
    ['a URL for a site', Backend.datadog('d', { apiKey, site: 'https://datadoghq.eu' }),
      /site: must be the site of an account, without https:\/\/, got .* → give `site` 'datadog/],
    ['one pattern for a list', Backend.datadog('d', {
      apiKey, traces: raw({ ignoreResources: 'GET /' }),
    }), /exportTo \(d\): traces\.ignoreResources: must be a list of regular expressions/],
    ['traces for Prometheus', Backend.prometheus('p', { signals: [Signal.TRACES] }),
      /exportTo \(p\): signals: it takes metrics only, got traces\. → leave/],
    ['a privileged port', Backend.prometheus('p', { port: 80 }), /port: must be a whole .* 80/],
    ['a host for a URL', Backend.prometheusRemoteWrite('p', { endpoint: 'prometheus:9090' }),
      /endpoint: must be a URL, got "prometheus:9090"\. → give `endpoint`/],
    ['a queue that remote write does not have', Backend.prometheusRemoteWrite('p', {
      endpoint: 'http://p/write', queue: SendingQueue.inMemory({ blockOnOverflow: true }),
    }), /exportTo \(p\): queue: must count requests in memory.* got blockOnOverflow\. → /],
    ['a text for an authority', Backend.otlp('s', {
      endpoint: 's:1', certificateAuthority: raw('ca.pem' as never),
    }), /certificateAuthority: must be a SecretReference/],
    ['a word that is no verbosity', Backend.debug('d', { verbosity: raw('loud' as never) }),
      /verbosity: must be one of basic, normal, detailed, got "loud"/],
  ])('%s', (_what, backend, says) => {
    const said = complaints((chart) => {
      new GatewayDeployment(chart, 'gateway', { exportTo: [backend] });
    }).join('\n');
    expect(said).toMatch(says);
    expect(said).not.toContain('abcdef');
  });
});

describe('of one mistake one thing is said', () => {
  const raw = (options: object) => options as never;
  test.each<[string, () => Backend]>([
    ['Prometheus without a URL', () => Backend.prometheusRemoteWrite('p', raw({}))],
    ['Datadog without a key', () => Backend.datadog('d', raw({}))],
    ['Datadog without anything', () => Backend.datadog('d', undefined as never)],
    ['a path that is added anyway',
      () => Backend.otlpHttp('s', { endpoint: 'http://s:4318/v1/logs' })],
    ['stores that nobody finds', () => Backend.loadBalanced('s', raw({}))],
    ['no options for HTTP', () => Backend.otlpHttp('s', undefined as never)],
  ])('%s', (_what, backend) => {
    expect(complaints((chart) => {
      new GatewayDeployment(chart, 'gateway', { exportTo: [backend()] });
    })).toHaveLength(1);
  });
});
