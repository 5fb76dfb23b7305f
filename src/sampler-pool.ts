/** The pods of a sampler as one sampler: what that adds to the tier, and when it is wanted. */
import type { PartFacts, TierPart } from './features/part';
import { tracePeersPart } from './features/trace-peers';
import type { GatewayProps } from './gateway-props';
import { serviceHost } from './graph/cluster-name';
import type { Resolver } from './graph/resolver';
import { PEERS_PORT } from './graph/trace-pool';
import { API_LAG_SECONDS, DNS_LAG_SECONDS } from './workload/discovery-lag';
import { peersName, type PeersNetworkPolicy } from './workload/peer-objects';
import type { Scaling } from './workload/scaling';

/** Whether pods are one sampler where nothing is said of it. */
const IS_USUAL = true;

/** What decides about a pool. */
interface PoolProps extends Pick<GatewayProps, 'grpcPort' | 'httpPort' | 'image'> {
  readonly tracePeers?: boolean;
  readonly peersNetworkPolicy?: PeersNetworkPolicy;
}

/** What a pool is made of. */
interface PoolPods {
  /** The tier. */
  readonly facts: PartFacts;
  /** Its pods, as senders find them. */
  readonly pods: Resolver;
  /** Whether that is by DNS. */
  readonly isDns: boolean;
}

/** Whether pods are to be one sampler; with an image of upstream only where that was asked for. */
export function wantsPool({ tracePeers, image }: PoolProps, scaling: Scaling): boolean {
  return tracePeers ?? (IS_USUAL && scaling.max > 1 && image?.isRuntime !== false);
}

/** What a pool adds to the tier. */
export function poolParts(
  props: PoolProps, scaling: Scaling, { facts, pods, isDns }: PoolPods,
): TierPart[] {
  if (!wantsPool(props, scaling)) return [];
  const { dns, k8s, static: listed } = pods._toConfig();
  return [tracePeersPart({
    resolver: { dns, k8s, static: listed },
    allPodsHostname: isDns ? serviceHost(peersName(facts), facts.namespace) : undefined,
    delaySeconds: isDns ? DNS_LAG_SECONDS : API_LAG_SECONDS,
  }, facts)];
}

/** What is wrong with the props of a pool. */
export function poolProblems(props: PoolProps, scaling: Scaling): string[] {
  const { grpcPort, httpPort, peersNetworkPolicy } = props;
  if (!wantsPool(props, scaling)) {
    return peersNetworkPolicy === undefined ? [] : [
      'peersNetworkPolicy: must be for pods that are one sampler, got no `tracePeers`.'
      + '\n→ leave it out, or give `tracePeers` true.',
    ];
  }
  return [grpcPort, httpPort].includes(PEERS_PORT) ? [
    `tracePeers: takes port ${PEERS_PORT}, by which pods call each other, got it as a port of OTLP.`
    + '\n→ give `grpcPort` or `httpPort` another number.',
  ] : [];
}
