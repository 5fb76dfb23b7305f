/** Datadog's statistics see all traces, and a look at telemetry sees what leaves. */
import type { Chart } from 'cdk8s';
import { complaints, synthesized } from './synthesized';
import {
  AgentDaemonSet, Backend, DebugVerbosity, GatewayDeployment, MultiLayerGateway, SamplingPolicy,
  SecretReference, Signal, TailSamplingGateway,
} from '../src';

const exportTo = [
  Backend.datadog('datadog', { apiKey: SecretReference.of('datadog-secret', 'api-key') }),
];
const policies = [SamplingPolicy.alwaysSample('all')];
const CONNECTOR = 'datadog/connector';

test('an agent makes statistics of what it sends on', () => {
  const { connectors, service: { pipelines } } = synthesized((chart) => {
    const forwardTo = new GatewayDeployment(chart, 'gateway', { exportTo });
    new AgentDaemonSet(chart, 'agent', { forwardTo, traceStats: true });
  }).configOf('agent');
  expect(connectors[CONNECTOR].traces).toEqual({
    compute_stats_by_span_kind: true,
    compute_top_level_by_span_kind: true,
    peer_tags_aggregation: true,
  });
  expect(pipelines.traces.exporters).toEqual(['otlp_grpc/gateway', CONNECTOR]);
  expect(pipelines.metrics.receivers).toEqual(['otlp', CONNECTOR]);
  expect(pipelines.logs.exporters).toEqual(['otlp_grpc/gateway']);
});

test('a sampler makes statistics of what it has not sampled yet', () => {
  const { service: { pipelines } } = synthesized((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies, traceStats: true });
  }).configOf('sampler');
  expect(pipelines['traces/unsampled']).toEqual({
    receivers: ['otlp'], processors: ['memory_limiter'], exporters: [CONNECTOR],
  });
  expect(pipelines.traces).toMatchObject({
    processors: ['memory_limiter', 'tail_sampling', 'batch'], exporters: ['datadog'],
  });
  expect(pipelines.metrics.receivers).toEqual(['otlp', CONNECTOR]);
});

test('a layer of a chain may make them', () => {
  const objects = synthesized((chart) => {
    new MultiLayerGateway(chart, 'chain', {
      layers: [{ name: 'first', traceStats: true }, { name: 'last' }], exportTo,
    });
  });
  expect(objects.configOf('chain-first').connectors).toHaveProperty(CONNECTOR);
  expect(objects.configOf('chain-last')).not.toHaveProperty('connectors');
});

test('nobody makes them unless asked to', () => {
  expect(synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, traceStats: false });
  }).configOf('gateway')).not.toHaveProperty('connectors');
});

describe('statistics are refused', () => {
  test.each<[string, object, RegExp]>([
    ['where metrics go nowhere', { signals: [Signal.TRACES] },
      /traceStats: makes metrics of traces.* but metrics are not\. → add a backend/],
    ['where there are no traces', { signals: [Signal.METRICS, Signal.LOGS] },
      /traceStats: .* but traces are not\. → /],
    ['to a word', { traceStats: 'yes' }, /traceStats: must be true or false, got "yes"/],
  ])('%s', (_what, props, says) => {
    const build = (chart: Chart) => {
      new GatewayDeployment(chart, 'gateway', { exportTo, traceStats: true, ...props });
    };
    expect(complaints(build).join('\n')).toMatch(says);
  });
});

test('for a while everything that leaves is logged besides', () => {
  const { exporters, service: { pipelines } } = synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo: [Backend.otlp('store', { endpoint: 'store:4317' }), Backend.debug()],
      debug: DebugVerbosity.DETAILED,
    });
  }).configOf('gateway');
  expect(exporters).toMatchObject({ 'debug': {}, 'debug/temporary': { verbosity: 'detailed' } });
  for (const signal of ['traces', 'metrics', 'logs']) {
    expect(pipelines[signal].exporters).toEqual(['otlp_grpc/store', 'debug', 'debug/temporary']);
  }
});
