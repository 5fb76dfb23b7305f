import { destinations } from '../../src/graph/destinations';
import { Signal } from '../../src/graph/signal';

function sends(id: string, config: object, pipeline = 'traces') {
  return {
    exporters: { [id]: config, 'debug': {}, 'otlp/unused': { endpoint: 'nobody:1' } },
    service: { pipelines: { [pipeline]: { exporters: [id] } } },
  };
}

const PLAIN = { spread: 'connection', signals: [Signal.TRACES] };
const ROUTED = { spread: 'trace', protocol: 'grpc', signals: [Signal.TRACES] };

test.each([
  ['otlp', { endpoint: 'a:4317' }, [{ host: 'a', port: 4317, protocol: 'grpc', ...PLAIN }]],
  ['otlp_grpc/b', { endpoint: 'dns:///b.ns:1' }, [{ host: 'b.ns', port: 1, ...PLAIN }]],
  ['otlphttp', { endpoint: 'http://c:4318/x' }, [{ host: 'c', port: 4318, protocol: 'http' }]],
  ['otlp_http', { endpoint: 'https://d' }, [{ host: 'd', port: 443, ...PLAIN }]],
  ['loadbalancing', { resolver: { static: { hostnames: ['e:1', 'f'] } } }, [
    { host: 'e', port: 1, resolver: 'static', ...ROUTED },
    { host: 'f', port: 4317, resolver: 'static', ...ROUTED },
  ]],
  ['load_balancing', { resolver: { dns: { hostname: 'g', port: '5' } } },
    [{ host: 'g', port: 5, resolver: 'dns', ...ROUTED }]],
  ['load_balancing', { resolver: { k8s: { service: 'h.ns', ports: [6] } } },
    [{ host: 'h.ns', port: 6, resolver: 'k8s', ...ROUTED }]],
  ['load_balancing', { resolver: { k8s: { service: 'h', ports: [6, '7'] } } }, [
    { host: 'h', port: 6, ...ROUTED }, { host: 'h', port: 7, ...ROUTED },
  ]],
  ['load_balancing', { resolver: { k8s: { service: 'h' } } }, [{ port: 4317, ...ROUTED }]],
  ['datadog', { endpoint: 'i:1' }, []],
  ['otlp_http', { traces_endpoint: 'http://j:1' },
    [{ host: 'j', port: 1, setting: 'traces_endpoint', ...PLAIN }]],
  ['otlp_http', { endpoint: 'http://k', traces_endpoint: 'http://l' }, [{ host: 'l', port: 80 }]],
  ['otlp_http', { endpoint: 'http://k', logs_endpoint: 'http://l' }, [{ host: 'k', ...PLAIN }]],
  ['otlp_http', { endpoint: 'http://k', traces_endpoint: '' }, [{ host: 'k', ...PLAIN }]],
])('%s with %j sends to %j', (id, config, expected) => {
  expect(destinations(sends(id, config))).toEqual(
    expected.map((part) => expect.objectContaining(part)));
});

test('an exporter sends what the pipelines that name it carry', () => {
  expect(destinations(sends('otlp', { endpoint: 'a:1' }, 'logs/audit'))[0].signals)
    .toEqual([Signal.LOGS]);
});

test('over HTTP the common address takes what has none of its own', () => {
  const data = {
    exporters: { otlp_http: { endpoint: 'http://a', metrics_endpoint: 'http://b' } },
    service: {
      pipelines: Object.fromEntries(Object.values(Signal).map((signal) =>
        [signal, { exporters: ['otlp_http'] }])),
    },
  };
  expect(destinations(data).map(({ host, signals }) => [host, signals])).toEqual([
    ['a', [Signal.TRACES, Signal.LOGS]], ['b', [Signal.METRICS]],
  ]);
});

test.each([
  [{}, { spread: 'trace' }],
  [{ routing_key: '' }, { spread: 'trace' }],
  [{ routing_key: 'traceID' }, { spread: 'trace' }],
  [{ routing_key: 'service' }, { spread: 'key', key: 'service' }],
])('a load balancer with %j spreads by %j', (options, spread) => {
  const resolver = { dns: { hostname: 'h' } };
  expect(destinations(sends('load_balancing', { resolver, ...options }))[0]).toMatchObject(spread);
});
