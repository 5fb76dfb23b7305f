/**
 * What the resolver aws_cloud_map needs of AWS's SDK: a bundle of its own, which is loaded only
 * where a configuration has that resolver.
 */
import { DiscoverInstancesCommand, ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import type { CloudMapClient } from './cloud-map-resolver';

/** Upstream's region where neither the environment nor a profile names one. */
const FALLBACK_REGION = 'us-east-1';
/** As many as Cloud Map gives at a time; without saying so it gives 100. */
const MOST_INSTANCES = 1000;
/** A lookup that fails comes again anyway. */
const ATTEMPTS = 2;

/** A client that finds credentials and endpoint as every program with an SDK of AWS does. */
export function connectCloudMap(): CloudMapClient {
  const { env } = process;
  const endpoint = env.AWS_ENDPOINT_URL_SERVICEDISCOVERY ?? env.AWS_ENDPOINT_URL ?? '';
  const client = new ServiceDiscoveryClient({
    maxAttempts: ATTEMPTS,
    // The prefix is one of AWS's own host names.
    disableHostPrefix: endpoint !== '',
    ...env.AWS_REGION === undefined && env.AWS_PROFILE === undefined
      ? { region: env.AWS_DEFAULT_REGION ?? FALLBACK_REGION } : {},
  });
  return {
    async discover({ namespace, serviceName, healthStatus, ownerAccount }, signal) {
      const { Instances } = await client.send(new DiscoverInstancesCommand({
        NamespaceName: namespace,
        ServiceName: serviceName,
        MaxResults: MOST_INSTANCES,
        HealthStatus: healthStatus === '' ? undefined : healthStatus,
        OwnerAccount: ownerAccount === '' ? undefined : ownerAccount,
      }), { abortSignal: signal });
      return (Instances ?? []).map(({ Attributes }) => Attributes ?? {});
    },
    close: () => client.destroy(),
  };
}
