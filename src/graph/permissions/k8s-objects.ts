/** What the receivers of objects and of events need. */
import { asksAsPod, items, permission, READ, type Needs } from './permission';
import { placesOf } from './places';
import { valueAt } from '../tier-facts';

/** Groups of what every cluster has; where several have the name, the one that upstream takes. */
const GROUPS: Readonly<Record<string, string>> = {
  '': 'configmaps endpoints events limitranges namespaces nodes persistentvolumeclaims'
    + ' persistentvolumes pods podtemplates replicationcontrollers resourcequotas secrets'
    + ' serviceaccounts services',
  'apiextensions.k8s.io': 'customresourcedefinitions',
  'apps': 'controllerrevisions daemonsets deployments replicasets statefulsets',
  'autoscaling': 'horizontalpodautoscalers',
  'batch': 'cronjobs jobs',
  'coordination.k8s.io': 'leases',
  'discovery.k8s.io': 'endpointslices',
  'networking.k8s.io': 'ingressclasses ingresses networkpolicies',
  'policy': 'poddisruptionbudgets',
  'rbac.authorization.k8s.io': 'clusterrolebindings clusterroles rolebindings roles',
  'scheduling.k8s.io': 'priorityclasses',
  'storage.k8s.io': 'csidrivers csinodes storageclasses volumeattachments',
};

/** Events of the core group, listed and watched; k8seventsreceiver/receiver.go. */
export const k8sEvents: Needs = ({ path, config }, facts) => {
  if (!asksAsPod(config)) return [];
  const { places, note } = placesOf(valueAt(config, 'namespaces'), facts);
  return places.map((place) =>
    permission(place, '', ['events'], READ, `${path}: namespaces${note}`));
};

/**
 * `pull` lists; `watch` lists as well, to know where to begin: internal/k8sinventory, pull and
 * watch. Nothing is ever read by its name.
 */
export const k8sObjects: Needs = ({ path, config }, facts) => {
  if (!asksAsPod(config)) return [];
  return items(valueAt(config, 'objects')).flatMap((object, index) => {
    const name = valueAt(object, 'name');
    if (typeof name !== 'string') return [];
    const { places, note } = placesOf(valueAt(object, 'namespaces'), facts);
    const mode = valueAt(object, 'mode') ?? 'pull';
    const verbs = mode === 'pull' ? ['list'] : ['list', 'watch'];
    return places.map((place) => permission(
      place, groupOf(name, valueAt(object, 'group')), [name], verbs,
      `${path}: objects[${index}]${note}`));
  });
};

/** Upstream looks the group up in the cluster; of what we do not know, it can be any. */
function groupOf(name: string, group: unknown): string {
  if (typeof group === 'string' && group !== '') return group;
  return Object.entries(GROUPS).find(([, names]) => names.split(' ').includes(name))?.[0] ?? '*';
}
