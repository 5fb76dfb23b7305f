/** What the Service in front of a tier may be told, in the words of Kubernetes. */
import { isIP } from 'net';
import { metadataProblems } from './metadata-checks';
import { kindProblems, SERVICE_KINDS } from './option-kinds';
import { isPort, type PodPorts } from './ports';
import { kindOf } from '../config/prop-kinds';

/** Ports of every node that lead to a Service. */
export interface ServiceNodePorts {
  /**
   * Leads to OTLP over gRPC: from 1 to 65535, on most clusters from 30000 to 32767.
   * @default - Kubernetes chooses one
   */
  readonly grpc?: number;
  /**
   * Leads to OTLP over HTTP: from 1 to 65535, on most clusters from 30000 to 32767.
   * @default - Kubernetes chooses one
   */
  readonly http?: number;
}

/** What the Service in front of a tier may be told. */
export interface ServiceOptions {
  /**
   * Who reaches it: ClusterIP (pods of the cluster), NodePort (whoever reaches a node) or
   * LoadBalancer. Metrics are then served by a Service of their own, inside the cluster only.
   * @default "ClusterIP"
   */
  readonly type?: string;
  /**
   * Annotations, by which clouds are told what kind of load balancer it shall be.
   * @default - none
   */
  readonly annotations?: Record<string, string>;
  /**
   * Labels beside its own.
   * @default - none
   */
  readonly labels?: Record<string, string>;
  /**
   * Who makes the load balancer.
   * @default - that of the cluster
   */
  readonly loadBalancerClass?: string;
  /**
   * Address that the load balancer shall have, where its cloud lets one choose: IPv4 or IPv6. Many
   * want an annotation of their own instead.
   * @default - the cloud chooses one
   */
  readonly loadBalancerIp?: string;
  /**
   * Ports of every node that lead to it, where it is of type NodePort or LoadBalancer.
   * @default - Kubernetes chooses them
   */
  readonly nodePorts?: ServiceNodePorts;
  /**
   * Address ranges that may reach the load balancer, such as `10.0.0.0/8`.
   * @default - all
   */
  readonly loadBalancerSourceRanges?: string[];
  /**
   * Which pods take what comes from outside: Cluster, or Local for those on the node where it
   * comes in, which then see the sender's address.
   * @default - as Kubernetes does: Cluster
   */
  readonly externalTrafficPolicy?: string;
  /**
   * Which pods take what comes from inside: Cluster, or Local for those on the sender's node.
   * @default - Local for agents, otherwise Cluster
   */
  readonly internalTrafficPolicy?: string;
  /**
   * Which pods are preferred: PreferClose (Kubernetes 1.31 and later) or PreferSameZone (1.34) for
   * those in the sender's zone, PreferSameNode (1.34) for those on its node. It saves traffic
   * between zones, and loads pods as unevenly as senders stand. Tiers that spread by themselves
   * do not come this way.
   * @default - none
   */
  readonly trafficDistribution?: string;
  /**
   * Whether connections of one address go to one pod: None or ClientIP.
   * @default - as Kubernetes does: None
   */
  readonly sessionAffinity?: string;
  /**
   * IP families, in this order: IPv4, IPv6. They hold for the headless Service as well, unless both
   * are used.
   * @default - those of the cluster
   */
  readonly ipFamilies?: string[];
  /**
   * Whether both families are used: SingleStack, PreferDualStack or RequireDualStack. With both,
   * OTLP is taken in at all addresses of a pod; the headless Service has one, by which pods are
   * found.
   * @default - as Kubernetes does: SingleStack
   */
  readonly ipFamilyPolicy?: string;
  /**
   * Whether the headless Service names pods before they are ready. Senders that spread by
   * themselves would then lose time on them.
   * @default false
   */
  readonly publishNotReadyAddresses?: boolean;
}

/** What it is that only a Service of a kind has. */
const NEEDED: readonly (readonly [keyof ServiceOptions, readonly string[]])[] = [
  ['loadBalancerClass', ['LoadBalancer']],
  ['loadBalancerIp', ['LoadBalancer']],
  ['loadBalancerSourceRanges', ['LoadBalancer']],
  ['nodePorts', ['NodePort', 'LoadBalancer']],
  ['externalTrafficPolicy', ['NodePort', 'LoadBalancer']],
];

