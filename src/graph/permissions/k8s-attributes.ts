/** What the k8s_attributes processor needs: one rule for each of its informers that starts. */
import {
  asksAsPod, CLUSTER, isOn, items, permission, READ, texts, type Needs, type Permission,
  type PermissionFacts,
} from './permission';
import { placesOf } from './places';
import type { UsedComponent } from './used-components';
import { valueAt } from '../tier-facts';

/**
 * First version known to take names of Deployments from names of ReplicaSets unless told
 * otherwise: createDefaultConfig of v0.155's factory.go; v0.149's does not (contrib#48534).
 */
const NAMES_FROM_REPLICA_SETS = 155;

/** What is extracted unless told otherwise, as far as something is looked up for it. */
const DEFAULT_METADATA = ['k8s.deployment.name'];

/** Objects of which labels and annotations are extracted, and where they are. */
const SOURCES: readonly [from: string, group: string, resource: string][] = [
  ['deployment', 'apps', 'deployments'],
  ['statefulset', 'apps', 'statefulsets'],
  ['daemonset', 'apps', 'daemonsets'],
  ['job', 'batch', 'jobs'],
  // A CronJob is found by way of its Jobs; both from v0.160 on.
  ['cronjob', 'batch', 'jobs'],
  ['cronjob', 'batch', 'cronjobs'],
  ['replicaset', 'apps', 'replicasets'],
];

/** Informers start by `New` and `Start` of v0.159's internal/kube/client.go. */
export const k8sAttributes: Needs = (component, facts) => {
  const { path, config } = component;
  if (isOn(valueAt(config, 'passthrough'), false) || !asksAsPod(config)) return [];
  const { places, note } = placesOf([valueAt(config, 'filter', 'namespace') ?? ''], facts);
  const inFilter = (group: string, resource: string, key: string) => places.map((place) =>
    permission(place, group, [resource], READ, `${path}: ${key}${note}`));
  const metadata = metadataOf(config);
  const replicaSetKey = keyForReplicaSets(component, facts);
  return [
    ...inFilter('', 'pods', 'extract'),
    ...replicaSetKey === undefined ? [] : inFilter('apps', 'replicasets', replicaSetKey),
    ...SOURCES.filter(([from]) => isExtractedFrom(config, from)).flatMap(
      ([from, group, resource]) => inFilter(group, resource, `from: ${from}`)),
    ...metadata.includes('k8s.cronjob.uid') ? inFilter('batch', 'jobs', 'k8s.cronjob.uid') : [],
    ...ofNodes(component, metadata),
    ...ofNamespaces(component, metadata),
  ];
};

/** An empty list is kept; only a list that is not there stands for the default. */
function metadataOf(config: unknown): string[] {
  const metadata = valueAt(config, 'extract', 'metadata');
  return Array.isArray(metadata) ? texts(metadata) : DEFAULT_METADATA;
}

function isExtractedFrom(config: unknown, from: string): boolean {
  return ['labels', 'annotations'].some((kind) =>
    items(valueAt(config, 'extract', kind)).some((rule) => valueAt(rule, 'from') === from));
}

/** `service.name` and `otel_annotations` make do with the pod: they start nothing. */
function keyForReplicaSets(
  { config }: UsedComponent, { collectorMinor }: PermissionFacts,
): string | undefined {
  const metadata = metadataOf(config);
  const isNameGuessed = isOn(
    valueAt(config, 'extract', 'deployment_name_from_replicaset'),
    (collectorMinor ?? NAMES_FROM_REPLICA_SETS) >= NAMES_FROM_REPLICA_SETS);
  if (metadata.includes('k8s.deployment.uid')) return 'k8s.deployment.uid';
  if (metadata.includes('k8s.deployment.name') && !isNameGuessed) return 'k8s.deployment.name';
  return isExtractedFrom(config, 'deployment') ? 'from: deployment' : undefined;
}

function ofNodes({ path, config }: UsedComponent, metadata: readonly string[]): Permission[] {
  const key = metadata.includes('k8s.node.uid') ? 'k8s.node.uid' : 'from: node';
  return key === 'k8s.node.uid' || isExtractedFrom(config, 'node')
    ? [permission(CLUSTER, '', ['nodes'], READ, `${path}: ${key}`)] : [];
}

/**
 * The cluster's uid is that of kube-system. It is listed and watched by `metadata.name`, which is
 * how such requests can be allowed for one object: Kubernetes' page "Using RBAC Authorization".
 */
function ofNamespaces({ path, config }: UsedComponent, metadata: readonly string[]): Permission[] {
  const read = (key: string, names?: string[]) =>
    [permission(CLUSTER, '', ['namespaces'], READ, `${path}: ${key}`, names)];
  if (isExtractedFrom(config, 'namespace')) return read('from: namespace');
  return metadata.includes('k8s.cluster.uid') ? read('k8s.cluster.uid', ['kube-system']) : [];
}
