/** What detectors of the resource_detection processor need; those of clouds ask outside. */
import {
  asksAsPod, CLUSTER, mayBeOn, permission, texts, type Needs, type Permission,
  type PermissionFacts, type Place,
} from './permission';
import { valueAt } from '../tier-facts';

/**
 * First version that may ask for the cluster's uid: v0.149's k8snode detector does not,
 * v0.155's does.
 */
const CLUSTER_UID = 150;
/** First version known not to read the ConfigMap aws-auth: v0.119's eks detector does. */
const NO_AWS_AUTH = 139;
const KUBE_SYSTEM = 'kube-system';
const IN_KUBE_SYSTEM: Place = { scope: 'namespace', namespace: KUBE_SYSTEM };

type DetectorNeeds = (config: unknown, why: string, facts: PermissionFacts) => Permission[];

/** Only `get` is called, by v0.159's internal/metadataproviders/k8snode. */
const node: DetectorNeeds = (config, why, { collectorMinor = CLUSTER_UID }) => {
  if (!asksAsPod(config)) return [];
  const isNode = isWanted(config, 'k8s.node.uid') || isWanted(config, 'k8s.node.name');
  const isCluster = isWanted(config, 'k8s.cluster.uid') && collectorMinor >= CLUSTER_UID;
  return [
    ...isNode ? [permission(CLUSTER, '', ['nodes'], ['get'], why)] : [],
    ...isCluster ? [permission(CLUSTER, '', ['namespaces'], ['get'], why, [KUBE_SYSTEM])] : [],
  ];
};

/** A namespace is in itself, so that one Role does; v0.159's internal/metadataproviders/kubeadm. */
const kubeadm: DetectorNeeds = (config, why) => !asksAsPod(config) ? [] : [
  ...isWanted(config, 'k8s.cluster.name')
    ? [permission(IN_KUBE_SYSTEM, '', ['configmaps'], ['get'], why, ['kubeadm-config'])] : [],
  ...isWanted(config, 'k8s.cluster.uid')
    ? [permission(IN_KUBE_SYSTEM, '', ['namespaces'], ['get'], why, [KUBE_SYSTEM])] : [],
];

/** One path is read, by v0.159's internal/metadataproviders/openshift: infrastructures/cluster. */
const openshift: DetectorNeeds = (config, why) =>
  (valueAt(config, 'token') ?? '') !== '' ? [] : [permission(
    CLUSTER, 'config.openshift.io', ['infrastructures', 'infrastructures/status'], ['get'], why,
    ['cluster'])];

/** The node is looked up where the metadata service is out of reach, once its name is known. */
const eks: DetectorNeeds = (config, why, { collectorMinor = NO_AWS_AUTH }) => [
  ...(valueAt(config, 'node_from_env_var') ?? '') === ''
    ? [] : [permission(CLUSTER, '', ['nodes'], ['get'], `${why}.node_from_env_var`)],
  ...collectorMinor < NO_AWS_AUTH
    ? [permission(IN_KUBE_SYSTEM, '', ['configmaps'], ['get'], why, ['aws-auth'])] : [],
];

const DETECTORS: ReadonlyMap<string, DetectorNeeds> = new Map([
  ['k8s_api', node], ['k8snode', node], ['kubeadm', kubeadm], ['openshift', openshift],
  ['eks', eks],
]);

/** Whether an attribute is not switched off; all of those that are asked for are on by default. */
function isWanted(config: unknown, attribute: string): boolean {
  return mayBeOn(valueAt(config, 'resource_attributes', attribute, 'enabled'), true);
}

/** Each detector has its settings below its own name. */
export const resourceDetection: Needs = ({ path, config }, facts) =>
  texts(valueAt(config, 'detectors')).flatMap((detector) =>
    DETECTORS.get(detector)?.(valueAt(config, detector), `${path}: ${detector}`, facts) ?? []);
