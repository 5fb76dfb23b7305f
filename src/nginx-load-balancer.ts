import { Chart, type Size } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { CollectorTier } from './collector-tier';
import { serviceHost } from './graph/cluster-name';
import { Protocol } from './graph/protocol';
import { SECRET_KIND, type SecretReference } from './graph/secret-reference';
import type { Signal } from './graph/signal';
import type { ITelemetryTarget, TelemetryRoute } from './graph/telemetry-target';
import { allTiers } from './graph/tier-facts';
import { MultiLayerGateway } from './multi-layer-gateway';
import {
  kindOf, required, rightProps, textOf, wholeFrom, wholeMebibytes, withMember, type Kind,
} from './prop-kinds';
import { headlessName } from './workload/collector-services';
import { labelValue } from './workload/labels';
import { NGINX_HEALTH_PORT, nginxConfig, type NginxConfig } from './workload/nginx-config';
import {
  nginxBudget, nginxConfigMap, nginxDeployment, nginxService, type Nginx,
} from './workload/nginx-objects';
import type { Placement } from './workload/placement';
import { serviceProblems, type ServiceOptions } from './workload/service-options';
import { sleepBeforeStop } from './workload/stop-delay';
import { WORKLOAD_KINDS } from './workload-kinds';

/** What an NGINX is told. */
export interface NginxLoadBalancerProps {
  /**
   * The gateway that it stands in front of: a GatewayDeployment, or a MultiLayerGateway whose first
   * layer is one. It takes OTLP in plain text.
   */
  readonly target: ITelemetryTarget;
  /**
   * Name of all of its objects: at most 52 lower-case letters, digits and `-`.
   * @default - the id of the construct
   */
  readonly name?: string;
  /**
   * The name that senders use, such as `otel.example.com`.
   * @default - any
   */
  readonly hostname?: string;
  /**
   * Name of a Secret of the type kubernetes.io/tls with the certificate that senders are shown.
   * When it is renewed, the new one is shown within minutes.
   * @default - senders speak plain text
   */
  readonly certificate?: string;
  /**
   * The authorities that the certificate comes from, as PEM in a Secret of the namespace of each
   * tier that forwards to NGINX. The certificate then holds `hostname`.
   * @default - those of the images of those tiers
   */
  readonly certificateAuthority?: SecretReference;
  /**
   * Number of pods: a whole number from 1 on.
   * @default 2
   */
  readonly replicas?: number;
  /**
   * Memory of each pod, requested and at most: whole mebibytes.
   * @default Size.mebibytes(256)
   */
  readonly memory?: Size;
  /**
   * CPU that each pod asks for, in thousandths of a core: a whole number from 1 on.
   * @default 100
   */
  readonly cpuMillis?: number;
  /**
   * Nodes that the pods stand on.
   * @default - any Linux node
   */
  readonly placement?: Placement;
  /**
   * What the Service is told, such as that it is reached from outside the cluster.
   * @default - it is reached inside the cluster
   */
  readonly service?: ServiceOptions;
  /**
   * The image: NGINX 1.27.4 or later, made not to need root.
   * @default "nginxinc/nginx-unprivileged:1.30.4-alpine-slim"
   */
  readonly image?: string;
}

const IMAGE = 'nginxinc/nginx-unprivileged:1.30.4-alpine-slim';
const KINDS: Readonly<Record<string, Kind>> = {
  target: required(withMember('routeFor', 'a gateway', 'the variable that holds the gateway')),
  name: textOf(/^[a-z]([a-z0-9-]{0,50}[a-z0-9])?$/, 'at most 52 lower-case letters, digits and -',
    '\'front\''),
  hostname: textOf(/^[a-z0-9*]([a-z0-9.-]*[a-z0-9])?$/, 'a DNS name', '\'otel.example.com\''),
  certificate: textOf(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'the name of a Secret', '\'front-tls\''),
  certificateAuthority: SECRET_KIND,
  replicas: wholeFrom(1, 2),
  memory: wholeMebibytes,
  cpuMillis: wholeFrom(1, 100),
  placement: withMember(
    'nodeLabels', 'a Placement', 'Placement.onNodes({ \'example.com/pool\': \'telemetry\' })'),
  service: WORKLOAD_KINDS.service,
  image: textOf(/^[^\s]+:[^\s]+$/, 'an image with its tag', `'${IMAGE}'`),
};

/**
 * An NGINX in front of a gateway: one address, whose load is spread over all pods of the gateway
 * request by request, over gRPC and over HTTP. For senders that spread by themselves, as the tiers
 * of this package do, it is a detour.
 */
export class NginxLoadBalancer extends Construct implements ITelemetryTarget {
  /** Stamps the pods out. */
  public readonly deployment: k8s.KubeDeployment;
  /** The address of all pods. */
  public readonly service: k8s.KubeService;
  /** Holds the configuration of NGINX. */
  public readonly configMap: k8s.KubeConfigMap;
  /** Keeps those who empty nodes from taking all pods; none for a single one. */
  public readonly disruptionBudget?: k8s.KubePodDisruptionBudget;
  /** Signals that the gateway takes. */
  public readonly signals: Signal[];
  /** Name of its Service. */
  public readonly targetName: string;
  private readonly nginx: Nginx;
  private readonly certificateAuthority?: SecretReference;

