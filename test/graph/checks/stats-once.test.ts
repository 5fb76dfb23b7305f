import type { Chart } from 'cdk8s';
import { exportTo, policies, raw } from './props';
import {
  AgentDaemonSet, Backend, CollectorImage, GatewayDeployment, SecretReference,
  TailSamplingGateway,
} from '../../../src';
import { complaints } from '../../synthesized';

const image = CollectorImage.contrib('0.159.0');

function counting(exporter: string) {
  return raw(`
connectors: {span_metrics: {}}
service:
  pipelines:
    traces: {exporters: [${exporter}, span_metrics]}
    metrics: {receivers: [otlp, span_metrics]}
`);
}

function chain(inAgent: boolean, inSampler: boolean) {
  return complaints((chart: Chart) => {
    const sampler = new TailSamplingGateway(chart, 'sampler', {
      exportTo, image, policies, ...inSampler ? counting('otlp_grpc/store') : {},
    });
    const router = new GatewayDeployment(chart, 'router', { forwardTo: sampler, image });
    new AgentDaemonSet(chart, 'agent', {
      forwardTo: router, image, ...inAgent ? counting('otlp_grpc/router') : {},
    });
  });
}

test('what is counted twice on the way of a trace is told', () => {
  expect(chain(true, true)).toEqual([
    '[telemetry/agent] connectors.span_metrics: must stand in one tier on the way of a trace, or'
    + ' its figures are counted twice, got another one in telemetry/sampler, to which the traces go'
    + ' on. → leave it in the first tier that sees all traces, before any sampling.',
  ]);
});

test.each([[true, false], [false, true]])('once is right: %s, %s', (inAgent, inSampler) => {
  expect(chain(inAgent, inSampler)).toEqual([]);
});

test('statistics behind the sampler of another tier are told', () => {
  expect(complaints((chart: Chart) => {
    const last = new GatewayDeployment(chart, 'last', {
      exportTo: [Backend.datadog('datadog', { apiKey: SecretReference.of('dd', 'key') })],
      image,
      traceStats: true,
    });
    new TailSamplingGateway(chart, 'sampler', { forwardTo: last, image, policies });
  })).toEqual([
    '[telemetry/last] connectors.datadog/connector: must stand before all sampling, or it counts'
    + ' only what was kept, got it behind the sampling of telemetry/sampler. → move it to'
    + ' telemetry/sampler, before the sampling, or to a tier before that one.',
  ]);
});
