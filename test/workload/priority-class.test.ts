import { AgentDaemonSet, Backend, PriorityClass } from '../../src';
import { complaints, synthesized } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

test('a class holds in the whole cluster, and tiers name it', () => {
  const objects = synthesized((chart) => {
    const { priorityClassName } = new PriorityClass(chart, 'agents', { value: 1_000_000 });
    new AgentDaemonSet(chart, 'agent', { exportTo, pod: { priorityClassName } });
  });
  expect(objects.get('PriorityClass', 'agents')).toEqual({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: {
      name: 'agents',
      labels: {
        'app.kubernetes.io/part-of': 'telemetry', 'app.kubernetes.io/managed-by': 'cdk8s',
      },
    },
    value: 1_000_000,
    preemptionPolicy: 'PreemptLowerPriority',
  });
  expect(objects.podOf('agent').spec.priorityClassName).toBe('agents');
});

test.each<[string, object, object]>([
  ['name', { name: 'telemetry.agents' }, { metadata: { name: 'telemetry.agents' } }],
  ['value', { value: -5 }, { value: -5 }],
  ['preemptionPolicy', { preemptionPolicy: 'Never' }, { preemptionPolicy: 'Never' }],
  ['description', { description: 'For agents.' }, { description: 'For agents.' }],
])('a class gets %s', (_option, props, fields) => {
  expect(synthesized((chart) => {
    new PriorityClass(chart, 'agents', { value: 1, ...props });
  }).all[0]).toMatchObject(fields);
});

test.each<[object, RegExp]>([
  [{ name: 'system-agents' }, /name: must be .*not begin with system-, got "system-agents"/],
  [{ name: 'Agents' }, /name: must be lower-case letters, .* got "Agents"/],
  [{ value: 2_000_000_000 }, /value: must be a whole number from .* to 1000000000, got 2000000000/],
  [{ value: undefined }, /value: must be a whole number .*, got nothing/],
  [{ preemptionPolicy: 'Always' }, /must be one of PreemptLowerPriority, Never, got "Always"/],
])('refuses what no class can be, %#', (props, pattern) => {
  expect(complaints((chart) => {
    new PriorityClass(chart, 'agents', { value: 1, ...props });
  })).toEqual([expect.stringMatching(pattern)]);
});
