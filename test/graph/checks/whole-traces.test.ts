import type { Chart } from 'cdk8s';
import { parse } from 'yaml';
import { exportTo, policies, raw } from './props';
import { tiersOf } from './tiers';
import {
  AgentDaemonSet, Backend, CollectorImage, GatewayDeployment, Resolver, Routing, RoutingKey,
  Scaling, Signal, TailSamplingGateway,
} from '../../../src';
import { wholeTraces } from '../../../src/graph/checks/whole-traces';
import { complaints } from '../../synthesized';

function typed(endpoint: string, scaling = Scaling.fixed(2), signals = [Signal.TRACES]) {
  return (chart: Chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies, scaling });
    new AgentDaemonSet(chart, 'agent', {
      exportTo: [Backend.otlp('typed', { endpoint, signals })],
    });
  };
}

const WAY_OUT = ' → give `forwardTo` that construct: traces are then routed by trace id.';
const BY_CONNECTION = '[telemetry/agent] exporters.otlp_grpc/typed: sends traces by connection to'
  + ` telemetry/sampler, which samples whole traces: spans of one trace would meet different pods.${
    WAY_OUT}`;

test.each(['sampler:4317', 'dns:///sampler-headless.observability.svc:4317'])(
  'traces that reach a sampler through %s are split', (endpoint) => {
    expect(complaints(typed(endpoint))).toEqual([BY_CONNECTION]);
  });

test('one address for all pods spreads nothing', () => {
  expect(complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
    const resolver = Resolver.addresses(['sampler:4317']);
    new AgentDaemonSet(chart, 'agent', { exportTo: [Backend.loadBalanced('typed', { resolver })] });
  })).toEqual([
    '[telemetry/agent] exporters.load_balancing/typed: sampler:4317 is one address for all pods of'
    + ` telemetry/sampler, so that traces would not be spread by trace id.${WAY_OUT}`,
  ]);
});

test('another key than the trace id splits traces', () => {
  expect(complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
    new AgentDaemonSet(chart, 'agent', {
      exportTo: [Backend.loadBalanced('typed', {
        resolver: Resolver.dns('sampler-headless.observability.svc'),
        routing: Routing.byKey(RoutingKey.SERVICE),
      })],
    });
  })).toEqual([
    '[telemetry/agent] exporters.load_balancing/typed: routes traces by service to'
    + ' telemetry/sampler, which samples whole traces: spans of one trace would meet different'
    + ` pods.${WAY_OUT}`,
  ]);
});

test.each([
  ['they are routed', (chart: Chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
    new AgentDaemonSet(chart, 'agent', { forwardTo });
  }],
  ['there is one pod', typed('sampler:4317', Scaling.fixed(1))],
  ['they are no traces', typed('sampler:4317', Scaling.fixed(2), [Signal.LOGS])],
])('traces stay whole where %s', (_, build) => {
  expect(complaints(build)).toEqual([]);
});

const NEEDING = `
processors: {group_by_trace: {}}
service: {pipelines: {traces: {processors: [memory_limiter, group_by_trace, batch]}}}
`;
const COUNTING = `
connectors: {service_graph: {}}
service:
  pipelines:
    traces: {exporters: [service_graph, otlp_grpc/store]}
    metrics: {receivers: [otlp, service_graph]}
`;

function sendsTo(yaml: string, props: object, pods = 2) {
  const signals = [Signal.TRACES, Signal.METRICS];
  return complaints((chart) => {
    const forwardTo = new GatewayDeployment(chart, 'gateway', {
      exportTo,
      signals,
      image: CollectorImage.contrib('0.159.0'),
      scaling: Scaling.fixed(pods),
      ...raw(yaml),
    });
    new AgentDaemonSet(chart, 'agent', { forwardTo, signals, ...props });
  });
}

const BY_ID = { routing: Routing.byKey(RoutingKey.TRACE_ID) };
const BY_SERVICE = { routing: Routing.byKey(RoutingKey.SERVICE) };

test.each([
  ['group_by_trace', NEEDING, {}, 'exporters.otlp_grpc/gateway: sends traces by connection to'
    + ' telemetry/gateway, which needs whole traces for processors.group_by_trace'],
  ['service_graph', COUNTING, BY_SERVICE, 'exporters.load_balancing/gateway: routes traces by'
    + ' service to telemetry/gateway, which needs whole traces for connectors.service_graph'],
])('%s is sent whole traces', (_, yaml, props, sentence) => {
  expect(sendsTo(yaml, props)).toEqual([
    `[telemetry/agent] ${sentence}: spans of one trace would meet different pods. → give`
    + ' `forwardTo` that construct, and `routing` Routing.byKey(RoutingKey.TRACE_ID).',
  ]);
  expect(sendsTo(yaml, BY_ID)).toEqual([]);
  expect(sendsTo(yaml, props, 1)).toEqual([]);
});

function overHttp(settings: string) {
  return complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
    new AgentDaemonSet(chart, 'agent', {
      image: CollectorImage.contrib('0.159.0'),
      signals: [Signal.TRACES],
      exportTo: [Backend.fromYaml('http', 'otlp_http', parse(settings))],
    });
  });
}

test('an address that traces have to themselves is one, too', () => {
  expect(overHttp('{endpoint: "http://store", traces_endpoint: "http://sampler:4318/v1/traces"}'))
    .toEqual([BY_CONNECTION.replace('otlp_grpc/typed', 'otlp_http/http.traces_endpoint')]);
  expect(overHttp('{endpoint: "http://store", logs_endpoint: "http://sampler:4318/v1/logs"}'))
    .toEqual([]);
});

test('samplers that ask each other may be sent anything', () => {
  const [sampler, agent] = tiersOf(typed('sampler:4317'));
  const service = { ...sampler.data.service as object, extensions: ['trace_peers'] };
  const asking = { ...sampler, data: { ...sampler.data, service } };
  expect(wholeTraces(agent, [sampler, agent])).toHaveLength(1);
  expect(wholeTraces(agent, [asking, agent])).toEqual([]);
});
