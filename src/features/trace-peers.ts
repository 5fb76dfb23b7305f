/** What makes the pods of a sampler one sampler. */
import { Duration } from 'cdk8s';
import type { PartFacts, TierPart } from './part';
import { tracePeersExtension, type TracePeersResolverConfig } from '../config';

/** How the pods of a sampler find each other. */
export interface PeersDiscovery {
  /** As senders find them, so that all have the same ring. */
  readonly resolver: TracePeersResolverConfig;
  /** Name of all pods, those that are not ready, too; only beside DNS. */
  readonly allPodsHostname?: string;
  /** Longest time until all have heard of a change. */
  readonly delaySeconds: number;
}

/** What it adds to a sampler. */
export function tracePeersPart(
  { resolver, allPodsHostname, delaySeconds }: PeersDiscovery, { poolTls: tls }: PartFacts,
): TierPart {
  return {
    extensions: [{
      contract: tracePeersExtension,
      isRuntimeOnly: true,
      write: (at) => tracePeersExtension.write({
        address: '${env:POD_IP}',
        resolver,
        allPodsHostname,
        resolverDelay: Duration.seconds(delaySeconds),
        tls,
      }, at),
    }],
  };
}
