/** Keeps those who empty nodes from taking a whole pool away. */
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { Availability } from './availability';
import { objectLabels, selectorLabels, type TierIdentity } from './labels';
import type { Scaling } from './scaling';

/** Writes the PodDisruptionBudget; for one pod there is none, for it could never be moved. */
export function disruptionBudget(
  scope: Construct, id: string, tier: TierIdentity, scaling: Scaling,
  availability: Availability = Availability.maxUnavailable(1),
): k8s.KubePodDisruptionBudget | undefined {
  const bound = availability._bound;
  if (bound === undefined || scaling.min < 2) return undefined;
  const { maxUnavailable, minAvailable } = bound;
  const number = (value: number | undefined) =>
    value === undefined ? undefined : k8s.IntOrString.fromNumber(value);
  return new k8s.KubePodDisruptionBudget(scope, id, {
    metadata: { name: tier.name, namespace: tier.namespace, labels: objectLabels(tier) },
    spec: {
      maxUnavailable: number(maxUnavailable),
      minAvailable: number(minAvailable),
      selector: { matchLabels: selectorLabels(tier) },
      // A pod that does not work protects nobody, and would keep its node from being emptied.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  });
}

/** What is wrong with an availability that was asked for; nothing when it can be kept. */
export function availabilityProblem(
  scaling: Scaling, availability: Availability | undefined,
): string | undefined {
  const bound = availability?._bound;
  if (bound === undefined) return undefined;
  const pods = bound.maxUnavailable ?? bound.minAvailable;
  if (!Number.isInteger(pods) || (pods as number) < 0) {
    return `availability: must be a whole number of pods, got ${pods}.`
      + '\n→ use Availability.maxUnavailable(1).';
  }
  if (scaling.min < 2) {
    return 'availability: a budget needs at least 2 pods, got 1: its node could never be emptied.'
      + '\n→ remove `availability`, or use Scaling.fixed(2).';
  }
  if (bound.maxUnavailable === 0 || (bound.minAvailable ?? 0) >= scaling.min) {
    return `availability: must let one of ${scaling.min} pods go, got ${JSON.stringify(bound)}:`
      + ' no node could ever be emptied.\n→ use Availability.maxUnavailable(1).';
  }
  return undefined;
}
