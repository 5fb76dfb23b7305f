import type { Chart } from 'cdk8s';
import { exportTo, policies } from './props';
import { tiersOf } from './tiers';
import {
  AgentDaemonSet, Backend, Resolver, Routing, RoutingKey, Scaling, Signal, TailSamplingGateway,
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

test('samplers that ask each other may be sent anything', () => {
  const [sampler, agent] = tiersOf(typed('sampler:4317'));
  const service = { ...sampler.data.service as object, extensions: ['trace_peers'] };
  const asking = { ...sampler, data: { ...sampler.data, service } };
  expect(wholeTraces(agent, [sampler, agent])).toHaveLength(1);
  expect(wholeTraces(agent, [asking, agent])).toEqual([]);
});
