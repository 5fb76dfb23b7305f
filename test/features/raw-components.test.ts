/** What is given as it stands in YAML. */
import { stringify } from 'yaml';
import {
  Backend, CollectorConfigOverrides, GatewayDeployment, Processor, Receiver, Scaling,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

function gateway(props: object) {
  return synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
  }).configOf('gateway');
}

function said(props: object): string[] {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
  });
}

test('stands in the pipelines whose signal it carries', () => {
  const { service: { pipelines } } = gateway({
    receive: [Receiver.fromYaml('prometheus', { config: { scrape_configs: [{}] } })],
    process: [Processor.fromYaml('probabilistic_sampler', { sampling_percentage: 1 })],
    exportTo: [
      ...exportTo, Backend.fromYaml('own', 'prometheusremotewrite', { endpoint: 'http://h' }),
    ],
    scaling: Scaling.fixed(1), // Each pod would fetch the same metrics.
  });
  expect(pipelines.traces.receivers).toEqual(['otlp']);
  expect(pipelines.metrics.receivers).toEqual(['otlp', 'prometheus']);
  expect(pipelines.metrics.processors).not.toContain('probabilistic_sampler');
  expect(pipelines.logs.processors).toContain('probabilistic_sampler');
  expect(pipelines.logs.exporters).toEqual(['otlp_grpc/store']);
  expect(pipelines.metrics.exporters).toEqual(['otlp_grpc/store', 'prometheusremotewrite/own']);
});

test.each<[string, object, string]>([
  ['receiver', { receive: [Receiver.fromYaml('zipkin', 'endpoint: h' as never)] },
    'receivers.zipkin: must be a map of settings, got "endpoint: h". → give an object such as'],
  ['processor', { process: [Processor.fromYaml('filter/a', null as never)] },
    'processors.filter/a: must be a map of settings, got null.'],
  ['exporter', { exportTo: [Backend.fromYaml('own', 'kafka', [] as never)] },
    'exporters.kafka: must be a map of settings, got [].'],
])('a %s that is no map is refused', (_, props, sentence) => {
  expect(said(props)).toEqual([expect.stringContaining(sentence)]);
});

test('what is set to nothing is taken away, out of the pipelines, too', () => {
  const { processors, service: { pipelines } } = gateway({
    config: CollectorConfigOverrides.fromYaml('processors: {batch: }'),
  });
  expect(Object.keys(processors)).toEqual(['memory_limiter']);
  expect(stringify(pipelines)).not.toContain('batch');
});

test('what is set to nothing below a component is taken away as well', () => {
  const { receivers } = gateway({
    config: CollectorConfigOverrides.fromObject(
      { receivers: { otlp: { protocols: { grpc: { keepalive: null } } } } }),
  });
  expect(Object.keys(receivers.otlp.protocols.grpc)).toEqual(['endpoint']);
});

test('what is set to nothing, and was not there, is there with what is usual', () => {
  const { extensions } = gateway({
    config: CollectorConfigOverrides.fromYaml(
      'extensions: {zpages: }\nservice: {extensions: [health_check, zpages]}'),
  });
  expect(extensions).toHaveProperty('zpages', null);
});
