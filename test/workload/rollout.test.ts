/** How pods are replaced, by each kind of workload. */
import { Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import {
  AgentDaemonSet, Backend, GatewayDeployment, GatewayStatefulSet, SamplingPolicy,
  TailSamplingGateway,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.alwaysSample('all')];

function gateway(props: object) {
  return synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
  });
}

function gatewaySays(props: object): string[] {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
  });
}

function agent(props: object) {
  return synthesized((chart) => { new AgentDaemonSet(chart, 'agent', { exportTo, ...props }); });
}

const int = (value: number) => k8s.IntOrString.fromNumber(value);

test('each workload replaces its pods as it is told', () => {
  const objects = synthesized((chart) => {
    const rollout = {
      maxSurge: int(0),
      maxUnavailable: int(2),
      minReady: Duration.seconds(7),
      revisionHistoryLimit: 3,
    };
    new AgentDaemonSet(chart, 'agent', { exportTo, rollout });
    new GatewayDeployment(chart, 'gateway', { exportTo, rollout });
    new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, rollout: { partition: 1, revisionHistoryLimit: 3 },
    });
  });
  const common = { minReadySeconds: 7, revisionHistoryLimit: 3 };
  const rollingUpdate = { maxSurge: 0, maxUnavailable: 2 };
  expect(objects.get('DaemonSet', 'agent').spec).toMatchObject(
    { ...common, updateStrategy: { rollingUpdate } });
  expect(objects.get('Deployment', 'gateway').spec).toMatchObject(
    { ...common, strategy: { rollingUpdate } });
  expect(objects.get('StatefulSet', 'sampler').spec).toMatchObject(
    { revisionHistoryLimit: 3, updateStrategy: { rollingUpdate: { partition: 1 } } });
});

test.each<[string, object, object]>([
  ['a number', { maxSurge: 3 }, { maxSurge: 3, maxUnavailable: 0 }],
  ['a percentage', { maxUnavailable: '20%' }, { maxSurge: 1, maxUnavailable: '20%' }],
])('steps may be written as Kubernetes does: %s', (_what, rollout, rollingUpdate) => {
  expect(gateway({ rollout }).get('Deployment', 'gateway').spec.strategy.rollingUpdate)
    .toEqual(rollingUpdate);
});

test('pods are replaced otherwise than some at a time where they are to be', () => {
  const objects = synthesized((chart) => {
    const rollout = { strategy: 'OnDelete' };
    new AgentDaemonSet(chart, 'agent', { exportTo, rollout });
    new GatewayDeployment(chart, 'gateway', { exportTo, rollout: { strategy: 'Recreate' } });
    new GatewayStatefulSet(chart, 'stateful', {
      exportTo, rollout: { ...rollout, podManagementPolicy: 'OrderedReady' },
    });
    new GatewayStatefulSet(chart, 'usual', { exportTo });
  });
  expect(objects.get('DaemonSet', 'agent').spec.updateStrategy).toEqual({ type: 'OnDelete' });
  expect(objects.get('Deployment', 'gateway').spec.strategy).toEqual({ type: 'Recreate' });
  expect(objects.get('StatefulSet', 'stateful').spec)
    .toMatchObject({ updateStrategy: { type: 'OnDelete' }, podManagementPolicy: 'OrderedReady' });
  expect(objects.get('StatefulSet', 'usual').spec.podManagementPolicy).toBe('Parallel');
});

test('a pod with the network of its node is not replaced by one beside it', () => {
  expect(gateway({ pod: { hostNetwork: true } }).get('Deployment', 'gateway').spec.strategy)
    .toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } });
  expect(agent({ pod: { hostNetwork: true } }).get('DaemonSet', 'agent').spec.updateStrategy)
    .toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: '10%' } });
});

test.each<[object, RegExp]>([
  [{ rollout: { partition: 1 } }, /must not have a partition, .* got 1 for a Deployment/],
  [{ rollout: { maxSurge: int(0), maxUnavailable: int(0) } }, /must let a pod surge or go, got 0/],
  [{ rollout: { maxSurge: int(1) }, pod: { hostNetwork: true } }, /must not surge, for a second/],
  [{ rollout: { revisionHistoryLimit: -1 } }, /revisionHistoryLimit must be a whole number from 0/],
  [{ rollout: { maxSurge: 'some' } }, /maxSurge must be .* or a percentage, got "some"/],
  [{ rollout: { maxSurge: -1 } }, /maxSurge must be a whole number from 0 .* got -1/],
  [{ rollout: { maxUnavailable: true } }, /maxUnavailable must be .* or a percentage, got true/],
  [{ rollout: { strategy: 'OnDelete' } }, /must be one of RollingUpdate, Recreate for a Deploy/],
  [{ rollout: { strategy: 'Recreate', maxSurge: 1 } }, /Recreate must stand without maxSurge/],
  [{ rollout: { podManagementPolicy: 'Parallel' } }, /must not have a podManagementPolicy, for/],
  [{ rollout: { minReady: 5 } }, /minReady must be a Duration of whole seconds/],
])('refuses what no roll-out can be, %#', (props, pattern) => {
  expect(gatewaySays(props)).toEqual([expect.stringMatching(pattern)]);
});

test('pods of a StatefulSet start in an order that Kubernetes knows', () => {
  expect(complaints((chart) => {
    new GatewayStatefulSet(chart, 'gateway', { exportTo, rollout: { podManagementPolicy: 'Any' } });
  })).toEqual([expect.stringMatching(/must be one of Parallel, OrderedReady, got "Any"/)]);
});

test('a StatefulSet is not told how many pods to replace at a time', () => {
  expect(complaints((chart) => {
    new GatewayStatefulSet(chart, 'gateway', { exportTo, rollout: { maxSurge: int(1) } });
  })).toEqual([expect.stringMatching(/rollout: must not have maxSurge or maxUnavailable/)]);
});
