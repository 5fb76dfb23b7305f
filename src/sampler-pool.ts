/** The pods of a sampler as one sampler: what that adds to the tier, and when it is wanted. */
import type { PartFacts, TierPart } from './features/part';
import { tracePeersPart } from './features/trace-peers';
import type { GatewayProps } from './gateway-props';
import { serviceHost } from './graph/cluster-name';
import type { Resolver } from './graph/resolver';
import { API_LAG_SECONDS, DNS_LAG_SECONDS } from './workload/discovery-lag';
import { peersName, type PeersNetworkPolicy } from './workload/peer-objects';
import type { Scaling } from './workload/scaling';

/** Whether pods are one sampler where nothing is said of it. */
const IS_USUAL = true;

/** What decides about a pool. */
interface PoolProps {
  readonly tracePeers?: boolean;
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

/** Whether pods are to be one sampler, if the image can do that. */
export function wantsPool({ tracePeers }: PoolProps, scaling: Scaling): boolean {
  return tracePeers ?? (IS_USUAL && scaling.max > 1);
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
export function poolProblems(
  props: PoolProps & Pick<GatewayProps, 'image'> & {
    readonly peersNetworkPolicy?: PeersNetworkPolicy;
  },
  scaling: Scaling,
): string[] {
  const { tracePeers, image, peersNetworkPolicy } = props;
  const isPool = tracePeers ?? (wantsPool(props, scaling) && image?.isRuntime !== false);
  return isPool || peersNetworkPolicy === undefined ? [] : [
    'peersNetworkPolicy: must be for pods that are one sampler, got no `tracePeers`.'
    + '\n→ leave it out, or give `tracePeers` true.',
  ];
}
