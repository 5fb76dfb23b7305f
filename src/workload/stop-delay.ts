import { JsonPatch } from 'cdk8s';
import { ENDPOINT_REMOVAL_SECONDS } from '../graph/drain-budget';

/**
 * Makes a collector that ends at once wait until nobody sends to it any more. Kubernetes has had
 * the action since 1.30; the typed objects are of 1.28 and do not know it.
 */
export function sleepBeforeStop(): JsonPatch {
  return JsonPatch.add('/spec/template/spec/containers/0/lifecycle', {
    preStop: { sleep: { seconds: ENDPOINT_REMOVAL_SECONDS } },
  });
}
