/** Attributes that Kubernetes knows of the pod that telemetry comes from. */
import { KubernetesAttribute, type KubernetesObject } from './kubernetes-attribute';
import { Place, type CollectorVersion, type PartFacts, type TierPart } from './part';
import {
  k8sAttributesProcessor, type K8sAttributesProcessorConfig, type K8sFieldExtractConfig,
  type PodAssociationConfig,
} from '../config';
import { minorOf } from '../distribution/versions';
import { Signal } from '../graph/signal';

/** A label or an annotation that becomes an attribute. */
export interface KubernetesFieldOptions {
  /**
   * Its key, such as `app.kubernetes.io/part-of`.
   */
  readonly key: string;
  /**
   * Name of the attribute.
   * @default - what has it, `labels` or `annotations`, and the key, as in k8s.pod.labels.app
   */
  readonly tagName?: string;
  /**
   * What has it.
   * @default KubernetesObject.POD
   */
  readonly from?: KubernetesObject;
}

/** Which attributes are put in, and how pods are recognized. */
export interface KubernetesAttributesOptions {
  /**
   * Attributes that are put in. Permissions follow from them.
   * @default - names of the namespace, pod, node, container's image and what owns the pod, and the
   * pod's uid and start
   */
  readonly extract?: KubernetesAttribute[];
  /**
   * Labels that become attributes. What other objects than pods have costs permission to see those.
   * @default - none
   */
  readonly labels?: KubernetesFieldOptions[];
  /**
   * Annotations that become attributes.
   * @default - none
   */
  readonly annotations?: KubernetesFieldOptions[];
  /**
   * Whether names of Deployments are cut from names of ReplicaSets, rather than that all
   * ReplicaSets are watched. Upstream can do so from 0.139 on, and only so from 0.160 on.
   * @default true
   */
  readonly deploymentNameFromReplicaSet?: boolean;
  /**
   * Whether a pod is recognized by the address that telemetry came from, where no attribute says
   * which pod it is. Right where applications send to this tier themselves.
   * @default - true on agents; false on others, where it is the address of an agent
   */
  readonly isByConnection?: boolean;
  /**
   * Whether an agent only puts in the address that telemetry came from, as k8s.pod.ip, by which a
   * gateway with `kubernetesAttributes` recognizes the pod. It then needs no permissions.
   * @default false
   */
  readonly passthrough?: boolean;
}

const DEFAULT_ATTRIBUTES = [
  KubernetesAttribute.NAMESPACE_NAME, KubernetesAttribute.POD_NAME, KubernetesAttribute.POD_UID,
  KubernetesAttribute.POD_START_TIME, KubernetesAttribute.NODE_NAME,
  KubernetesAttribute.DEPLOYMENT_NAME, KubernetesAttribute.STATEFULSET_NAME,
  KubernetesAttribute.DAEMONSET_NAME, KubernetesAttribute.JOB_NAME,
  KubernetesAttribute.CONTAINER_IMAGE_NAME, KubernetesAttribute.CONTAINER_IMAGE_TAG,
];

/** First minor version that cuts names of Deployments when told to: contrib v0.139.0 #42530. */
const CUTS_WHEN_TOLD = 139;
/** First one that is known to do so by itself; to say it again would be a deprecated setting. */
const CUTS_BY_ITSELF = 155;

/** What it adds to a tier. */
export function kubernetesAttributesPart(
  options: KubernetesAttributesOptions, facts: PartFacts,
): TierPart {
  return {
    processors: [{
      contract: k8sAttributesProcessor,
      // Batches and samplers forget which connection telemetry came by.
      place: Place.ENRICH,
      signals: Object.values(Signal),
      write: (at, version) => k8sAttributesProcessor.write(
        options.passthrough === true ? { passthrough: true } : configOf(options, facts, version),
        at),
    }],
    problems: problemsOf(options, facts),
  };
}

function configOf(
  options: KubernetesAttributesOptions, { component }: PartFacts, version: CollectorVersion,
): K8sAttributesProcessorConfig {
  const isAgent = component === 'agent';
  const { extract = DEFAULT_ATTRIBUTES, isByConnection = isAgent } = options;
  const labels = options.labels?.map(fieldOf);
  const annotations = options.annotations?.map(fieldOf);
  return {
    authType: 'serviceAccount',
    extract: {
      metadata: extract,
      labels,
      annotations,
      ...deploymentName(options.deploymentNameFromReplicaSet ?? true, version),
    },
    // Without it, every agent would keep all pods of the cluster in its memory.
    ...isAgent ? { filter: { nodeFromEnvVar: 'NODE_NAME' } } : {},
    podAssociation: associations(isByConnection),
  };
}

function fieldOf({ key, tagName, from }: KubernetesFieldOptions): K8sFieldExtractConfig {
  return { key, tagName, from };
}

/** Older versions always look ReplicaSets up. */
function deploymentName(
  isCut: boolean, version: CollectorVersion,
): { deploymentNameFromReplicaset?: boolean } {
  const minor = minorOf(version ?? '') ?? Infinity;
  const isSaid = minor >= CUTS_WHEN_TOLD && !(isCut && minor >= CUTS_BY_ITSELF);
  return isSaid ? { deploymentNameFromReplicaset: isCut } : {};
}

/**
 * The first way for which everything is there decides, whether it finds a pod or not: what
 * telemetry says of itself comes before the connection, which may be that of somebody who passed
 * it on.
 */
function associations(isByConnection: boolean): PodAssociationConfig[] {
  return [
    { sources: [{ from: 'resource_attribute', name: 'k8s.pod.uid' }] },
    { sources: [{ from: 'resource_attribute', name: 'k8s.pod.ip' }] },
    ...isByConnection ? [{ sources: [{ from: 'connection' }] }] : [],
  ];
}

function problemsOf(options: KubernetesAttributesOptions, { component }: PartFacts): string[] {
  if (options.passthrough !== true) return [];
  const { passthrough: _, ...rest } = options;
  const others = Object.keys(rest).filter((key) =>
    rest[key as keyof typeof rest] !== undefined);
  return [
    ...component === 'agent' ? [] : [
      'kubernetesAttributes.passthrough: must be left to agents, for connections to others are'
      + ' those of agents, got true.'
      + '\n→ give `kubernetesAttributes: { passthrough: true }` to the AgentDaemonSet, and leave'
      + ' `passthrough` out here.',
    ],
    ...others.length === 0 ? [] : [
      'kubernetesAttributes.passthrough: must stand alone, for nothing is looked up then, got'
      + ` ${others.join(' and ')} besides.`
      + '\n→ give those to the gateway, which looks pods up.',
    ],
  ];
}
