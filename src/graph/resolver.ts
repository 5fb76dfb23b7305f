import { Duration } from 'cdk8s';
import { isInCluster } from './cluster-name';
import type { ResolverConfig } from '../config';
import {
  durationOf, listOf, required, rightProps, textOf, wrongValue, type Kind,
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
    const { static: listed, dns } = this.config;
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
