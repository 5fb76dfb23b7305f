import {
  loadBalancingExporter, otlpGrpcExporter, otlpHttpExporter, type Contract,
  type OtlpGrpcDeliveryConfig, type Path, type TlsClientConfig, type Yaml,
} from './config';
import { isInCluster } from './graph/cluster-name';
import { Resolver } from './graph/resolver';
import { Signal } from './graph/signal';
import { required, rightProps, withMember, type Kind } from './prop-kinds';
import type { Retry } from './retry';
import { routed } from './routed-delivery';
import type { SendingQueue } from './sending-queue';
import { BACKEND_KINDS } from './tier-kinds';
import type { SecretReference } from './workload/secret-reference';

/** What all backends have in common. */
export interface BackendOptions {
  /**
   * Signals that it takes; one at least, each once.
   * @default - all
   */
  readonly signals?: Signal[];
}

/** How telemetry is sent to a store that speaks OTLP. */
export interface OtlpDeliveryOptions extends BackendOptions {
  /**
   * Headers of every request, in plain text. Keys and tokens belong into `secretHeaders`.
   * @default - none
   */
  readonly headers?: Record<string, string>;
  /**
   * Headers of every request whose values are in Secrets.
   * @default - none
   */
  readonly secretHeaders?: Record<string, SecretReference>;
  /**
   * How requests are compressed: gzip or none.
   * @default "gzip"
   */
  readonly compression?: string;
  /**
   * TLS of the connection.
   * @default - TLS; plain text for `http://`, and for names that exist inside the cluster only
   */
  readonly tls?: TlsClientConfig;
  /**
   * What becomes of requests that the store did not take.
   * @default Retry.upTo(Duration.minutes(5))
   */
  readonly retry?: Retry;
  /**
   * Where requests wait.
   * @default SendingQueue.inMemory()
   */
  readonly queue?: SendingQueue;
}

/** A store that speaks OTLP. */
export interface OtlpBackendOptions extends OtlpDeliveryOptions {
  /**
   * Its address: `host:port` for gRPC (`http://`, `https://` and `dns:///` may stand before it), a
   * URL such as `https://host:4318` for HTTP, to which the path of each signal is added.
   */
  readonly endpoint: string;
}

/** Several stores, of which each trace goes to one. */
export interface LoadBalancedBackendOptions extends OtlpDeliveryOptions {
  /**
   * How their addresses are found.
   */
  readonly resolver: Resolver;
}

/** An exporter whose configuration is given as it is. */
export interface RawBackendOptions extends BackendOptions {
  /**
   * Values of Secrets by the environment variable under which the configuration refers to them.
   * @default - none
   */
  readonly secrets?: Record<string, SecretReference>;
}

/**
 * An exporter as it is written.
 * @internal
 */
export interface WrittenExporter {
  /** Its type. */
  readonly type: string;
  /** Its configuration. */
  readonly config: Yaml;
}

/** The name of a component type in the words of the image that reads it. */
type Spelled = (contract: Pick<Contract, 'type' | 'aliases'>) => string;

/** Writes an exporter of these options. */
type Writer = (
  spelled: Spelled, options: OtlpDeliveryOptions & RawBackendOptions,
) => WrittenExporter;

/** Where telemetry leaves the cluster of collectors. */
export class Backend {
  /** A store that speaks OTLP over gRPC. `name`: letters, digits and `.`, `_`, `-`. */
  public static otlp(name: string, options: OtlpBackendOptions): Backend {
    const { endpoint } = options;
    return new Backend(name, options, (spelled, right) => ({
      type: spelled(otlpGrpcExporter),
      config: otlpGrpcExporter.write(
        { endpoint, ...deliveryOf(endpoint, right) }, at('otlp_grpc', name)),
    }));
  }

  /** A store that speaks OTLP over HTTP. */
  public static otlpHttp(name: string, options: OtlpBackendOptions): Backend {
    const { endpoint } = options;
    return new Backend(name, options, (spelled, right) => ({
      type: spelled(otlpHttpExporter),
      config: otlpHttpExporter.write(
        { endpoint, ...deliveryOf(endpoint, right) }, at('otlp_http', name)),
    }), { ...BACKEND_KINDS, endpoint: BASE_URL });
  }