/** Whether it is reached from outside the cluster. */
export function isExternal(options: ServiceOptions | undefined): boolean {
  return ![undefined, 'ClusterIP'].includes(options?.type);
}

/** What Kubernetes would refuse; of ports of nodes, where `own` ports are known. */
export function serviceProblems(
  options: ServiceOptions = {}, own?: Pick<PodPorts, 'grpc' | 'http'>,
): string[] {
  const kinds = kindProblems('service', options, SERVICE_KINDS);
  if (kinds.length > 0) return kinds;
  const { type = 'ClusterIP' } = options;
  const unmet = NEEDED.filter(([option, types]) =>
    options[option] !== undefined && !types.includes(type));
  return [
    ...metadataProblems('service', options), ...familyProblems(options),
    ...addressProblems(options), ...nodePortProblems(options, own),
    ...unmet.map(([option, types]) =>
      `service: ${option} needs a Service of type ${types.join(' or ')}, got ${type}.`
      + `\n→ give \`type\` '${types.at(-1)}', or leave \`${option}\` out.`),
  ];
}

function familyProblems({ ipFamilies = [] }: ServiceOptions): string[] {
  const strange = ipFamilies.filter((family) => !['IPv4', 'IPv6'].includes(family));
  const isTwice = new Set(ipFamilies).size < ipFamilies.length;
  return [
    ...strange.map((family) => `service: ipFamilies must be of IPv4, IPv6, got ${kindOf(family)}.`
      + '\n→ write [\'IPv6\', \'IPv4\'], for example.'),
    ...isTwice ? [
      `service: ipFamilies must hold each family once, got ${kindOf(ipFamilies)}.`
      + '\n→ write [\'IPv6\', \'IPv4\'], for example.',
    ] : [],
  ];
}

function isRange(range: string): boolean {
  const [address, bits, ...rest] = range.trim().split('/');
  const most = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return /^(0|[1-9]\d{0,2})$/.test(bits ?? '') && Number(bits) <= most && rest.length === 0;
}

function addressProblems({ loadBalancerIp, loadBalancerSourceRanges = [] }: ServiceOptions) {
  const ranges = loadBalancerSourceRanges.filter((range) => !isRange(range));
  return [
    ...loadBalancerIp === undefined || isIP(loadBalancerIp) !== 0 ? [] : [
      `service: loadBalancerIp must be an IP address, got ${kindOf(loadBalancerIp)}.`
      + '\n→ write \'203.0.113.7\', for example.',
    ],
    ...ranges.map((range) => 'service: loadBalancerSourceRanges must hold ranges of addresses, got'
      + ` ${kindOf(range)}.\n→ write \'10.0.0.0/8\', for example.`),
  ];
}

function nodePortProblems(
  { nodePorts = {} }: ServiceOptions, own?: Pick<PodPorts, 'grpc' | 'http'>,
): string[] {
  const given = Object.entries(nodePorts).filter(([, port]) => port !== undefined);
  const problems = given.flatMap(([protocol, port]: [string, unknown]) => {
    if (protocol !== 'grpc' && protocol !== 'http') {
      return [`service: nodePorts must be of grpc, http, got ${protocol}.`
        + '\n→ write { grpc: 30317 }, for example.'];
    }
    if (!isPort(port)) {
      return [`service: nodePorts.${protocol} must be a whole number from 1 to 65535, got`
        + ` ${kindOf(port)}.\n→ write 30317, for example.`];
    }
    return own === undefined || own[protocol] !== undefined ? [] : [
      `service: nodePorts.${protocol} must be among the \`protocols\` of the tier, got port ${port}`
      + ` for it.\n→ leave \`${protocol}\` out.`,
    ];
  });
  const { grpc, http } = nodePorts;
  return grpc === undefined || grpc !== http ? problems : [
    ...problems,
    `service: nodePorts must differ from each other, got ${grpc} twice.\n→ leave one of them out.`,
  ];
}
