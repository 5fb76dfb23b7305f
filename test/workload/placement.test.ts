import { AgentDaemonSet, Backend, GatewayDeployment, Placement } from '../../src';
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

test('rules for nodes are given in one place', () => {
  expect(complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo, placement: Placement.offSpotNodes(), pod: { affinity: { podAffinity: {} } },
    });
  })).toEqual([expect.stringMatching(/pod: affinity must be given once, got it beside a `place/)]);
});
