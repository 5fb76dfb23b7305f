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

/** Samplers of which each is by itself. */
const alone = { exportTo, policies, tracePeers: false };

function typed(
  endpoint: string, scaling = Scaling.fixed(2), signals = [Signal.TRACES], props: object = {},
) {
  return (chart: Chart) => {
    new TailSamplingGateway(chart, 'sampler', { ...alone, scaling, ...props });
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

function atOneAddress(props: object) {
  return complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', { ...alone, ...props });
    const resolver = Resolver.addresses(['sampler:4317']);
    new AgentDaemonSet(chart, 'agent', { exportTo: [Backend.loadBalanced('typed', { resolver })] });
  });
}

test('one address for all pods spreads nothing', () => {
  expect(atOneAddress({})).toEqual([
    '[telemetry/agent] exporters.load_balancing/typed: sampler:4317 is one address for all pods of'
    + ` telemetry/sampler, so that traces would not be spread by trace id.${WAY_OUT}`,
  ]);
});

function byService(props: object) {
  return complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', { ...alone, ...props });
    new AgentDaemonSet(chart, 'agent', {
      exportTo: [Backend.loadBalanced('typed', {
        resolver: Resolver.dns('sampler-headless.observability.svc'),
        routing: Routing.byKey(RoutingKey.SERVICE),
      })],
    });
  });
}

test('another key than the trace id splits traces', () => {
  expect(byService({})).toEqual([
    '[telemetry/agent] exporters.load_balancing/typed: routes traces by service to'
    + ' telemetry/sampler, which samples whole traces: spans of one trace would meet different'
    + ` pods.${WAY_OUT}`,
  ]);
});

test('a pool that their sampler does not name keeps no trace whole', () => {
  const unnamed = raw('processors: {tail_sampling: {peers: null}}');
  expect(byService({ tracePeers: true })).toEqual([]);
  expect(byService({ tracePeers: true, ...unnamed })).toEqual(byService({}));
});

test.each(['${env:POOL}', '${env:POOL:-trace_peers}', 'trace_peers${env:POOL}'])(
  'a pool that %s may name may keep them whole', (peers) => {
    const props = { tracePeers: true, pod: { env: { POOL: '' } } };
    expect(byService({ ...props, ...raw(`processors: {tail_sampling: {peers: '${peers}'}}`) }))
      .toEqual([]);
  });

test.each([
  ['they are routed', (chart: Chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'sampler', alone);
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
    new TailSamplingGateway(chart, 'sampler', alone);
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

const pool = { tracePeers: true };

test.each([
  ['by connection', complaints(typed('sampler:4317', undefined, undefined, pool))],
  ['by connections to each', complaints(typed(
    'dns:///sampler-headless.observability.svc:4317', undefined, undefined, pool))],
  ['at one address', atOneAddress(pool)],
  ['by another key', byService(pool)],
])('samplers that are one sampler may be sent traces %s', (_, sentences) => {
  expect(sentences).toEqual([]);
});

const UNSAMPLED = `
connectors: {service_graph: {}}
service:
  pipelines:
    traces/all: {receivers: [otlp], processors: [memory_limiter], exporters: [service_graph]}
    metrics: {receivers: [otlp, service_graph]}
`;
const SAMPLED = `
connectors: {service_graph: {}}
service:
  pipelines:
    traces: {exporters: [service_graph, otlp_grpc/store]}
    metrics: {receivers: [otlp, service_graph]}
`;

test('what stands before the samplers of a pool still needs whole traces', () => {
  const counting = (yaml: string) => {
    // Ours does not have the connector yet, and what its pool is worth is the same.
    const [sampler, agent] = tiersOf(typed('sampler:4317', undefined, undefined, {
      ...pool, image: CollectorImage.runtime(), ...raw(yaml),
    }));
    return wholeTraces(agent, [sampler, agent]);
  };
  expect(counting(UNSAMPLED)).toEqual([expect.stringContaining(
    'sends traces by connection to telemetry/sampler, which needs whole traces for'
    + ' connectors.service_graph: spans of one trace would meet different pods.')]);
  expect(counting(SAMPLED)).toEqual([]);
});
