/** What the prometheus receiver needs to find targets, and to be let in by them. */
import {
  CLUSTER, isOn, items, mayBeOn, permission, READ, texts, type Needs, type Permission,
  type PermissionFacts,
} from './permission';
import { placesOf } from './places';
import { SERVICE_ACCOUNT_FOLDER } from './token-files';
import { holdsReference } from '../../config/environment-references';
import { valueAt } from '../tier-facts';

/** What is watched in each role, as group and resource; nodes are in no namespace. */
const ROLES: Readonly<Record<string, readonly [group: string, resource: string][]>> = {
  pod: [['', 'pods']],
  service: [['', 'services']],
  endpoints: [['', 'endpoints'], ['', 'services'], ['', 'pods']],
  endpointslice: [['discovery.k8s.io', 'endpointslices'], ['', 'services'], ['', 'pods']],
  ingress: [['networking.k8s.io', 'ingresses']],
};

/** What is watched for more labels, where it is. */
const ATTACHED: readonly [key: string, group: string, resource: string][] = [
  ['deployment', 'apps', 'replicasets'],
  ['job', 'batch', 'jobs'],
  ['cronjob', 'batch', 'jobs'],
];

const KUBELET_PORT = /:10250$/;
/** How a node is reached through the API server, as relabelling writes it. */
const NODE_PROXY = /\/api\/v1\/nodes\/.*\/proxy/;

/** A target allocator finds targets by itself, with permissions of its own. */
export const prometheus: Needs = ({ path, config }, facts) =>
  items(valueAt(config, 'config', 'scrape_configs')).flatMap((job) => {
    const name = `${path}: ${String(valueAt(job, 'job_name') ?? 'scrape_configs')}`;
    return [
      ...items(valueAt(job, 'kubernetes_sd_configs')).flatMap((discovery) =>
        ofDiscovery(discovery, name, facts)),
      ...ofScraping(job, name),
    ];
  });

/** By `Run` of Prometheus v0.313's discovery/kubernetes/kubernetes.go, which v0.159 is built of. */
function ofDiscovery(discovery: unknown, name: string, facts: PermissionFacts): Permission[] {
  if (!discoversAsPod(discovery)) return [];
  const role = String(valueAt(discovery, 'role'));
  const attached = (key: string) => mayBeOn(valueAt(discovery, 'attach_metadata', key), false);
  const isNode = role === 'node';
  const inNamespaces = isNode ? [] : [
    ...ROLES[role] ?? [],
    ...['pod', 'endpoints', 'endpointslice'].includes(role)
      ? ATTACHED.filter(([key]) => attached(key)).map(([, ...what]) => what) : [],
  ];
  const { places, note } = placesOf(namesOf(valueAt(discovery, 'namespaces')), facts);
  const why = `${name}, role ${role}`;
  return [
    ...inNamespaces.flatMap(([group, resource]) => places.map((place) =>
      permission(place, group, [resource], READ, `${why}${note}`))),
    ...isNode || attached('node') ? [permission(CLUSTER, '', ['nodes'], READ, why)] : [],
    ...!isNode && attached('namespace')
      ? [permission(CLUSTER, '', ['namespaces'], READ, why)] : [],
  ];
}

/** Whoever names an API server or a kubeconfig shows what stands there instead. */
function discoversAsPod(discovery: unknown): boolean {
  if ((valueAt(discovery, 'kubeconfig_file') ?? '') !== '') return false;
  return (valueAt(discovery, 'api_server') ?? '') === '' || showsToken(discovery);
}

function namesOf(namespaces: unknown): string[] {
  const own = isOn(valueAt(namespaces, 'own_namespace'), false) ? ['${env:POD_NAMESPACE}'] : [];
  return [...texts(valueAt(namespaces, 'names')), ...own];
}

/** Whether the pod's token is shown to whoever is asked. */
function showsToken(client: unknown): boolean {
  return [['bearer_token_file'], ['authorization', 'credentials_file']].some((at) =>
    String(valueAt(client, ...at) ?? '').includes(SERVICE_ACCOUNT_FOLDER));
}

/**
 * Targets that are shown the token ask the API server what it may: kubelets about a part of the
 * node, all others about the path that is read.
 */
function ofScraping(job: unknown, name: string): Permission[] {
  if (!showsToken(job)) return [];
  const given = valueAt(job, 'metrics_path');
  const url = typeof given === 'string' && !holdsReference(given) ? given : '/metrics';
  const why = `${name}, ${url}`;
  const roles = items(valueAt(job, 'kubernetes_sd_configs')).map((each) => valueAt(each, 'role'));
  const targets = items(valueAt(job, 'static_configs'))
    .flatMap((each) => texts(valueAt(each, 'targets')));
  const isKubelet = roles.includes('node') || targets.some((target) => KUBELET_PORT.test(target));
  const isOther = !isKubelet || roles.some((role) => role !== 'node')
    || targets.some((target) => !KUBELET_PORT.test(target));
  const resource = NODE_PROXY.test(JSON.stringify(valueAt(job, 'relabel_configs') ?? ''))
    ? 'nodes/proxy' : kubeletResource(url);
  return [
    ...isKubelet ? [permission(CLUSTER, '', [resource], ['get'], why)] : [],
    ...isOther ? [{
      ...CLUSTER, rule: { apiGroups: [], nonResourceUrls: [url], verbs: ['get'], why },
    }] : [],
  ];
}

/** By Kubernetes' page "Kubelet authentication/authorization". */
function kubeletResource(url: string): string {
  if (url.startsWith('/metrics')) return 'nodes/metrics';
  return url.startsWith('/stats') ? 'nodes/stats' : 'nodes/proxy';
}
