/** The Services in front of a tier. */
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { objectLabels, selectorLabels, type TierIdentity } from './labels';
import { changeWritten } from './later-fields';
import { GRPC_PORT_NAME, HTTP_PORT_NAME, METRICS_PORT_NAME, type PodPorts } from './ports';
import { isExternal, type ServiceNodePorts, type ServiceOptions } from './service-options';

/** Name of the Service that has one address per pod. */
export function headlessName({ name }: Pick<TierIdentity, 'name'>): string {
  return `${name}-headless`;
}

function port(name: string, number: number, appProtocol?: string): k8s.ServicePort {
  return {
    name,
    port: number,
    protocol: 'TCP',
    targetPort: k8s.IntOrString.fromString(name),
    appProtocol,
  };
}

/** What senders are let in by. */
function intakePorts(
  { grpc, http, others, isEncrypted = false }: PodPorts, nodePorts: ServiceNodePorts = {},
): k8s.ServicePort[] {
  // Meshes read what is called grpc or http as plain text.
  const spoken = (protocol: string) => isEncrypted ? 'https' : protocol;
  const otlp = (name: string, protocol: 'grpc' | 'http', number: number | undefined) =>
    number === undefined ? [] : [{
      ...port(name, number, spoken(protocol)),
      ...nodePorts[protocol] === undefined ? {} : { nodePort: nodePorts[protocol] },
    }];
  return [
    ...otlp(GRPC_PORT_NAME, 'grpc', grpc), ...otlp(HTTP_PORT_NAME, 'http', http),
    ...others.map(({ name, port: number, protocol, appProtocol }) =>
      ({ ...port(name, number, appProtocol), protocol })),
  ];
}

/**
 * The Service for everybody. `isLocal` keeps traffic on the sender's node. Where it is reached from
 * outside, metrics are not: they get a Service of their own.
 */
export function clusterService(
  scope: Construct, id: string, tier: TierIdentity, ports: PodPorts, isLocal: boolean,
  options: ServiceOptions = {},
): k8s.KubeService {
  const { annotations, labels, type = 'ClusterIP', trafficDistribution, nodePorts } = options;
  const metrics = port(METRICS_PORT_NAME, ports.metrics, 'http');
  if (isExternal(options)) {
    new k8s.KubeService(scope, 'metrics-service', {
      metadata: {
        name: `${tier.name}-metrics`, namespace: tier.namespace, labels: objectLabels(tier),
      },
      spec: { type: 'ClusterIP', selector: selectorLabels(tier), ports: [metrics] },
    });
  }
  const service = new k8s.KubeService(scope, id, {
    metadata: {
      name: tier.name,
      namespace: tier.namespace,
      labels: { ...labels, ...objectLabels(tier) },
      ...annotations === undefined ? {} : { annotations },
    },
    spec: {
      type,
      selector: selectorLabels(tier),
      ...isLocal ? { internalTrafficPolicy: 'Local' } : {},
      ...policies(options),
      ...families(options),
      ports: isExternal(options)
        ? intakePorts(ports, nodePorts) : [...intakePorts(ports), metrics],
    },
  });
  if (trafficDistribution !== undefined) {
    changeWritten(service, (manifest) => {
      Object.assign((manifest as { spec: object }).spec, { trafficDistribution });
    });
  }
  return service;
}

/** What is said of the Service for everybody alone. */
function policies(options: ServiceOptions): Partial<k8s.ServiceSpec> {
  const {
    externalTrafficPolicy, internalTrafficPolicy, loadBalancerClass, loadBalancerIp,
    loadBalancerSourceRanges, sessionAffinity,
  } = options;
  return Object.fromEntries(Object.entries({
    externalTrafficPolicy,
    internalTrafficPolicy,
    loadBalancerClass,
    loadBalancerIp,
    loadBalancerSourceRanges,
    sessionAffinity,
  }).filter(([, value]) => value !== undefined));
}

function families({ ipFamilies, ipFamilyPolicy }: ServiceOptions): Partial<k8s.ServiceSpec> {
  return {
    ...ipFamilies === undefined ? {} : { ipFamilies },
    ...ipFamilyPolicy === undefined ? {} : { ipFamilyPolicy },
  };
}

/** Whether the Service for everybody has addresses of both families. */
export function isDualStack({ ipFamilyPolicy }: ServiceOptions = {}): boolean {
  return ['PreferDualStack', 'RequireDualStack'].includes(ipFamilyPolicy ?? '');
}

/** Name of the Service by which each pod has one address. */
export function podsServiceName({ name }: Pick<TierIdentity, 'name'>, isDual = false): string {
  return isDual ? headlessName({ name }) : name;
}

/**
 * The Service whose name has one address per ready pod, for senders that spread by themselves. It
 * has no port for metrics, so that monitoring finds each pod once; and one family, that of the
 * pods' own addresses, or each pod would be two to them.
 */
export function headlessService(
  scope: Construct, id: string, tier: TierIdentity, ports: PodPorts, options: ServiceOptions = {},
): k8s.KubeService {
  const { publishNotReadyAddresses } = options;
  return new k8s.KubeService(scope, id, {
    metadata: { name: headlessName(tier), namespace: tier.namespace, labels: objectLabels(tier) },
    spec: {
      clusterIp: 'None',
      selector: selectorLabels(tier),
      ...publishNotReadyAddresses === undefined ? {} : { publishNotReadyAddresses },
      ...isDualStack(options) ? { ipFamilyPolicy: 'SingleStack' } : families(options),
      ports: intakePorts(ports),
    },
  });
}
