/** What stores are told, by what they speak. */
import type { Duration } from 'cdk8s';
import type { TlsClientConfig } from '../config';
import type { DebugVerbosity } from '../graph/debug-verbosity';
import type { Resolver } from '../graph/resolver';
import type { Routing } from '../graph/routing';
import type { SecretReference } from '../graph/secret-reference';
import type { Signal } from '../graph/signal';
import type { Retry } from '../retry';
import type { SendingQueue } from '../sending-queue';

/** What all backends have in common. */
export interface BackendOptions {
  /**
   * Signals that it takes; one at least, each once.
   * @default - all that it can take
   */
  readonly signals?: Signal[];
}

/** How requests that did not reach a store are treated. */
export interface DeliveryOptions extends BackendOptions {
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

/** How a store is reached over a network. */
export interface ConnectionOptions extends DeliveryOptions {
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
   * TLS of the connection.
   * @default - TLS; plain text for `http://`, and for names that exist inside the cluster only
   */
  readonly tls?: TlsClientConfig;
  /**
   * The authorities that the store's certificate may come from, as PEM in a Secret.
   * @default - those of the image
   */
  readonly certificateAuthority?: SecretReference;
  /**
   * Name of a Secret of the type kubernetes.io/tls whose certificate is shown to the store.
   * @default - none is shown
   */
  readonly clientCertificate?: string;
}

/** How telemetry is sent to a store that speaks OTLP. */
export interface OtlpDeliveryOptions extends ConnectionOptions {
  /**
   * How requests are compressed: gzip, zstd, snappy or none; over HTTP also zlib, deflate,
   * x-snappy-framed or lz4.
   * @default "gzip"
   */
  readonly compression?: string;
}

/** A store that speaks OTLP. */
export interface OtlpBackendOptions extends OtlpDeliveryOptions {
  /**
   * Its address: `host:port` for gRPC (`http://`, `https://` and `dns:///` may stand before it), a
   * URL such as `https://host:4318` for HTTP, to which the path of each signal is added.
   */
  readonly endpoint: string;
}

/** Several stores, of which everything with the same key goes to one. */
export interface LoadBalancedBackendOptions extends OtlpDeliveryOptions {
  /**
   * How their addresses are found.
   */
  readonly resolver: Resolver;
  /**
   * What goes to the same one. Signals that it does not spread cannot be sent.
   * @default Routing.byKey(RoutingKey.TRACE_ID)
   */
  readonly routing?: Routing;
}

/** An exporter whose configuration is given as it is. */
export interface RawBackendOptions extends BackendOptions {
  /**
   * Values of Secrets by the environment variable under which the configuration refers to them.
   * @default - none
   */
  readonly secrets?: Record<string, SecretReference>;
}

/** What is made of traces on their way to Datadog. */
export interface DatadogTracesOptions {
  /**
   * Regular expressions; spans of resources that one of them matches are not sent.
   * @default - all are sent
   */
  readonly ignoreResources?: string[];
  /**
   * New names of spans by old ones.
   * @default - names stay
   */
  readonly spanNameRemappings?: Record<string, string>;
  /**
   * Whether the name of a span is taken as the name of its operation.
   * @default false
   */
  readonly spanNameAsResourceName?: boolean;
  /**
   * Requests with traces that wait to be sent: a whole number; 0 for none.
   * @default - that of the collector
   */
  readonly traceBuffer?: number;
}

/** Datadog. */
export interface DatadogBackendOptions extends DeliveryOptions {
  /**
   * The API key. It stands in a Secret; a text is refused.
   */
  readonly apiKey: SecretReference;
  /**
   * The site of the account, such as `datadoghq.eu`.
   * @default "datadoghq.com"
   */
  readonly site?: string;
  /**
   * Name of the host that telemetry without one belongs to.
   * @default - the name of the node
   */
  readonly hostname?: string;
  /**
   * What is made of traces.
   * @default - what the collector makes of them
   */
  readonly traces?: DatadogTracesOptions;
}

/** How metrics become those of Prometheus. */
export interface PrometheusMetricsOptions {
  /**
   * What all names of metrics begin with.
   * @default - nothing
   */
  readonly namespace?: string;
  /**
   * Whether attributes of resources become labels of every metric.
   * @default - they are labels of target_info only
   */
  readonly resourceToTelemetry?: boolean;
}

/** A store that takes what Prometheus writes to others. */
export interface PrometheusRemoteWriteBackendOptions
  extends ConnectionOptions, PrometheusMetricsOptions {
  /**
   * The URL that is written to, such as `https://prometheus:9090/api/v1/write`.
   */
  readonly endpoint: string;
  /**
   * Labels of every metric.
   * @default - none
   */
  readonly externalLabels?: Record<string, string>;
}

/** Metrics that Prometheus fetches. */
export interface PrometheusBackendOptions extends BackendOptions, PrometheusMetricsOptions {
  /**
   * Port of the pods and of the Service under which they are fetched, from 1024 to 65535.
   * @default 8889
   */
  readonly port?: number;
  /**
   * Labels of every metric.
   * @default - none
   */
  readonly constLabels?: Record<string, string>;
  /**
   * Time for which a metric is shown that nobody renews.
   * @default Duration.minutes(5)
   */
  readonly metricExpiration?: Duration;
}

/** A log of what comes by. */
export interface DebugBackendOptions extends BackendOptions {
  /**
   * How much is logged.
   * @default DebugVerbosity.BASIC
   */
  readonly verbosity?: DebugVerbosity;
}
