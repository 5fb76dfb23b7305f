/** Features of agents: what only somebody on the node can see. */
import { containerLogsPart, type ContainerLogsOptions } from './container-logs';
import { hostMetricsPart, type HostMetricsOptions } from './host-metrics';
import { kubeletMetricsPart, type KubeletMetricsOptions } from './kubelet-metrics';
import type { PartFacts, TierPart } from './part';
import { profilingPart } from './profiling';

/** Features of agents. */
export interface HostFeatures {
  /**
   * Metrics of the node: its processors, memory, disks and more. The node's files are mounted
   * read-only, which Kubernetes allows in namespaces of the security level `privileged` only.
   * @default - none
   */
  readonly hostMetrics?: HostMetricsOptions;
  /**
   * Logs of all containers on the node. Agents are then root, without capabilities, for nobody
   * else may read them; their namespace must be of the security level `privileged`.
   * @default - none
   */
  readonly containerLogs?: ContainerLogsOptions;
  /**
   * Metrics that the kubelet has of its pods and containers.
   * @default - none
   */
  readonly kubeletMetrics?: KubeletMetricsOptions;
  /**
   * Profiles of what runs on the node. Always refused: no tier carries profiles, and only the
   * distribution otelcol-ebpf-profiler can take them.
   * @default false
   */
  readonly profiling?: boolean;
}

/** What they add to a tier. */
export function hostParts(features: HostFeatures, facts: PartFacts): TierPart[] {
  const { hostMetrics, containerLogs, kubeletMetrics, profiling = false } = features;
  return [
    ...hostMetrics === undefined ? [] : [hostMetricsPart(hostMetrics, facts)],
    ...containerLogs === undefined ? [] : [containerLogsPart(containerLogs, facts)],
    ...kubeletMetrics === undefined ? [] : [kubeletMetricsPart(kubeletMetrics, facts)],
    profilingPart(profiling),
  ];
}
