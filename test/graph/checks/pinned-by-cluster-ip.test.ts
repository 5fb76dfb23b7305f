import type { Chart } from 'cdk8s';
import { exportTo, raw } from './props';
import { AgentDaemonSet, Backend, GatewayDeployment, Scaling } from '../../../src';
import { complaints } from '../../synthesized';

const FOREVER = raw('receivers: {otlp: {protocols: {grpc: {keepalive: {server_parameters:'
  + ' {max_connection_age: 0s}}}}}}');

function sends(endpoint: string, props: object) {
  return complaints((chart: Chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
    new AgentDaemonSet(chart, 'agent', { exportTo: [Backend.otlp('typed', { endpoint })] });
  });
}

test('a connection for ever through a Service is told', () => {
  expect(sends('gateway:4317', FOREVER)).toEqual([
    '[telemetry/agent] exporters.otlp_grpc/typed: keeps one connection to one of several pods of'
    + ' telemetry/gateway, which must ask for a new one now and then, got "gateway:4317" and no'
    + ' max_connection_age. → give `forwardTo` that construct, or leave'
    + ' receivers.otlp.protocols.grpc.keepalive.server_parameters.max_connection_age of'
    + ' telemetry/gateway as it is written.',
  ]);
});

test.each([
  ['connections end', 'gateway:4317', {}],
  ['there is one pod', 'gateway:4317', { ...FOREVER, scaling: Scaling.fixed(1) }],
])('nothing is said where %s', (_, endpoint, props) => {
  expect(sends(endpoint, props)).toEqual([]);
});

test('a sender that is given the construct spreads over all pods', () => {
  expect(complaints((chart) => {
    const forwardTo = new GatewayDeployment(chart, 'gateway', { exportTo, ...FOREVER });
    new AgentDaemonSet(chart, 'agent', { forwardTo });
  })).toEqual([]);
});

test('an agent is reached on the sender\'s own node, where it is alone', () => {
  expect(complaints((chart) => {
    new AgentDaemonSet(chart, 'agent', { exportTo });
    new GatewayDeployment(chart, 'gateway', {
      exportTo: [Backend.otlp('typed', { endpoint: 'agent:4317' })],
    });
  })).toEqual([]);
});
