import { Duration } from 'cdk8s';
import { isInCluster } from './cluster-name';
import type { ResolverConfig } from '../config';
import {
  durationOf, listOf, oneOf, required, rightProps, textOf, wrongValue, type Kind,
} from '../config/prop-kinds';

/** A Service of Kubernetes, by its names. */
export interface ServiceReference {
  /**
   * The Service's name.
   */
  readonly name: string;
  /**
   * The Service's namespace.
   * @default - the sender's own
   */
  readonly namespace?: string;
  /**
   * Port of the pods behind it, from 1 to 65535.
   * @default 4317
   */
  readonly port?: number;
}

/** A DNS name. */
export interface DnsResolverOptions {
  /**
   * Port of what the name resolves to, from 0 to 65535.
   * @default 4317
   */
  readonly port?: number;
  /**
   * Time between two look-ups: whole milliseconds.
   * @default Duration.seconds(5)
   */
  readonly interval?: Duration;
  /**
   * Time that a look-up may take: whole milliseconds.
   * @default Duration.seconds(1)
   */
  readonly timeout?: Duration;
}

/** A service of AWS Cloud Map. */
export interface CloudMapService {
  /**
   * HTTP name of the namespace.
   */
  readonly namespace: string;
  /**
   * Name of the service.
   */
  readonly serviceName: string;
  /**
   * Which instances count by their health: HEALTHY, UNHEALTHY, ALL or HEALTHY_OR_ELSE_ALL.
   * @default - as Cloud Map has it
   */
  readonly healthStatus?: string;
  /**
   * Port of all instances, from 1 to 65535.
   * @default - that with which each is registered
   */
  readonly port?: number;
  /**
   * Time between two look-ups: whole milliseconds.
   * @default Duration.seconds(30)
   */
  readonly interval?: Duration;
  /**
   * Time that a look-up may take: whole milliseconds.
   * @default Duration.seconds(5)
   */
  readonly timeout?: Duration;
  /**
   * Account that owns the namespace, as twelve digits, where it is shared with one's own.
   * @default - one's own
   */
  readonly ownerAccount?: string;
}

const port: Kind = {
  is: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
  wanted: 'a whole number from 0 to 65535',
  example: '4317',
};
const HOST = textOf(/^/, 'a DNS name', 'Resolver.dns(\'store-headless.tracing.svc\')');
const ADDRESSES = listOf(
  textOf(/^/, '', ''), 'a list of host:port', 'Resolver.addresses([\'store-0:4317\'])');
const DNS_KINDS = {
  port, interval: durationOf('millis', 0, 5000), timeout: durationOf('millis', 0, 1000),
};
const name = textOf(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'the name of a Service', '\'store\'');
const SERVICE_KINDS = {
  name: required(name),
  namespace: { ...name, wanted: 'the name of a namespace', example: '\'tracing\'' },
  port,
};
const CLOUD_MAP_KINDS = {
  namespace: required(textOf(/./, 'the HTTP name of a namespace of Cloud Map', '\'telemetry\'')),
  serviceName: required(textOf(/./, 'the name of a service of Cloud Map', '\'samplers\'')),
  healthStatus: oneOf(['HEALTHY', 'UNHEALTHY', 'ALL', 'HEALTHY_OR_ELSE_ALL'], '\'HEALTHY\''),
  port,
  interval: durationOf('millis', 0, 30_000),
  timeout: durationOf('millis', 0, 5000),
  ownerAccount: textOf(/^\d{12}$/, 'an account of AWS, as twelve digits', '\'123456789012\''),
};
/** In place of a name without which synthesis fails anyway. */
const NOWHERE = 'localhost';

/**
 * How a sender that spreads by a key learns the addresses it spreads over.
 */
export class Resolver {
  /** These addresses, `host:port` or `host` with port 4317. */
  public static addresses(hostnames: string[]): Resolver {
    const problems = wrongValue('resolver.hostnames', hostnames, ADDRESSES);
    return new Resolver(
      { static: { hostnames: problems.length === 0 ? hostnames : [NOWHERE] } }, problems);
  }

  /**
   * All addresses of a DNS name. In Kubernetes it must be a headless Service's: any other has one
   * address, however many pods there are.
   */
  public static dns(hostname: string, options: DnsResolverOptions = {}): Resolver {
    const problems = wrongValue('resolver.hostname', hostname, HOST);
    const right = rightProps(options, DNS_KINDS, 'resolver.', { isWhole: true });
    const { port: number = 4317, interval, timeout } = right.props;
    const host = problems.length === 0 ? hostname : NOWHERE;
    return new Resolver({ dns: { hostname: host, port: String(number), interval, timeout } }, [
      ...problems, ...right.problems,
    ]);
  }

  /**
   * The ready pods of a Service, as the Kubernetes API tells them. It learns of a change at once,
   * and needs permission to read EndpointSlices, which the sender is given.
   */
  public static kubernetes(service: ServiceReference): Resolver {
    const right = rightProps(service, SERVICE_KINDS, 'resolver.', { isWhole: true });
    const { namespace, port: number = 4317 } = right.props;
    const { name: host = NOWHERE } = right.props as Partial<ServiceReference>;
    // Upstream opens its watch anew whenever this is over, every second unless told otherwise.
    const timeout = Duration.minutes(1);
    const text = namespace === undefined ? host : `${host}.${namespace}`;
    return new Resolver({ k8s: { service: text, ports: [number], timeout } }, right.problems);
  }

  /**
   * The instances of a service in AWS Cloud Map. Who asks needs a region and the permission
   * `servicediscovery:DiscoverInstances`. On EKS both come with a role: by
   * `ServiceAccount.create({ identity: WorkloadIdentity.eks(role) })`, or by an association of EKS
   * Pod Identity. Elsewhere `pod.env` says AWS_REGION, and the role is that of the node.
   */
  public static awsCloudMap(service: CloudMapService): Resolver {
    const right = rightProps(service, CLOUD_MAP_KINDS, 'resolver.', { isWhole: true });
    const {
      namespace = NOWHERE, serviceName = NOWHERE, ...others
    } = right.props as Partial<CloudMapService>;
    return new Resolver({ awsCloudMap: { namespace, serviceName, ...others } }, right.problems);
  }

  private constructor(
    private readonly config: ResolverConfig,
    /**
     * What is wrong with it, beginning with `resolver`.
     * @internal
     */
    public readonly _problems: readonly string[],
  ) {}

  /**
   * Whether all that it finds is inside the cluster.
   * @internal
   */
  public get _isInCluster(): boolean {
    const { static: listed, dns, awsCloudMap } = this.config;
    if (awsCloudMap !== undefined) return false;
    const hosts = [...listed?.hostnames ?? [], ...dns === undefined ? [] : [dns.hostname]];
    return hosts.every((host) => isInCluster(String(host)));
  }

  /**
   * What the load-balancing exporter is told.
   * @internal
   */
  public _toConfig(): ResolverConfig {
    return this.config;
  }
}
