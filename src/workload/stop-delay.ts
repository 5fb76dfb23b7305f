import type { k8s } from 'cdk8s-plus-28';
import { ENDPOINT_REMOVAL_SECONDS } from '../graph/drain-budget';

interface Workload {
  readonly spec: { readonly template: { readonly spec: { readonly containers: object[] } } };
}

/**
 * Makes a collector that ends at once wait until nobody sends to it any more.
 *
 * Kubernetes has had the action since 1.30. The typed objects are of 1.28, and drop what they do
 * not know even when it is patched in, so it is added to what they have written.
 */
export function sleepBeforeStop(
  workload: k8s.KubeDaemonSet | k8s.KubeDeployment | k8s.KubeStatefulSet,
): void {
  const typed = workload.toJson.bind(workload);
  workload.toJson = () => {
    const manifest = typed() as Workload;
    Object.assign(manifest.spec.template.spec.containers[0], {
      lifecycle: { preStop: { sleep: { seconds: ENDPOINT_REMOVAL_SECONDS } } },
    });
    return manifest;
  };
}
