/** Metrics that the kubelet of a node has about pods, containers and volumes. */
import { Duration } from 'cdk8s';
import { making } from './making';
import type { PartFacts, TierPart } from './part';
import { kubeletStatsReceiver, type KubeletStatsReceiverConfig } from '../config';
import { Signal } from '../graph/signal';

/** What a kubelet is asked about. */
export enum KubeletMetricGroup {
  /** Each container. */
  CONTAINER = 'container',
  /** Each pod. */
  POD = 'pod',
  /** The node. */
  NODE = 'node',
  /** Each volume. */
  VOLUME = 'volume',
}

/** Attributes for which a kubelet is asked for the specs of its pods. */
export enum KubeletMetadata {
  /** Id of the container. */
  CONTAINER_ID = 'container.id',
  /** Type of the volume; what a claim stands for is looked up. */
  VOLUME_TYPE = 'k8s.volume.type',
}

/** How a kubelet is asked. */
export interface KubeletMetricsOptions {
  /**
   * Time between two questions.
   * @default Duration.seconds(30)
   */
  readonly interval?: Duration;
  /**
   * What is asked about.
   * @default - CONTAINER, POD and NODE
   */
  readonly metricGroups?: KubeletMetricGroup[];
  /**
   * Attributes that cost another question and the permission to see specs of pods.
   * @default - none
   */
  readonly extraMetadataLabels?: KubeletMetadata[];
  /**
   * Whether use is also told as a share of what pods and containers request and are limited to. It
   * costs another question and the permission to see specs of pods.
   * @default false
   */
  readonly hasLimitUtilization?: boolean;
  /**
   * Whether use is also told as a share of what the node has. It costs the permission to see nodes.
   * @default false
   */
  readonly hasNodeUtilization?: boolean;
  /**
   * The kubelet. Where nodes have addresses of IPv6, write `https://[${env:NODE_IP}]:10250`:
   * brackets about an address of IPv4 are refused.
   * @default "https://${env:NODE_IP}:10250"
   */
  readonly endpoint?: string;
  /**
   * Whether any certificate is trusted. Kubelets sign their own one unless a cluster is set up
   * otherwise, and the question does not leave the node. With false, it must be signed by the
   * cluster's authority and hold the address.
   * @default true
   */
  readonly insecureSkipVerify?: boolean;
}

const INTERVAL = Duration.seconds(30);
const ENDPOINT = 'https://${env:NODE_IP}:10250';

/** What it adds to an agent. */
export function kubeletMetricsPart(
  options: KubeletMetricsOptions, facts: PartFacts,
): TierPart {
  return making('kubeletMetrics', Signal.METRICS, facts, {
    receivers: [{
      contract: kubeletStatsReceiver,
      signals: [Signal.METRICS],
      write: (at) => kubeletStatsReceiver.write(configOf(options), at),
    }],
    env: [{ name: 'NODE_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } }],
  });
}

function configOf(options: KubeletMetricsOptions): KubeletStatsReceiverConfig {
  const { metricGroups, extraMetadataLabels, hasNodeUtilization = false } = options;
  const asksApi = hasNodeUtilization
    || extraMetadataLabels?.includes(KubeletMetadata.VOLUME_TYPE) === true;
  const metrics = utilizationMetrics(options);
  return {
    collectionInterval: options.interval ?? INTERVAL,
    authType: 'serviceAccount',
    endpoint: options.endpoint ?? ENDPOINT,
    insecureSkipVerify: options.insecureSkipVerify ?? true,
    metricGroups,
    extraMetadataLabels,
    ...hasNodeUtilization ? { node: '${env:NODE_NAME}' } : {},
    ...asksApi ? { k8sApiConfig: { authType: 'serviceAccount' } } : {},
    ...metrics.length === 0 ? {}
      : { metrics: Object.fromEntries(metrics.map((metric) => [metric, { enabled: true }])) },
  };
}

function utilizationMetrics(
  { hasLimitUtilization = false, hasNodeUtilization = false }: KubeletMetricsOptions,
): string[] {
  const ends = [
    ...hasLimitUtilization ? ['_limit_utilization', '_request_utilization'] : [],
    ...hasNodeUtilization ? ['.node.utilization'] : [],
  ];
  return ['container', 'pod'].flatMap((what) => ['cpu', 'memory'].flatMap((resource) =>
    ends.map((end) => `k8s.${what}.${resource}${end}`)));
}
