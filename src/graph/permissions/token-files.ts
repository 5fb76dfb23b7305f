/** Who reads the pod's token, or what lies beside it, without asking for anything by it. */
import { asksAsPod, entries, isOn, texts } from './permission';
import { usedComponents } from './used-components';
import { valueAt, type CollectorData } from '../tier-facts';

/** Where Kubernetes puts a pod's token, the cluster's certificate and the pod's namespace. */
export const SERVICE_ACCOUNT_FOLDER = 'secrets/kubernetes.io/serviceaccount';

/** Where the token is read; empty when nobody does. */
export function tokenReaders(data: CollectorData): string[] {
  return [
    ...usedComponents(data).filter(({ kind, config }) => namesFolder(config)
      || kind === 'processors.resourcedetection' && detectsByToken(config))
      .map(({ path }) => path),
    ...namesFolder(data.service) ? ['service'] : [],
  ];
}

/**
 * Clients of the API are made whether they ask for something or not. The eks detector is one to
 * learn the API's version; openshift's has the cluster's certificate from there when it has a
 * token of its own. By v0.159's resourcedetectionprocessor.
 */
function detectsByToken(config: unknown): boolean {
  return texts(valueAt(config, 'detectors')).some((detector) => {
    const own = valueAt(config, detector);
    if (detector === 'eks') return true;
    if (detector === 'openshift') {
      const tls = valueAt(own, 'tls');
      return !isOn(valueAt(tls, 'insecure'), false) && valueAt(tls, 'ca_file') === undefined;
    }
    return ['k8s_api', 'k8snode', 'kubeadm'].includes(detector) && asksAsPod(own);
  });
}

/** Whether the folder stands in a value, or a key by which it is read. */
function namesFolder(value: unknown): boolean {
  if (typeof value === 'string') return value.includes(SERVICE_ACCOUNT_FOLDER);
  if (Array.isArray(value)) return value.some(namesFolder);
  return entries(value).some(([key, held]) =>
    namesFolder(held) || key === 'auth_type' && held === 'serviceAccount');
}
