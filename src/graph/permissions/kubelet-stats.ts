/** What the kubelet_stats receiver needs, of kubelets and of the API. */
import {
  asksAsPod, CLUSTER, entries, mayBeOn, permission, READ, texts, type Needs, type Permission,
} from './permission';
import type { UsedComponent } from './used-components';
import { valueAt } from '../tier-facts';

/** First Kubernetes whose kubelets tell nodes/pods from nodes/proxy (KEP-2862, on from 1.33). */
const FINE_GRAINED_KUBELETS = 33;
const OF_REQUESTS = /_(limit|request)_utilization$/;
const OF_NODES = /\.node\.utilization$/;

/** By `newKubeletScraper` and `scrape` of v0.159's scraper.go. */
export const kubeletStats: Needs = (component, { kubernetesMinor = FINE_GRAINED_KUBELETS }) => {
  const { path, config } = component;
  const pods = keyForPods(component);
  const resource = kubernetesMinor >= FINE_GRAINED_KUBELETS ? 'nodes/pods' : 'nodes/proxy';
  // Without `auth_type` it shows a certificate of its own.
  return [
    ...asksAsPod(config, 'tls') ? [
      permission(CLUSTER, '', ['nodes/stats'], ['get'], `${path}: auth_type`),
      ...pods === undefined
        ? [] : [permission(CLUSTER, '', [resource], ['get'], `${path}: ${pods}`)],
    ] : [],
    ...ofApi(component),
  ];
};

/** What kubelets are asked for the specs of pods for. */
function keyForPods({ config }: UsedComponent): string | undefined {
  return texts(valueAt(config, 'extra_metadata_labels')).length > 0
    ? 'extra_metadata_labels' : enabledMetric(config, OF_REQUESTS);
}

function enabledMetric(config: unknown, pattern: RegExp): string | undefined {
  return entries(valueAt(config, 'metrics')).find(([name, metric]) =>
    pattern.test(name) && mayBeOn(valueAt(metric, 'enabled'), false))?.[0];
}

function ofApi({ path, config }: UsedComponent): Permission[] {
  const api = valueAt(config, 'k8s_api_config');
  if (api === undefined || api === null || !asksAsPod(api)) return [];
  const metric = enabledMetric(config, OF_NODES);
  const isVolume = texts(valueAt(config, 'extra_metadata_labels')).includes('k8s.volume.type');
  return [
    ...metric === undefined ? [] : [permission(CLUSTER, '', ['nodes'], READ, `${path}: ${metric}`)],
    ...isVolume ? [permission(
      CLUSTER, '', ['persistentvolumeclaims', 'persistentvolumes'], ['get'],
      `${path}: k8s.volume.type`)] : [],
  ];
}
