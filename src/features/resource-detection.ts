/** Attributes of the node, the cluster and the cloud that collectors run on. */
import { Duration } from 'cdk8s';
import { Place, type CollectorVersion, type PartFacts, type TierPart } from './part';
import {
  detectorSpelling, resourceDetectionProcessor, type ResourceDetectionProcessorConfig,
} from '../config';
import { minorOf } from '../distribution/versions';
import { Signal } from '../graph/signal';

/** Something that finds attributes. The first one that finds an attribute decides about it. */
export enum ResourceDetector {
  /** The node's name, as host.name and k8s.node.name, from the pod itself. */
  ENV = 'env',
  /**
   * The operating system, as os.type. The name that it finds would be the pod's: the node's is
   * taken in its place, as by ENV.
   */
  SYSTEM = 'system',
  /** The node's name and uid and the cluster's uid, from the Kubernetes API. */
  KUBERNETES = 'k8s_api',
  /**
   * That it is EKS, and more of it where that is switched on; from the metadata service of the
   * machine, or from the API of Amazon where pods cannot reach that.
   */
  EKS = 'eks',
  /**
   * The machine at Amazon, its account, region and zone. Pods reach its metadata service where the
   * machine's hop limit is 2 or more.
   */
  EC2 = 'ec2',
  /** The machine at Google, its project, region, zone and cluster. */
  GCP = 'gcp',
  /** That it is AKS. */
  AKS = 'aks',
  /** The machine at Azure, its subscription, region and scale set. */
  AZURE = 'azure',
  /** The cluster's name, cloud and region, from the API of OpenShift. */
  OPENSHIFT = 'openshift',
  /** The cluster's name and uid, where kubeadm set it up. */
  KUBEADM = 'kubeadm',
  /** Always refused: it needs the socket of Docker, by which a pod is master of its node. */
  DOCKER = 'docker',
}

/** Those that say the same on every node, so that they are right on any tier of the cluster. */
const OF_CLUSTER = [
  ResourceDetector.EKS, ResourceDetector.AKS, ResourceDetector.OPENSHIFT, ResourceDetector.KUBEADM,
];
/** Those that ask a metadata service, which is slow while a machine is young. */
const OF_CLOUD = [
  ResourceDetector.EKS, ResourceDetector.EC2, ResourceDetector.GCP, ResourceDetector.AKS,
  ResourceDetector.AZURE,
];
const TIMEOUT = Duration.seconds(5);
const CLOUD_TIMEOUT = Duration.seconds(15);
/** First minor version whose eks detector takes it: contrib v0.128.0 #39503. */
const EKS_TAKES_NODE = 128;
const NODE_NAME = 'NODE_NAME';

/** What it adds to a tier. */
export function resourceDetectionPart(
  wanted: readonly ResourceDetector[], facts: PartFacts,
): TierPart {
  const detectors = detectorsOf(wanted);
  return {
    processors: [{
      contract: resourceDetectionProcessor,
      place: Place.ENRICH,
      signals: Object.values(Signal),
      write: (at, version) => resourceDetectionProcessor.write(configOf(detectors, version), at),
    }],
    env: detectors.includes(ResourceDetector.ENV) && facts.component === 'agent' ? [{
      name: 'OTEL_RESOURCE_ATTRIBUTES',
      value: `host.name=$(${NODE_NAME}),k8s.node.name=$(${NODE_NAME})`,
    }] : [],
    problems: problemsOf(wanted, facts),
  };
}

/** Whether they say something about one node rather than about the cluster. */
export function isAboutNode(detector: ResourceDetector): boolean {
  return !OF_CLUSTER.includes(detector);
}

function detectorsOf(wanted: readonly ResourceDetector[]): ResourceDetector[] {
  const needsName = wanted.includes(ResourceDetector.SYSTEM);
  return [...new Set([...needsName && !wanted.includes(ResourceDetector.ENV)
    ? [ResourceDetector.ENV] : [], ...wanted])];
}

function configOf(
  detectors: readonly ResourceDetector[], version: CollectorVersion,
): ResourceDetectionProcessorConfig {
  const has = (detector: ResourceDetector) => detectors.includes(detector);
  const kubernetes = detectorSpelling(ResourceDetector.KUBERNETES, version);
  return {
    detectors: detectors.map((detector) => detectorSpelling(detector, version)),
    // What the application says of itself is not replaced.
    override: false,
    timeout: detectors.some((detector) => OF_CLOUD.includes(detector)) ? CLOUD_TIMEOUT : TIMEOUT,
    ...has(ResourceDetector.SYSTEM) ? {
      system: { hostnameSources: ['os'], resourceAttributes: { 'host.name': { enabled: false } } },
    } : {},
    ...has(ResourceDetector.KUBERNETES)
      ? { [kubernetes === 'k8snode' ? 'k8snode' : 'k8sApi']: { nodeFromEnvVar: NODE_NAME } } : {},
    ...has(ResourceDetector.EKS) && (minorOf(version ?? '') ?? Infinity) >= EKS_TAKES_NODE
      ? { eks: { node_from_env_var: NODE_NAME } } : {},
  };
}

function problemsOf(
  wanted: readonly ResourceDetector[], { component }: PartFacts,
): string[] {
  const names = wanted.filter((detector) =>
    isAboutNode(detector) && detector !== ResourceDetector.DOCKER);
  return [
    ...wanted.length > 0 ? [] : [
      'resourceDetection: must hold at least one detector, got [].'
      + '\n→ give it [ResourceDetector.ENV], or leave it out.',
    ],
    ...!wanted.includes(ResourceDetector.DOCKER) ? [] : [
      'resourceDetection: must not hold docker, which needs the socket of Docker: a pod that has it'
      + ' is master of its node, and most nodes have none, got docker.'
      + '\n→ use [ResourceDetector.ENV, ResourceDetector.KUBERNETES], which name the node.',
    ],
    ...component === 'agent' || names.length === 0 ? [] : [
      'resourceDetection: must be about the cluster on a tier that others send to, for its own node'
      + ` is not where telemetry comes from, got ${names.join(' and ')}.`
      + '\n→ give these detectors to the AgentDaemonSet.',
    ],
  ];
}
