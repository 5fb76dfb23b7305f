import { CloudMapResolver, type CloudMapClient } from './cloud-map-resolver';
import { DnsResolver } from './dns-resolver';
import { OWN_BACKENDS, type BackendsGeneration } from './endpoint-slices';
import { K8sResolver } from './k8s-resolver';
import { inClusterAddress, KubeApi } from './kube-api';
import type { Resolver, ResolverContext } from './resolver';
import { StaticResolver } from './static-resolver';
import type { LoadBalancingSettings } from '../config';

const DEFAULT_KUBE_TIMEOUT_MS = 60_000;

/**
 * The resolver that `settings` ask for; the contract allows exactly one. `backends` is the
 * generation of the list.
 */
export function createResolver(
  settings: LoadBalancingSettings['resolver'], context: ResolverContext, backends = OWN_BACKENDS,
): Resolver {
  const generation = backends as BackendsGeneration;
  if (settings.dns !== undefined) return new DnsResolver({ ...settings.dns, generation }, context);
  if (settings.awsCloudMap !== undefined) {
    return new CloudMapResolver(settings.awsCloudMap, connectCloudMap, context);
  }
  if (settings.k8s !== undefined) {
    const { timeout } = settings.k8s;
    const timeoutMs = timeout > 0 ? timeout : DEFAULT_KUBE_TIMEOUT_MS;
    return new K8sResolver(
      { ...settings.k8s, generation },
      () => new KubeApi(inClusterAddress(process.env), timeoutMs, context.clock),
      context,
    );
  }
  return new StaticResolver(settings.static?.hostnames ?? [], context.metrics);
}

/** The SDK is read from its own file, by whoever needs it. */
function connectCloudMap(): CloudMapClient {
  // Not `import`: tests run where that cannot be called late.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (require('./aws-sdk') as typeof import('./aws-sdk')).connectCloudMap();
}
