import { Duration } from 'cdk8s';
import { synthesized } from './synthesized';
import {
  Backend, GatewayDeployment, Resolver, Retry, SecretReference, SendingQueue, Signal,
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
    ['gateway-finds-store', 'a'], ['gateway-finds-store', 'b'],
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