  /** Several stores that speak OTLP over gRPC; each trace goes to one. Takes traces only. */
  public static loadBalanced(name: string, options: LoadBalancedBackendOptions): Backend {
    const given = { signals: [Signal.TRACES], ...options };
    return new Backend(name, given, (spelled, right) => {
      const { resolver = NOWHERE } = right as Partial<LoadBalancedBackendOptions>;
      const { static: listed, dns } = resolver._toConfig();
      const host = listed?.hostnames[0] ?? dns?.hostname ?? 'pod';
      const { retryOnFailure: _, sendingQueue: __, ...otlp } = deliveryOf(host, right);
      return {
        type: spelled(loadBalancingExporter),
        config: loadBalancingExporter.write(
          routed(otlp, resolver, right), at('load_balancing', name)),
      };
    }, { ...BACKEND_KINDS, resolver: RESOLVER });
  }

  /**
   * Any exporter, with its configuration as it stands in YAML. `type` is the exporter's name, such
   * as `debug` or `datadog`; secrets are referred to as `${env:NAME}`.
   */
  public static fromYaml(
    name: string, type: string, config: Record<string, any>, options: RawBackendOptions = {},
  ): Backend {
    return new Backend(name, options, () => ({ type, config }));
  }

  /** Signals that it takes. */
  public readonly signals: Signal[];
  /**
   * What is wrong with its options.
   * @internal
   */
  public readonly _problems: readonly string[];
  private readonly options: OtlpDeliveryOptions & RawBackendOptions;

  private constructor(
    /** Its name: exporters are called `type/name`. */
    public readonly name: string,
    given: OtlpDeliveryOptions & RawBackendOptions,
    private readonly write: Writer,
    kinds: Readonly<Record<string, Kind>> = BACKEND_KINDS,
  ) {
    const right = rightProps(given, kinds, `exportTo (${name}): `);
    this.options = right.props;
    this._problems = right.problems;
    this.signals = this.options.signals ?? Object.values(Signal);
  }

  /**
   * The exporter, its type in the words that `spelled` gives.
   * @throws ConfigurationError with all mistakes in its options.
   * @internal
   */
  public _write(spelled: Spelled): WrittenExporter {
    return this.write(spelled, this.options);
  }

  /**
   * Secrets by the environment variables that its configuration refers to.
   * @internal
   */
  public get _secrets(): [string, SecretReference][] {
    return [
      ...Object.values(this.options.secretHeaders ?? {})
        .map((secret): [string, SecretReference] => [secret.variable, secret]),
      ...Object.entries(this.options.secrets ?? {}),
    ];
  }
}

/** In place of a resolver without which synthesis fails anyway. */
const NOWHERE = Resolver.addresses(['localhost']);
const RESOLVER = required(withMember(
  '_toConfig', 'a Resolver', 'Resolver.dns(\'store-headless.tracing.svc\')'));
/** The exporter adds the path of each signal. */
const BASE_URL: Kind = {
  is: (value) => typeof value !== 'string' || !/\/v1\/(traces|metrics|logs)\/?$/.test(value),
  wanted: 'without the path of a signal, which is added to it',
  example: '\'http://store:4318\'',
};

function at(type: string, name: string): Path {
  return ['exporters', `${type}/${name}`];
}

function deliveryOf(endpoint: string, options: OtlpDeliveryOptions): OtlpGrpcDeliveryConfig {
  const { headers, secretHeaders = {}, compression, tls, retry, queue } = options;
  const secret = Object.entries(secretHeaders)
    .map(([header, { variable }]) => [header, `\${env:${variable}}`]);
  const all = { ...headers, ...Object.fromEntries(secret) as Record<string, string> };
  return {
    compression,
    headers: Object.keys(all).length === 0 ? undefined : all,
    tls: tls ?? (isInCluster(endpoint) ? { insecure: true } : undefined),
    retryOnFailure: retry?._toConfig(),
    sendingQueue: queue?._toConfig(),
  };
}
