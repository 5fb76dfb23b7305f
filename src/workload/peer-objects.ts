/** What pods that call each other need in the cluster. */
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { objectLabels, selectorLabels, type TierIdentity } from './labels';
import { PEERS_PORT_NAME } from './ports';

const LAST_PORT = 65_535;

/**
 * The NetworkPolicy of a pool of samplers. Policies only ever add to what is let in, and a pod that
 * no policy names lets everything in: which one is right depends on the namespace.
 */
export enum PeersNetworkPolicy {
  /**
   * Pods of the sampler reach each other's port 4319: for a namespace that lets nothing in by
   * itself. In one that does, the policy closes all other ports.
   */
  ADMIT = 'admit',
  /**
   * Nobody else reaches port 4319, and everybody all other ports: for a namespace that lets
   * everything in. In one that does not, the policy opens those ports.
   */
  RESTRICT = 'restrict',
}

/** Name of the Service that has the addresses of all pods, ready or not. */
export function peersName({ name }: Pick<TierIdentity, 'name'>): string {
  return `${name}-peers`;
}

/** The Service by whose name pods find those of their tier that are not ready, too. */
export function peersService(
  scope: Construct, id: string, tier: TierIdentity, port: number,
): k8s.KubeService {
  return new k8s.KubeService(scope, id, {
    metadata: { name: peersName(tier), namespace: tier.namespace, labels: objectLabels(tier) },
    spec: {
      clusterIp: 'None',
      selector: selectorLabels(tier),
      publishNotReadyAddresses: true,
      ports: [{
        name: PEERS_PORT_NAME,
        port,
        protocol: 'TCP',
        targetPort: k8s.IntOrString.fromString(PEERS_PORT_NAME),
      }],
    },
  });
}

/** Lets the tier's own pods reach `port`; what it says of all other ports depends on `kind`. */
export function peersPolicy(
  scope: Construct, id: string, tier: TierIdentity, port: number, kind: PeersNetworkPolicy,
): k8s.KubeNetworkPolicy {
  const selector = { matchLabels: selectorLabels(tier) };
  return new k8s.KubeNetworkPolicy(scope, id, {
    metadata: { name: peersName(tier), namespace: tier.namespace, labels: objectLabels(tier) },
    spec: {
      podSelector: selector,
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ podSelector: selector }],
          ports: [{ protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) }],
        },
        ...kind === PeersNetworkPolicy.RESTRICT ? [{ ports: allBut(port) }] : [],
      ],
    },
  });
}

function allBut(port: number): k8s.NetworkPolicyPort[] {
  const range = (protocol: string, first: number, last: number): k8s.NetworkPolicyPort[] =>
    first > last ? [] : [{ protocol, port: k8s.IntOrString.fromNumber(first), endPort: last }];
  return [
    ...range('TCP', 1, port - 1), ...range('TCP', port + 1, LAST_PORT),
    ...range('UDP', 1, LAST_PORT),
  ];
}
