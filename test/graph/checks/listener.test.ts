import { exportTo, raw } from './props';
import { GatewayDeployment } from '../../../src';
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
