import { Duration } from 'cdk8s';
import {
  AgentDaemonSet, Backend, GatewayDeployment, Placement, type TolerationOptions,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

function pod(placement: Placement) {
  return synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, placement });
  }).podOf('gateway').spec;
}

const required = (matchExpressions: unknown) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
  },
});

test.each<[string, Placement, object]>([
  ['onNodes', Placement.onNodes({ pool: 'a' }),
    { nodeSelector: { 'pool': 'a', 'kubernetes.io/os': 'linux' } }],
  ['onPool', Placement.onPool('pool', 'a'), {
    nodeSelector: { pool: 'a' }, tolerations: [{ key: 'pool', operator: 'Equal', value: 'a' }],
  }],
  ['everyLinuxNode', Placement.everyLinuxNode(),
    { nodeSelector: { 'kubernetes.io/os': 'linux' }, tolerations: [{ operator: 'Exists' }] }],
  ['preferring', Placement.preferring({ pool: 'a' }), {
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{
          weight: 100,
          preference: { matchExpressions: [{ key: 'pool', operator: 'In', values: ['a'] }] },
        }],
      },
    },
  }],
  ['offSpotNodes', Placement.offSpotNodes(), {
    affinity: required(expect.arrayContaining([
      { key: 'karpenter.sh/capacity-type', operator: 'NotIn', values: ['spot'] },
    ])),
  }],
  ['withAffinity', Placement.withAffinity({ podAffinity: {} }), { affinity: { podAffinity: {} } }],
])('Placement.%s chooses nodes', (_name, placement, fields) => {
  expect(pod(placement)).toMatchObject(fields);
});

test.each([
  [false, 'ScheduleAnyway'],
  [true, 'DoNotSchedule'],
])('spread is strict when asked: %s', (isSpreadStrict, whenUnsatisfiable) => {
  const constraints = pod(Placement.onNodes({}, { isSpreadStrict })).topologySpreadConstraints;
  expect(constraints.map((each: any) => [each.topologyKey, each.whenUnsatisfiable])).toEqual([
    ['topology.kubernetes.io/zone', whenUnsatisfiable],
    ['kubernetes.io/hostname', whenUnsatisfiable],
  ]);
});

test('a pool of agents is not on nodes with other taints', () => {
  expect(synthesized((chart) => {
    new AgentDaemonSet(chart, 'agent', { exportTo, placement: Placement.onPool('pool', 'a') });
  }).podOf('agent').spec.tolerations).toEqual([{ key: 'pool', operator: 'Equal', value: 'a' }]);
});

test.each<[string, TolerationOptions, object]>([
  ['any taint', {}, { operator: 'Exists' }],
  ['any taint with an effect', { effect: 'NoSchedule' },
    { operator: 'Exists', effect: 'NoSchedule' }],
  ['a taint for some time',
    { key: 'lost', effect: 'NoExecute', tolerationPeriod: Duration.minutes(5) },
    { key: 'lost', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }],
])('pods tolerate %s', (_what, toleration, written) => {
  expect(pod(Placement.onNodes({}, { tolerations: [toleration] })).tolerations).toEqual([written]);
});

test.each<[object, RegExp]>([
  [{ value: 'a' }, /placement: a toleration with a value must have a key, got the value "a" alone/],
  [{ effect: 'NoExecute', tolerationPeriod: 5 }, /tolerationPeriod must be a Duration of whole/],
  [{ key: 'a', effect: 'NoSchedule', tolerationPeriod: Duration.seconds(5) },
    /tolerationPeriod must be for the effect NoExecute, .* got "NoSchedule"/],
  [{ key: 'a', tolerationPeriod: Duration.seconds(5) }, /effect NoExecute, .* got nothing/],
  [{ key: 'a', effect: 'Never' }, /effect must be one of NoSchedule, /],
])('refuses what no toleration can be, %#', (toleration, pattern) => {
  expect(complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo, placement: Placement.onNodes({}, { tolerations: [toleration as any] }),
    });
  })).toEqual([expect.stringMatching(pattern)]);
});

test('rules for nodes are given in one place', () => {
  expect(complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo, placement: Placement.offSpotNodes(), pod: { affinity: { podAffinity: {} } },
    });
  })).toEqual([expect.stringMatching(/pod: affinity must be given once, got it beside a `place/)]);
});
