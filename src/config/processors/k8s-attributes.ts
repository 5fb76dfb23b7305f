/**
 * The contract of upstream's Kubernetes attributes processor.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { choice, duration, flag, list, text } from '../fields';
import { section, type Report } from '../section';
import { authType, KUBERNETES_API_UPSTREAM_ONLY } from '../sections/kubernetes-api';

/** A label or an annotation that becomes an attribute: `key` or `keyRegex`. */
export interface K8sFieldExtractConfig {
  /**
   * Name of the attribute; `$1` and so on stand for what the pattern's groups matched.
   * @default - the kind of object, `label` or `annotation`, and the key
   */
  readonly tagName?: string;
  /**
   * Key of the label or annotation.
   * @default ""
   */
  readonly key?: string;
  /**
   * Pattern of keys (RE2), all of which become attributes.
   * @default ""
   */
  readonly keyRegex?: string;
  /**
   * Object that has it: pod, namespace, node, deployment, statefulset, daemonset or job.
   * @default "pod"
   */
  readonly from?: string;
}

/** What is looked up. */
export interface K8sExtractConfig {
  /**
   * Attributes, such as k8s.pod.name; they decide about the permissions that are needed.
   * @default ["container.image.name", "container.image.tag", "k8s.deployment.name",
   * "k8s.namespace.name", "k8s.node.name", "k8s.pod.name", "k8s.pod.start_time", "k8s.pod.uid"]
   */
  readonly metadata?: string[];
  /**
   * Labels that become attributes.
   * @default []
   */
  readonly labels?: K8sFieldExtractConfig[];
  /**
   * Annotations that become attributes.
   * @default []
   */
  readonly annotations?: K8sFieldExtractConfig[];
  /**
   * Whether annotations `resource.opentelemetry.io/…` of pods become attributes.
   * @default false
   */
  readonly otelAnnotations?: boolean;
  /**
   * Whether a Deployment's name is cut from its ReplicaSet's, which then needs no permission.
   * @default true
   */
  readonly deploymentNameFromReplicaset?: boolean;
}

/** A label or a field that pods must have. */
export interface K8sFieldFilterConfig {
  /**
   * The label's or field's name.
   */
  readonly key: string;
  /**
   * Its value.
   * @default ""
   */
  readonly value?: string;
  /**
   * How it is compared: equals or not-equals; for labels also exists or does-not-exist.
   * @default "equals"
   */
  readonly op?: string;
}

/** Pods that are known. */
export interface K8sFilterConfig {
  /**
   * Name of the node that they stand on.
   * @default ""
   */
  readonly node?: string;
  /**
   * Environment variable with the name of that node, such as one that holds `spec.nodeName`.
   * @default ""
   */
  readonly nodeFromEnvVar?: string;
  /**
   * Namespace that they are in.
   * @default ""
   */
  readonly namespace?: string;
  /**
   * Fields that they have.
   * @default []
   */
  readonly fields?: K8sFieldFilterConfig[];
  /**
   * Labels that they have.
   * @default []
   */
  readonly labels?: K8sFieldFilterConfig[];
}

/** One thing by which a pod is recognized. */
export interface PodAssociationSourceConfig {
  /**
   * Where it is: resource_attribute or connection (the sender's address).
   */
  readonly from: string;
  /**
   * The attribute's name, such as k8s.pod.ip.
   * @default ""
   */
  readonly name?: string;
}

/** One way to recognize a pod: by all of its sources together, four of them at most. */
export interface PodAssociationConfig {
  /**
   * What must fit.
   */
  readonly sources: PodAssociationSourceConfig[];
}

/** Pods by name. */
export interface K8sExcludePodConfig {
  /**
   * Pattern of names (RE2).
   */
  readonly name: string;
}

/** Pods that are left alone. */
export interface K8sExcludeConfig {
  /**
   * The pods.
   * @default [{ "name": "jaeger-agent" }, { "name": "jaeger-collector" }]
   */
  readonly pods?: K8sExcludePodConfig[];
}

/** Adds attributes of the pod that sent something: its name, workload, labels and others. */
export interface K8sAttributesProcessorConfig {
  /**
   * Who the processor is to the Kubernetes API: serviceAccount, kubeConfig, tls or none.
   * @default "serviceAccount"
   */
  readonly authType?: string;
  /**
   * Adds the sender's address only, for a gateway to look up the rest.
   * @default false
   */
  readonly passthrough?: boolean;
  /**
   * What is looked up.
   * @default - names of pods, their workloads, nodes and images
   */
  readonly extract?: K8sExtractConfig;
  /**
   * Pods that are known; agents know those of their node.
   * @default - all
   */
  readonly filter?: K8sFilterConfig;
  /**
   * Ways to recognize a pod, of which the first that fits counts.
   * @default - by the attribute k8s.pod.ip, otherwise by the sender's address
   */
  readonly podAssociation?: PodAssociationConfig[];
  /**
   * Pods that are left alone.
   * @default - those of Jaeger
   */
  readonly exclude?: K8sExcludeConfig;
  /**
   * Whether the collector starts only when the pods are known.
   * @default false
   */
  readonly waitForMetadata?: boolean;
  /**
   * Time after which the start then fails.
   * @default Duration.seconds(10)
   */
  readonly waitForMetadataTimeout?: Duration;
  /**
   * Time between two full look-ups; zero is never.
   * @default Duration.minutes(5)
   */
  readonly watchSyncPeriod?: Duration;
  /**
   * Time for which a pod that is gone stays known.
   * @default Duration.minutes(2)
   */
  readonly podDeleteGracePeriod?: Duration;
}

