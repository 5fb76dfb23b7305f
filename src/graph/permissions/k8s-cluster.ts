/** What the k8s_cluster receiver needs: one rule for each of its informers. */
import { asksAsPod, mayBeOn, permission, READ, texts, type Needs } from './permission';
import { placesOf } from './places';
import { valueAt } from '../tier-facts';

/** First version that watches volumes (contrib#47555, operator#5421). */
const VOLUMES = 151;

/** Informers by `prepareSharedInformerFactory` of v0.149's watcher.go. */
export const k8sCluster: Needs = ({ path, config }, facts) => {
  if (!asksAsPod(config)) return [];
  const { key, namespaces } = namespacesOf(config);
  const { places, note } = placesOf(namespaces, facts);
  const hasVolumes = (facts.collectorMinor ?? VOLUMES) >= VOLUMES;
  const isCounted = mayBeOn(
    valueAt(config, 'metrics', 'k8s.service.endpoint.count', 'enabled'), false);
  const isOpenShift = valueAt(config, 'distribution') === 'openshift';
  return places.flatMap((place) => {
    const isEverywhere = key === undefined;
    const read = (group: string, resources: string[], what = key) => permission(
      place, group, resources, READ, what === undefined ? path : `${path}: ${what}${note}`);
    return [
      read('', [
        'pods', 'replicationcontrollers', 'resourcequotas', 'services',
        ...hasVolumes ? ['persistentvolumeclaims'] : [],
        ...isEverywhere ? ['namespaces', 'nodes'] : [],
        ...isEverywhere && hasVolumes ? ['persistentvolumes'] : [],
      ]),
      read('apps', ['daemonsets', 'deployments', 'replicasets', 'statefulsets']),
      read('batch', ['cronjobs', 'jobs']),
      read('autoscaling', ['horizontalpodautoscalers']),
      ...isCounted
        ? [read('discovery.k8s.io', ['endpointslices'], 'k8s.service.endpoint.count')] : [],
      ...isOpenShift && isEverywhere
        ? [read('quota.openshift.io', ['clusterresourcequotas'], 'distribution')] : [],
    ];
  });
};

/** Nodes, namespaces and what else is in no namespace are left out once namespaces are named. */
function namespacesOf(config: unknown): { key?: string; namespaces: string[] } {
  const namespaces = texts(valueAt(config, 'namespaces'));
  if (namespaces.length > 0) return { key: 'namespaces', namespaces };
  const old = valueAt(config, 'namespace');
  return typeof old === 'string' && old !== ''
    ? { key: 'namespace', namespaces: [old] } : { namespaces };
}
