import { exportTo, raw } from './props';
import {
  Backend, CollectorImage, GatewayDeployment, Receiver, type ReceiverPort,
} from '../../../src';
import { complaints } from '../../synthesized';

function gateway(yaml: string) {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...raw(yaml) });
  });
}

function grpc(endpoint: string) {
  return gateway(`receivers: {otlp: {protocols: {grpc: {endpoint: "${endpoint}"}}}}`);
}

const AT = '[telemetry/gateway] receivers.otlp.protocols.grpc.endpoint:';

test.each([
  ['0.0.0.0:5317', `${AT} must end in :4317, to which its Service leads, got "0.0.0.0:5317". → set`
    + ' `grpcPort` instead of this endpoint: everything else then follows.'],
  ['localhost:4317', `${AT} must be reached from outside its pod, got "localhost:4317". → write`
    + ' "[${env:POD_IP}]:4317", or leave it out of `config`.'],
])('%s is not where its Service leads', (endpoint, sentence) => {
  expect(grpc(endpoint)).toEqual([sentence]);
});

test('probes and monitoring find what they ask', () => {
  expect(gateway('extensions: {health_check: {endpoint: "0.0.0.0:9999"}}')).toEqual([
    '[telemetry/gateway] extensions.health_check.endpoint: must end in :13133, to which its probes'
    + ' ask, got "0.0.0.0:9999". → leave this endpoint out of `config`.',
  ]);
  expect(gateway('service: {telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host:'
    + ' "0.0.0.0", port: 9999}}}}]}}}')).toEqual([
    '[telemetry/gateway] service.telemetry.metrics.readers[0].pull.exporter.prometheus.port: must'
    + ' be 8888, to which its Service leads, got 9999. → leave this port out of `config`.',
  ]);
});

test.each(['0.0.0.0:4317', '[${env:POD_IP}]:4317'])('%s is', (endpoint) => {
  expect(grpc(endpoint)).toEqual([]);
});

function receiving(type: string, settings: object, ports: ReceiverPort[] = [], props: object = {}) {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo,
      image: CollectorImage.contrib('0.159.0'),
      receive: [Receiver.fromYaml(type, settings, { ports })],
      ...props,
    });
  });
}

const PORTS = [{ name: 'old', port: 9411 }];
const nested = (endpoint: string) => ({ protocols: { thrift_http: { endpoint } } });

test.each([
  ['zipkin', { endpoint: 'localhost:9411' }, 'receivers.zipkin.endpoint: must be reached from'
    + ' outside its pod, got "localhost:9411". → write "[${env:POD_IP}]:9411".'],
  ['jaeger', nested('127.0.0.1:9411'), 'receivers.jaeger.protocols.thrift_http.endpoint: must be'
    + ' reached from outside its pod, got "127.0.0.1:9411". → write "[${env:POD_IP}]:9411".'],
  ['zipkin', {}, 'ports (old): must be one on which a receiver listens, got 9411. → write'
    + ' "[${env:POD_IP}]:9411" as endpoint of the receiver, or give the port that it has.'],
  ['http_check', { targets: [{ endpoint: 'http://x:9411' }] },
    expect.stringContaining('ports (old): must be one')],
])('nothing is behind the port of %s with %j', (type, settings, sentence) => {
  expect(receiving(type, settings, PORTS)).toContainEqual(
    typeof sentence === 'string' ? `[telemetry/gateway] ${sentence}` : sentence);
});

test.each([
  ['zipkin', { endpoint: '[${env:POD_IP}]:9411' }],
  ['zipkin/two', { endpoint: '0.0.0.0:9411' }],
  ['jaeger', nested('0.0.0.0:9411')],
  ['syslog', { tcp: { listen_address: '0.0.0.0:9411' } }],
  ['netflow', { hostname: '0.0.0.0', port: 9411 }],
  ['statsd', { endpoint: '0.0.0.0:${env:POD_UID:-9411}' }],
  ['otlp/second', { protocols: { grpc: { endpoint: '0.0.0.0:9411' } } }],
])('%s with %j listens on its port', (type, settings) => {
  expect(receiving(type, settings, PORTS)).toEqual([]);
});

test.each([
  ['zipkin', { endpoint: '0.0.0.0:9412' }, 'endpoint', "'zipkin'"],
  ['jaeger/old', nested('0.0.0.0:9412'), 'protocols.thrift_http.endpoint', "'jaeger'"],
  ['udp_log', { listen_address: '0.0.0.0:9412' }, 'listen_address', "'udplog'"],
  ['otlp/second', { protocols: { http: { endpoint: '0.0.0.0:9412' } } }, 'protocols.http.endpoint',
    "'otlp'"],
])('a port of %s with %j is opened', (type, settings, at, name) => {
  const text = '"0.0.0.0:9412"';
  expect(receiving(type, settings)).toEqual([
    `[telemetry/gateway] receivers.${type}.${at}: must be a port of the pod and of its Service, got`
    + ` ${text}. → give \`ports\` to Receiver.fromYaml('${type}', …): [{ name: ${name}, port: 9412`
    + ' }].',
  ]);
});

test('a port of a raw exporter that is scraped is opened', () => {
  const exporting = (backend: Backend) => receiving('zipkin', { endpoint: 'localhost:9411' }, [], {
    exportTo: [...exportTo, backend],
  });
  expect(exporting(Backend.fromYaml('own', 'prometheus', { endpoint: '0.0.0.0:8890' }))).toEqual([
    '[telemetry/gateway] exporters.prometheus/own.endpoint: must be a port of the pod and of its'
    + ' Service, got "0.0.0.0:8890". → use Backend.prometheus(\'own\', { port: 8890 }), which opens'
    + ' its port.',
  ]);
  expect(exporting(Backend.prometheus('own', { port: 8890 }))).toEqual([]);
});

test.each([
  ['a receiver for containers of its own pod', 'zipkin', { endpoint: 'localhost:9411' }, {}],
  ['what is asked', 'http_check', { targets: [{ endpoint: 'http://store:9411' }] }, {}],
  ['a receiver that nobody here knows', 'mqtt', { endpoint: 'tcp://broker:1883' }, {
    image: CollectorImage.custom({ image: 'registry.example.com/otelcol:7' }),
  }],
  ['a pod with the network of its node', 'statsd', { endpoint: '0.0.0.0:8125' },
    { pod: { hostNetwork: true } }],
])('%s needs no port', (_, type, settings, props) => {
  expect(receiving(type, settings, [], props)).toEqual([]);
});