const WORKLOADS = ['deployment', 'statefulset', 'daemonset', 'job', 'cronjob', 'replicaset'];

const METADATA = [
  'k8s.namespace.name', 'k8s.pod.name', 'k8s.pod.uid', 'k8s.pod.hostname', 'k8s.pod.start_time',
  'k8s.pod.ip', 'k8s.deployment.name', 'k8s.deployment.uid', 'k8s.replicaset.name',
  'k8s.replicaset.uid', 'k8s.daemonset.name', 'k8s.daemonset.uid', 'k8s.statefulset.name',
  'k8s.statefulset.uid', 'k8s.job.name', 'k8s.job.uid', 'k8s.cronjob.name', 'k8s.cronjob.uid',
  'k8s.node.name', 'k8s.node.uid', 'k8s.container.name', 'container.id', 'container.image.name',
  'container.image.tag', 'container.image.tags', 'container.image.repo_digests',
  'service.namespace', 'service.name', 'service.version', 'service.instance.id',
  'k8s.cluster.uid',
];

const extracted = section<K8sFieldExtractConfig>()({
  tagName: text({ fallback: '' }),
  key: text({ fallback: '' }),
  keyRegex: text({ fallback: '' }),
  from: choice(['pod', 'namespace', 'node', ...WORKLOADS, ''], 'pod'),
}, {
  check: ({ key, keyRegex }, report) => {
    if (key !== '' && keyRegex !== '') report(['key_regex'], 'must be absent beside key');
    if (key === '' && keyRegex === '') report(['key'], 'is required, or key_regex');
  },
});

const filtered = (words: readonly string[]) => section<K8sFieldFilterConfig>()({
  key: text(), value: text({ fallback: '' }), op: choice([...words, ''], 'equals'),
});

const source = section<PodAssociationSourceConfig>()(
  { from: choice(['resource_attribute', 'connection']), name: text({ fallback: '' }) }, {
    check: ({ from, name }, report: Report) => {
      if (from === 'resource_attribute' && name === '') {
        report(['name'], 'is required, as the name of an attribute such as k8s.pod.ip');
      }
    },
  });

/** The contract of the Kubernetes attributes processor. */
export const k8sAttributesProcessor = component<K8sAttributesProcessorConfig>()(
  'processors', 'k8s_attributes', {
    authType: authType(),
    passthrough: flag({ fallback: false }),
    extract: section<K8sExtractConfig>()({
      metadata: list(choice(METADATA), [
        'container.image.name', 'container.image.tag', 'k8s.deployment.name',
        'k8s.namespace.name', 'k8s.node.name', 'k8s.pod.name', 'k8s.pod.start_time', 'k8s.pod.uid',
      ]),
      labels: list(extracted, []),
      annotations: list(extracted, []),
      otelAnnotations: flag({ fallback: false }),
      deploymentNameFromReplicaset: flag({ fallback: true }),
    }),
    filter: section<K8sFilterConfig>()({
      node: text({ fallback: '' }),
      nodeFromEnvVar: text({ fallback: '' }),
      namespace: text({ fallback: '' }),
      fields: list(filtered(['equals', 'not-equals']), []),
      labels: list(filtered(['equals', 'not-equals', 'exists', 'does-not-exist']), []),
    }),
    podAssociation: list(section<PodAssociationConfig>()({ sources: list(source) }, {
      check: ({ sources }, report) => {
        if (sources.length > 4) report(['sources'], `must be 4 at most, got ${sources.length}`);
      },
    }), []),
    exclude: section<K8sExcludeConfig>()({
      pods: list(section<K8sExcludePodConfig>()({ name: text() }), [
        { name: 'jaeger-agent' }, { name: 'jaeger-collector' },
      ]),
    }),
    waitForMetadata: flag({ fallback: false }),
    waitForMetadataTimeout: duration('10s'),
    watchSyncPeriod: duration('5m'),
    podDeleteGracePeriod: duration('2m'),
  }, { aliases: ['k8sattributes'], upstreamOnly: KUBERNETES_API_UPSTREAM_ONLY });
