/** The NetworkPolicy of whom the pods of a tier may reach. */
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { objectLabels, selectorLabels, type TierIdentity } from './labels';
import { EGRESS_KINDS, kindProblems } from './option-kinds';
import { reachedBy, type ReachedTier } from '../graph/reached';
import type { TierFacts } from '../graph/tier-facts';
import { peersPort } from '../graph/trace-pool';

/** What a NetworkPolicy of egress is told beyond what follows from the tier. */
export interface EgressOptions {
  /**
   * What else the pods may reach: what nobody can know from the configuration, such as what
   * `Receiver.prometheus` scrapes, or a Service whose pods listen on another port than itself.
   * @default - nothing
   */
  readonly rules?: k8s.NetworkPolicyEgressRule[];
  /**
   * Ports of name servers, over UDP and TCP. Pods of OpenShift's listen on 5353.
   * @default [53, 5353]
   */
  readonly dnsPorts?: number[];
  /**
   * Ports on which nodes serve the Kubernetes API; opened where the tier asks it.
   * @default [443, 6443]
   */
  readonly apiServerPorts?: number[];
}

/** What a policy is made from. */
export interface EgressPlan {
  /** The tier. */
  readonly facts: TierFacts;
  /** All tiers of the app that there are so far. */
  readonly app: readonly TierFacts[];
  /** Whether its pods ask the Kubernetes API. */
  readonly isAsking: boolean;
}

const DNS_PORTS = [53, 5353];
const API_SERVER_PORTS = [443, 6443];
const CLOUD = '169.254.0.0/16';
const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';

/** Writes it; nothing when it was not asked for, or not rightly. */
export function egressPolicy(
  scope: Construct, id: string, tier: TierIdentity, options: EgressOptions | undefined,
  plan: EgressPlan,
): k8s.KubeNetworkPolicy | undefined {
  if (options === undefined || kindProblems('egress', options, EGRESS_KINDS).length > 0) return;
  const { dnsPorts = DNS_PORTS, apiServerPorts = API_SERVER_PORTS, rules = [] } = options;
  const { facts, app, isAsking } = plan;
  const { tiers, ports, asksCloud } = reachedBy(facts, app);
  const peers = peersPort(facts.data);
  return new k8s.KubeNetworkPolicy(scope, id, {
    metadata: {
      name: `${tier.name}-egress`, namespace: tier.namespace, labels: objectLabels(tier),
    },
    spec: {
      podSelector: { matchLabels: selectorLabels(tier) },
      policyTypes: ['Egress'],
      egress: [
        { ports: [...portsOf('UDP', dnsPorts), ...portsOf('TCP', dnsPorts)] },
        ...peers === undefined ? [] : [{
          to: [{ podSelector: { matchLabels: selectorLabels(tier) } }],
          ports: portsOf('TCP', [peers]),
        }],
        ...tierRules(tiers, tier.namespace),
        ...ports.length === 0 ? [] : [{ ports: portsOf('TCP', ports) }],
        ...isAsking ? [{ ports: portsOf('TCP', apiServerPorts) }] : [],
        ...asksCloud ? [{ to: [{ ipBlock: { cidr: CLOUD } }], ports: portsOf('TCP', [80]) }] : [],
        ...rules,
      ],
    },
  });
}

/** What is wrong with the options, or cannot be known from the configuration. */
export function egressProblems(
  options: EgressOptions | undefined, { facts, app }: Omit<EgressPlan, 'isAsking'>,
): string[] {
  if (options === undefined) return [];
  const wrong = kindProblems('egress', options, EGRESS_KINDS);
  if (wrong.length > 0) return wrong;
  const { unknown } = reachedBy(facts, app);
  return unknown.length === 0 || (options.rules ?? []).length > 0 ? [] : [
    `egress: must say whom ${unknown.join(' and ')} may reach, which nobody can know here.`
    + '\n→ give `egress` the `rules` for that.',
  ];
}

function tierRules(
  tiers: readonly ReachedTier[], namespace: string | undefined,
): k8s.NetworkPolicyEgressRule[] {
  const rules = tiers.map(({ tier, port }) => ({
    to: [{
      podSelector: { matchLabels: selectorLabels(tier) },
      ...tier.namespace === undefined || tier.namespace === namespace ? {}
        : { namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: tier.namespace } } },
    }],
    ports: portsOf('TCP', [port]),
  }));
  // Traces and the rest may go to one tier by exporters of their own.
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

function portsOf(protocol: string, ports: readonly number[]): k8s.NetworkPolicyPort[] {
  return ports.map((port) => ({ protocol, port: k8s.IntOrString.fromNumber(port) }));
}
