/** What happens to the cluster's objects, as logs. */
import { making } from './making';
import type { PartFacts, TierPart } from './part';
import { electionSetting } from './single-writer';
import { k8sEventsReceiver } from '../config';
import { Signal } from '../graph/signal';

/** Which events are taken. */
export interface KubernetesEventsOptions {
  /**
   * Namespaces whose events are taken.
   * @default - all
   */
  readonly namespaces?: string[];
}

/** Contrib v0.137.0 #42266. */
const ELECTS_SINCE = 137;

/** What it adds to a tier. */
export function kubernetesEventsPart(
  { namespaces }: KubernetesEventsOptions, facts: PartFacts,
): TierPart {
  return making('kubernetesEvents', Signal.LOGS, facts, {
    receivers: [{
      contract: k8sEventsReceiver,
      signals: [Signal.LOGS],
      write: (at, version) => k8sEventsReceiver.write({
        authType: 'serviceAccount',
        namespaces,
        ...electionSetting(facts, at, version, ELECTS_SINCE),
      }, at),
    }],
  });
}
