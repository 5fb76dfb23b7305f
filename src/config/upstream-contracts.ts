/**
 * Contracts of components that upstream has and this runtime does not: the constructs write them,
 * and check what users merge over them.
 */
import { datadogConnector } from './connectors/datadog';
import { spanMetricsConnector } from './connectors/span-metrics';
import type { ComponentSection, Contract, PipelineSignal } from './contract';
import { contracts } from './contracts';
import { datadogExporter } from './exporters/datadog';
import { prometheusExporter } from './exporters/prometheus';
import { prometheusRemoteWriteExporter } from './exporters/prometheus-remote-write';
import { datadogExtension } from './extensions/datadog';
import { k8sLeaderElectorExtension } from './extensions/k8s-leader-elector';
import { attributesProcessor } from './processors/attributes';
import { infraAttributesProcessor } from './processors/infra-attributes';
import { k8sAttributesProcessor } from './processors/k8s-attributes';
import { resourceProcessor } from './processors/resource';
import { resourceDetectionProcessor } from './processors/resource-detection';
import { fileLogReceiver } from './receivers/file-log';
import { hostMetricsReceiver } from './receivers/host-metrics';
import { k8sClusterReceiver } from './receivers/k8s-cluster';
import { k8sEventsReceiver } from './receivers/k8s-events';
import { k8sObjectsReceiver } from './receivers/k8s-objects';
import { kubeletStatsReceiver } from './receivers/kubelet-stats';
import { prometheusReceiver } from './receivers/prometheus';

/** The contracts of what only upstream has. */
export const upstreamContracts = [
  hostMetricsReceiver, fileLogReceiver, kubeletStatsReceiver, k8sClusterReceiver,
  k8sEventsReceiver, k8sObjectsReceiver, prometheusReceiver,
  k8sAttributesProcessor, resourceDetectionProcessor, resourceProcessor, attributesProcessor,
  infraAttributesProcessor,
  prometheusRemoteWriteExporter, prometheusExporter, datadogExporter,
  datadogConnector, spanMetricsConnector,
  datadogExtension, k8sLeaderElectorExtension,
] as const;

/** Signals that components of a type carry upstream; undefined when nobody here knows the type. */
export function carriedSignals(
  section: ComponentSection, type: string,
): readonly PipelineSignal[] | undefined {
  const known: readonly Contract[] = [...contracts, ...upstreamContracts];
  const contract = known.find((candidate) => candidate.section === section
    && (candidate.type === type || candidate.aliases.includes(type)));
  return contract && (contract.upstreamSignals ?? ['traces', 'metrics', 'logs']);
}
