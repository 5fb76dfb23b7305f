/** Metrics of the cluster's objects: nodes, pods, workloads and quotas. */
import { Duration } from 'cdk8s';
import { making } from './making';
import type { PartFacts, TierPart } from './part';
import { electionSetting } from './single-writer';
import { k8sClusterReceiver } from '../config';
import { Signal } from '../graph/signal';

/** How the cluster's objects are reported. */
export interface ClusterMetricsOptions {
  /**
   * Time between two reports.
   * @default Duration.seconds(30)
   */
  readonly interval?: Duration;
  /**
   * Conditions of nodes that are reported, such as Ready and MemoryPressure.
   * @default ["Ready"]
   */
  readonly nodeConditionsToReport?: string[];
  /**
   * What nodes can give to pods that is reported, such as cpu and memory.
   * @default - nothing
   */
  readonly allocatableTypesToReport?: string[];
  /**
   * Whether the cluster is one of OpenShift, which has quotas of its own.
   * @default false
   */
  readonly isOpenShift?: boolean;
}

const INTERVAL = Duration.seconds(30);
/** Contrib v0.125.0 #38429. Distributions hold the extension from 0.126 on. */
const ELECTS_SINCE = 125;

/** What it adds to a tier. */
export function clusterMetricsPart(options: ClusterMetricsOptions, facts: PartFacts): TierPart {
  const { interval = INTERVAL, isOpenShift = false } = options;
  return making('clusterMetrics', Signal.METRICS, facts, {
    receivers: [{
      contract: k8sClusterReceiver,
      signals: [Signal.METRICS],
      write: (at, version) => k8sClusterReceiver.write({
        authType: 'serviceAccount',
        collectionInterval: interval,
        nodeConditionsToReport: options.nodeConditionsToReport,
        allocatableTypesToReport: options.allocatableTypesToReport,
        ...isOpenShift ? { distribution: 'openshift' } : {},
        ...electionSetting(facts, at, version, ELECTS_SINCE),
      }, at),
    }],
  });
}
