/** What the load-balancing exporter needs to find backends. */
import { permission, READ, type Needs } from './permission';
import { placeOf } from './places';
import { holdsReference } from '../../config/environment-references';
import { valueAt } from '../tier-facts';

/**
 * First version that reads EndpointSlices and nothing else (contrib#44079). Up to v0.137 only
 * Endpoints are read; what the versions between read is not known for certain.
 */
const SLICES_ONLY = 140;
const WHOLE_REFERENCE = /^\$\{[^{}]*\}$/;

/**
 * The k8s resolver lists and watches in the namespace of its Service, by v0.159's
 * loadbalancingexporter/resolver_k8s.go. Names of slices are made up by Kubernetes, so it cannot
 * be narrowed to one Service. The other resolvers ask nobody in the cluster.
 */
export const loadBalancing: Needs = ({ path, config }, facts) => {
  const service = valueAt(config, 'resolver', 'k8s', 'service');
  if (typeof service !== 'string') return [];
  const [name, namespace] = WHOLE_REFERENCE.test(service)
    ? [service, service] : service.split('.');
  const { places: [place], note } = placeOf(namespace, facts);
  const isRole = place.scope === 'namespace' && !holdsReference(name);
  const finds = isRole ? { ...place, finds: name } : place;
  const why = `${path}: resolver.k8s.service${note}`;
  return [
    permission(finds, 'discovery.k8s.io', ['endpointslices'], READ, why),
    ...(facts.collectorMinor ?? SLICES_ONLY) < SLICES_ONLY
      ? [permission(finds, '', ['endpoints'], READ, why)] : [],
  ];
};
