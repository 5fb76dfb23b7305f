import { Backend, Availability, GatewayDeployment, Scaling } from '../../src';
import { complaints, synthesized } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

function pool(availability: Availability, pods: number) {
  return (chart: ConstructorParameters<typeof GatewayDeployment>[0]) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo, availability, scaling: Scaling.fixed(pods),
    });
  };
}

const { maxUnavailable, minAvailable } = Availability;

test.each([
  ['a budget for one pod', maxUnavailable(1), 1,
    'a budget needs at least 2 pods, got 1: its node could never be emptied. → remove'
    + ' `availability`, or use Scaling.fixed(2).'],
  ['no pod that may go', maxUnavailable(0), 3,
    'must let one of 3 pods go, got {"maxUnavailable":0}: no node could ever be emptied. → use'
    + ' Availability.maxUnavailable(1).'],
  ['all pods that must stay', minAvailable(3), 3,
    'must let one of 3 pods go, got {"minAvailable":3}: no node could ever be emptied. → use'
    + ' Availability.maxUnavailable(1).'],
  ['half a pod', maxUnavailable(0.5), 3,
    'must be a whole number of pods, got 0.5. → use Availability.maxUnavailable(1).'],
  ['fewer pods than none', minAvailable(-1), 3,
    'must be a whole number of pods, got -1. → use Availability.maxUnavailable(1).'],
])('%s is told', (_, availability, pods, sentence) => {
  expect(complaints(pool(availability, pods))).toEqual([
    `[telemetry/gateway] availability: ${sentence}`,
  ]);
});

test.each([
  ['two pods of which one may go', maxUnavailable(1), 2, { maxUnavailable: 1 }],
  ['three pods of which one may go', maxUnavailable(1), 3, { maxUnavailable: 1 }],
  ['three pods of which two stay', minAvailable(2), 3, { minAvailable: 2 }],
  ['pods that may all go but none', minAvailable(0), 2, { minAvailable: 0 }],
])('%s have a budget', (_, availability, pods, spec) => {
  const budget = synthesized(pool(availability, pods)).get('PodDisruptionBudget', 'gateway');
  expect(budget.spec).toMatchObject(spec);
});

test('one pod has no budget unless somebody asks for one', () => {
  const objects = synthesized(pool(Availability.unprotected(), 1));
  expect(objects.has('PodDisruptionBudget', 'gateway')).toBe(false);
});
