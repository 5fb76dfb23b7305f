import type { k8s } from 'cdk8s-plus-28';
import { changeWritten } from './later-fields';
import { ENDPOINT_REMOVAL_SECONDS } from '../graph/drain-budget';

interface Workload {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: { readonly lifecycle?: object }[] };
    };
  };
}

/**
 * Makes a collector that ends at once wait until nobody sends to it any more, unless something
 * else was to happen before its end. Kubernetes has had the action since 1.30.
 */
export function sleepBeforeStop(
  workload: k8s.KubeDaemonSet | k8s.KubeDeployment | k8s.KubeStatefulSet,
): void {
  changeWritten(workload, (manifest) => {
    const [collector] = (manifest as Workload).spec.template.spec.containers;
    const preStop = { sleep: { seconds: ENDPOINT_REMOVAL_SECONDS } };
    Object.assign(collector, { lifecycle: { preStop, ...collector.lifecycle } });
  });
}
