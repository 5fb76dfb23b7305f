/**
 * How components ask the Kubernetes API.
 */
import { choice } from '../fields';

/** Keys beside `auth_type` that upstream has for its client of the Kubernetes API. */
export const KUBERNETES_API_UPSTREAM_ONLY = ['context', 'kube_api_qps', 'kube_api_burst'];

/** Who a component is to the Kubernetes API. */
export function authType(fallback: 'serviceAccount' | 'tls' = 'serviceAccount') {
  return choice(['none', 'serviceAccount', 'kubeConfig', 'tls'], fallback);
}
