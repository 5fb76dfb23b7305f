/**
 * The contract of upstream's Kubernetes cluster receiver.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { choice, duration, list, openMap, optional, text } from '../fields';
import { authType, KUBERNETES_API_UPSTREAM_ONLY } from '../sections/kubernetes-api';

/** Watches the objects of a cluster and tells how they are; one pod of all must do so. */
export interface K8sClusterReceiverConfig {
  /**
   * Who the receiver is to the Kubernetes API: serviceAccount, kubeConfig, tls or none.
   * @default "serviceAccount"
   */
  readonly authType?: string;
  /**
   * Time between two reports.
   * @default Duration.seconds(10)
   */
  readonly collectionInterval?: Duration;
  /**
   * Time between two descriptions of all objects, in a pipeline of logs; zero is never.
   * @default Duration.minutes(5)
   */
  readonly metadataCollectionInterval?: Duration;
  /**
   * Conditions of nodes that are reported, such as Ready and MemoryPressure.
   * @default ["Ready"]
   */
  readonly nodeConditionsToReport?: string[];
  /**
   * What nodes can give to pods that is reported, such as cpu and memory.
   * @default []
   */
  readonly allocatableTypesToReport?: string[];
  /**
   * What the cluster is: kubernetes or openshift, which has quotas of its own.
   * @default "kubernetes"
   */
  readonly distribution?: string;
  /**
   * Namespaces that are watched; all of them when empty.
   * @default []
   */
  readonly namespaces?: string[];
  /**
   * Metrics by name, such as `k8s.node.condition`, with `enabled` and others.
   * @default {}
   */
  readonly metrics?: Record<string, any>;
  /**
   * Attributes of resources by name, with `enabled`.
   * @default {}
   */
  readonly resourceAttributes?: Record<string, any>;
  /**
   * Extension that lets one pod of all watch, such as `k8s_leader_elector`.
   * @default - every pod watches
   */
  readonly k8sLeaderElector?: string;
}

/** The contract of the Kubernetes cluster receiver. */
export const k8sClusterReceiver = component<K8sClusterReceiverConfig>()(
  'receivers', 'k8s_cluster', {
    authType: authType(),
    collectionInterval: duration('10s'),
    metadataCollectionInterval: duration('5m'),
    nodeConditionsToReport: list(text(), ['Ready']),
    allocatableTypesToReport: list(text(), []),
    distribution: choice(['kubernetes', 'openshift'], 'kubernetes'),
    namespaces: list(text(), []),
    metrics: openMap(),
    resourceAttributes: openMap(),
    k8sLeaderElector: optional(text()),
  }, {
    upstreamSignals: ['metrics', 'logs'],
    upstreamOnly: [
      ...KUBERNETES_API_UPSTREAM_ONLY, 'metadata_exporters', 'namespace',
    ],
  });
