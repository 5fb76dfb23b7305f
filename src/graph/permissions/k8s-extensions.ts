/** What extensions need that ask Kubernetes: who leads, and what there is to observe. */
import { asksAsPod, CLUSTER, mayBeOn, permission, READ, type Needs } from './permission';
import { placeOf, placesOf } from './places';
import { holdsReference } from '../../config/environment-references';
import { valueAt } from '../tier-facts';

/**
 * A lease is read, created and updated, by client-go's resourcelock/leaselock.go: upstream's page
 * asks for more. Creating cannot be limited to a name, for the request does not tell it.
 */
export const k8sLeaderElector: Needs = ({ path, config }, facts) => {
  if (!asksAsPod(config)) return [];
  const { places: [place], note } = placeOf(valueAt(config, 'lease_namespace'), facts);
  const name = valueAt(config, 'lease_name');
  const names = typeof name === 'string' && !holdsReference(name) ? [name] : undefined;
  const why = `${path}: lease_name${note}`;
  const lease = (verbs: string[], resourceNames?: string[]) =>
    permission(place, 'coordination.k8s.io', ['leases'], verbs, why, resourceNames);
  return [lease(['create']), lease(['get', 'update'], names)];
};

const OBSERVED: readonly [key: string, group: string, resource: string, isDefault: boolean][] = [
  ['observe_pods', '', 'pods', true],
  ['observe_services', '', 'services', false],
  ['observe_ingresses', 'networking.k8s.io', 'ingresses', false],
];

/** By `newObserver` of k8sobserver/extension.go. Nodes are in no namespace. */
export const k8sObserver: Needs = ({ path, config }, facts) => {
  if (!asksAsPod(config)) return [];
  const { places, note } = placesOf(valueAt(config, 'namespaces'), facts);
  const observed = OBSERVED.filter(([key, , , isDefault]) =>
    mayBeOn(valueAt(config, key), isDefault));
  return [
    ...observed.flatMap(([key, group, resource]) => places.map((place) =>
      permission(place, group, [resource], READ, `${path}: ${key}${note}`))),
    ...mayBeOn(valueAt(config, 'observe_nodes'), false)
      ? [permission(CLUSTER, '', ['nodes'], READ, `${path}: observe_nodes`)] : [],
  ];
};
