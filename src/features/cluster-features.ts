/** Features that any tier may have: what Kubernetes knows about telemetry, and about itself. */
import { clusterMetricsPart, type ClusterMetricsOptions } from './cluster-metrics';
import {
  kubernetesAttributesPart, type KubernetesAttributesOptions,
} from './kubernetes-attributes';
import { kubernetesEventsPart, type KubernetesEventsOptions } from './kubernetes-events';
import type { PartFacts, TierPart } from './part';
import { isAboutNode, resourceDetectionPart, type ResourceDetector } from './resource-detection';
import { selfTelemetryPart, type SelfTelemetryOptions } from './self-telemetry';
import { leaderElector, needsElection } from './single-writer';

/** Features that any tier may have. */
export interface ClusterFeatures {
  /**
   * Attributes of the pod that telemetry comes from, such as its namespace and its Deployment.
   * Agents know the pods of their node, and recognize them by attributes or by the connection.
   * Others know all pods, and recognize them by k8s.pod.uid and k8s.pod.ip, which agents put in
   * with `kubernetesAttributes: { passthrough: true }`.
   * @default - none
   */
  readonly kubernetesAttributes?: KubernetesAttributesOptions;
  /**
   * Attributes of the node, the cluster and the cloud. On other tiers than agents only EKS, AKS,
   * OPENSHIFT and KUBEADM, which are about the cluster.
   * @default - none
   */
  readonly resourceDetection?: ResourceDetector[];
  /**
   * Metrics of the cluster's objects. Where there may be several pods, they elect one that makes
   * them.
   * @default - none
   */
  readonly clusterMetrics?: ClusterMetricsOptions;
  /**
   * Events of the cluster as logs. Where there may be several pods, they elect one that takes them.
   * @default - none
   */
  readonly kubernetesEvents?: KubernetesEventsOptions;
  /**
   * How much the collectors tell of themselves.
   * @default - logs of level info as JSON, and metrics of level normal
   */
  readonly selfTelemetry?: SelfTelemetryOptions;
}

/** What they add to a tier. */
export function clusterParts(features: ClusterFeatures, facts: PartFacts): TierPart[] {
  const {
    kubernetesAttributes, resourceDetection, clusterMetrics, kubernetesEvents, selfTelemetry,
  } = features;
  return [
    ...kubernetesAttributes === undefined
      ? [] : [kubernetesAttributesPart(kubernetesAttributes, facts)],
    ...resourceDetection === undefined ? [] : [resourceDetectionPart(resourceDetection, facts)],
    ...clusterMetrics === undefined ? [] : [clusterMetricsPart(clusterMetrics, facts)],
    ...kubernetesEvents === undefined ? [] : [kubernetesEventsPart(kubernetesEvents, facts)],
    ...selfTelemetry === undefined ? [] : [selfTelemetryPart(selfTelemetry)],
    ofWholeCluster(features, facts),
  ];
}

/** What features have in common that are about the whole cluster. */
function ofWholeCluster(features: ClusterFeatures, facts: PartFacts): TierPart {
  const names = (['clusterMetrics', 'kubernetesEvents'] as const)
    .filter((name) => features[name] !== undefined);
  if (names.length === 0) return {};
  const { resourceDetection = [] } = features;
  return {
    extensions: needsElection(facts) ? [leaderElector(facts)] : [],
    problems: facts.component !== 'agent' || !resourceDetection.some(isAboutNode) ? [] : [
      `${names.join(', ')}: must not stand beside \`resourceDetection\` on an agent, whose node`
      + ` would be told as that of the whole cluster, got ${resourceDetection.join(' and ')}.`
      + `\n→ give \`${names.join('` and `')}\` to a gateway.`,
    ],
  };
}