  public constructor(scope: Construct, id: string, props: NginxLoadBalancerProps) {
    super(scope, id);
    const right = rightProps(props, KINDS, '', { isWhole: true });
    const { target, name = id, service = {}, placement, certificateAuthority }
      = right.props as Partial<NginxLoadBalancerProps>;
    const gateway = gatewayBehind(target);
    this.targetName = name;
    this.signals = target?.signals ?? [];
    this.certificateAuthority = certificateAuthority;
    this.nginx = nginxOf(this, name, right.props, gateway);
    this.configMap = nginxConfigMap(this, 'config', this.nginx);
    this.service = nginxService(this, 'service', this.nginx);
    this.deployment = nginxDeployment(this, 'deployment', this.nginx);
    sleepBeforeStop(this.deployment);
    this.disruptionBudget = nginxBudget(this, 'disruption-budget', this.nginx);
    this.node.defaultChild = this.deployment;
    this.node.addValidation({
      validate: () => [
        ...right.problems,
        ...right.wrong.includes('target') ? [] : targetProblems(target, gateway),
        ...placement?._problems ?? [], ...certificateAuthority?._problems ?? [],
        ...this.nameProblems(), ...portProblems(this.nginx.config), ...serviceProblems(service),
      ].map((sentence) => sentence.replace(/\n/g, '\n    ')),
    });
  }

  /** By connection: NGINX takes each request by itself. */
  public routeFor(_signal: Signal): TelemetryRoute {
    const { name, namespace, config: { grpc, http, hostname, isEncrypted } } = this.nginx;
    const { certificateAuthority } = this;
    const host = serviceHost(name, namespace);
    const url = `${isEncrypted ? 'https' : 'http'}://${host}:${http}`;
    return {
      ...grpc === undefined
        ? { endpoint: url, protocol: Protocol.HTTP } : { endpoint: `${host}:${grpc}` },
      insecure: !isEncrypted,
      ...isEncrypted ? { tls: { serverNameOverride: hostname }, certificateAuthority } : {},
    };
  }

  private nameProblems(): string[] {
    const { name, namespace } = this.nginx;
    const twin = allTiers(this).find((tier) => tier.namespace === namespace
      && tier.chart === Chart.of(this).node.path && [tier.name, tier.headlessName].includes(name));
    const rival = this.node.root.node.findAll().find((other) => other !== this
      && other instanceof NginxLoadBalancer && other.nginx.name === name
      && other.nginx.namespace === namespace && Chart.of(other) === Chart.of(this));
    const isRight = KINDS.name.is(name);
    return [
      ...isRight ? [] : [`name: must be ${KINDS.name.wanted}, got ${kindOf(name)}.`
        + '\n→ give `name`, or another id to the construct.'],
      ...twin === undefined ? [] : [`name: must be unique in its chart, but ${twin.path} has a`
        + ` Service ${name}, too.\n→ give one of them another \`name\`.`],
      ...rival === undefined ? [] : [`name: must be unique in its chart, but ${rival.node.path} is`
        + ` called ${name}, too.\n→ give one of them another \`name\`.`],
    ];
  }
}

/** The pool that telemetry comes to first. */
function gatewayBehind(target: ITelemetryTarget | undefined): CollectorTier | undefined {
  const first = target instanceof MultiLayerGateway ? target.layers[0] : target;
  return first instanceof CollectorTier ? first : undefined;
}

function nginxOf(
  scope: Construct, name: string, props: NginxLoadBalancerProps, gateway: CollectorTier | undefined,
): Nginx {
  const { hostname, certificate, replicas = 2, memory, cpuMillis = 100, placement } = props;
  // Without a gateway synthesis fails; everything else is told along with it.
  const headless = gateway === undefined ? 'gateway-headless' : headlessName(gateway._tier);
  // NGINX asks for whole names; in which namespace it stands it may learn only when it starts.
  const host = `${headless}.${gateway?._tier.namespace ?? '${POD_NAMESPACE}'}.svc.cluster.local`;
  const { grpc, http } = gateway?._ports ?? { grpc: 4317, http: 4318 };
  const config = { host, grpc, http, hostname, isEncrypted: certificate !== undefined };
  return {
    name,
    namespace: Chart.of(scope).namespace,
    partOf: labelValue(Chart.of(scope).node.id),
    image: props.image ?? IMAGE,
    text: nginxConfig(config),
    config,
    certificateSecret: certificate,
    replicas,
    memoryMib: memory?.toMebibytes() ?? 256,
    cpuMillis,
    placement,
    service: props.service ?? {},
  };
}

function targetProblems(
  target: ITelemetryTarget | undefined, gateway: CollectorTier | undefined,
): string[] {
  if (gateway?.headlessService === undefined || target === undefined) {
    return [`target: must be a gateway of this app, got ${target?.targetName}.`
      + '\n→ give `target` a GatewayDeployment.'];
  }
  const routes = target.signals.map((signal) => target.routeFor(signal));
  if (routes.some(({ resolver }) => resolver !== undefined)) {
    return [`target: ${gateway.node.path} samples whole traces, which NGINX would tear apart.`
      + '\n→ put a layer in front: new MultiLayerGateway(…) with [{ name: \'router\' },'
      + ' { name: \'sampler\', tailSampling }] routes by trace id.'];
  }
  return routes.every(({ insecure }) => insecure === true) ? [] : [
    `target: ${gateway.node.path} takes TLS only, and NGINX sends plain text.`
    + '\n→ leave `transportSecurity` out there, and give NGINX a `certificate`.',
  ];
}

function portProblems({ grpc, http }: NginxConfig): string[] {
  return [grpc, http].includes(NGINX_HEALTH_PORT) ? [
    `target: listens on ${NGINX_HEALTH_PORT}, where NGINX answers probes.`
    + '\n→ give the gateway other ports.',
  ] : [];
}
