import { Duration } from 'cdk8s';
import { isInCluster } from './cluster-name';
import type { ResolverConfig } from '../config';

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

/**
 * How a sender that spreads by a key learns the addresses it spreads over.
 */
export class Resolver {
  /** These addresses, `host:port` or `host` with port 4317. */
  public static addresses(hostnames: string[]): Resolver {
    return new Resolver({ static: { hostnames } });
  }

  /**
   * All addresses of a DNS name. In Kubernetes it must be a headless Service's: any other has one
   * address, however many pods there are.
   */
  public static dns(hostname: string, options: DnsResolverOptions = {}): Resolver {
    const { port = 4317, interval, timeout } = options;
    return new Resolver({ dns: { hostname, port: String(port), interval, timeout } });
  }

  /**
   * The ready pods of a Service, as the Kubernetes API tells them. It learns of a change at once,
   * and needs permission to read EndpointSlices, which the sender is given.
   */
  public static kubernetes(service: ServiceReference): Resolver {
    const { name, namespace, port = 4317 } = service;
    // Upstream opens its watch anew whenever this is over, every second unless told otherwise.
    const timeout = Duration.minutes(1);
    const text = namespace === undefined ? name : `${name}.${namespace}`;
    return new Resolver({ k8s: { service: text, ports: [port], timeout } });
  }

  private constructor(private readonly config: ResolverConfig) {}

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
