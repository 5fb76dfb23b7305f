/** What pods that call each other need in the cluster. */
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { objectLabels, selectorLabels, type TierIdentity } from './labels';
import { PEERS_PORT_NAME } from './ports';

const LAST_PORT = 65_535;

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

/** Lets the tier's own pods alone reach `port`; every other port stays as open as it was. */
export function peersPolicy(
  scope: Construct, id: string, tier: TierIdentity, port: number,
): k8s.KubeNetworkPolicy {
  const selector = { matchLabels: selectorLabels(tier) };
  const range = (protocol: string, first: number, last: number): k8s.NetworkPolicyPort[] =>
    first > last ? [] : [{ protocol, port: k8s.IntOrString.fromNumber(first), endPort: last }];
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
        {
          ports: [
            ...range('TCP', 1, port - 1), ...range('TCP', port + 1, LAST_PORT),
            ...range('UDP', 1, LAST_PORT),
          ],
        },
      ],
    },
  });
}
