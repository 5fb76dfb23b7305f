/** What must be done once for the whole cluster, however many pods a tier has. */
import type { CollectorVersion, PartComponent, PartFacts } from './part';
import { ConfigurationError, k8sLeaderElectorExtension, problem, type Path } from '../config';
import { minorOf } from '../distribution/versions';

/** Whether pods must elect one that does it. */
export function needsElection({ maxPods }: PartFacts): boolean {
  return maxPods > 1;
}

/** The extension by which the pods of a tier elect one, by a Lease that is named like the tier. */
export function leaderElector({ name, namespace }: PartFacts): PartComponent {
  return {
    contract: k8sLeaderElectorExtension,
    write: (at) => k8sLeaderElectorExtension.write({
      authType: 'serviceAccount',
      leaseName: name,
      leaseNamespace: namespace ?? '${env:POD_NAMESPACE}',
    }, at),
  };
}

/**
 * What a receiver at `at` is told about elections; `since` is the first minor version in which it
 * takes part in them.
 * @throws ConfigurationError where the collector is older.
 */
export function electionSetting(
  facts: PartFacts, at: Path, version: CollectorVersion, since: number,
): { readonly k8sLeaderElector?: string } {
  if (!needsElection(facts)) return {};
  if ((minorOf(version ?? '') ?? Infinity) < since) {
    throw new ConfigurationError([problem(
      [...at, 'k8s_leader_elector'],
      `needs collector 0.${since}.0 or newer for one pod of many to do this, got ${version}`,
      'use a newer image, or a gateway with Scaling.fixed(1).')]);
  }
  return { k8sLeaderElector: k8sLeaderElectorExtension.type };
}
