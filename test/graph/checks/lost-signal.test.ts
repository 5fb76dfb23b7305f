import { exportTo, raw } from './props';
import { CollectorImage, GatewayDeployment, Receiver, Signal } from '../../../src';
import { complaints } from '../../synthesized';

const image = CollectorImage.contrib('0.159.0');

function gateway(yaml: string) {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo,
      image,
      signals: [Signal.TRACES, Signal.METRICS],
      receive: [Receiver.fromYaml('zipkin', { endpoint: '[${env:POD_IP}]:9411' }, {
        signals: [Signal.TRACES], ports: [{ name: 'zipkin', port: 9411 }],
      })],
      ...raw(yaml),
    });
  });
}

test('a signal for which OTLP has no pipeline is told', () => {
  expect(gateway('service: {pipelines: {traces: {receivers: [zipkin]}}}')).toEqual([
    '[telemetry/gateway] service.pipelines.traces: must begin with the receiver otlp, for the tier'
    + ' takes traces, got no such pipeline. → add otlp to its receivers, or leave traces out of'
    + ' `signals`.',
  ]);
});

test('a pipeline that ends in nothing is told', () => {
  expect(gateway(
    'exporters: {nop: {}}\nservice: {pipelines: {traces: {exporters: [nop]}}}')).toEqual([
    '[telemetry/gateway] service.pipelines.traces: must lead to an exporter that sends traces on,'
    + ' got nop. → add an exporter to it, or leave traces out of `signals`.',
  ]);
});

test.each([
  ['OTLP is among the receivers', 'service: {pipelines: {traces: {receivers: [otlp, zipkin]}}}'],
  ['a connector leads on', `
connectors: {forward: {}}
service:
  pipelines:
    traces: {exporters: [forward]}
    traces/out: {receivers: [forward], exporters: [otlp_grpc/store]}
`],
  ['traces become metrics', `
connectors: {span_metrics: {}}
service:
  pipelines:
    traces: {exporters: [span_metrics]}
    metrics: {receivers: [otlp, span_metrics]}
`],
])('nothing is lost where %s', (_, yaml) => {
  expect(gateway(yaml)).toEqual([]);
});
