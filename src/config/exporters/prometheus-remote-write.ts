/**
 * The contract of upstream's Prometheus remote write exporter.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import {
  count, duration, flag, headers, openMap, optional, ratio, text, textMap,
} from '../fields';
import { section, type Report } from '../section';
import { authenticator, type AuthenticatorConfig } from '../sections/authenticator';
import { HTTP_CLIENT_KEYS } from '../sections/http-client';
import {
  resourceToTelemetry, translationStrategy, type ResourceToTelemetryConfig,
} from '../sections/resource-to-telemetry';
import { retriesFit } from '../sections/retry';
import { tlsClient, type TlsClientConfig } from '../sections/tls';

/** How the server is reached. */
export interface RemoteWriteHttpConfig {
  /**
   * Address that is written to, such as `http://prometheus:9090/api/v1/write`.
   * @default - none
   */
  readonly endpoint?: string;
  /**
   * TLS of the connection, for endpoints that begin with https.
   * @default - TLS with the authorities of the system
   */
  readonly tls?: TlsClientConfig;
  /**
   * Headers that every request carries.
   * @default {}
   */
  readonly headers?: Record<string, string>;
  /**
   * Extension that adds credentials to every request.
   * @default - none
   */
  readonly auth?: AuthenticatorConfig;
}

/** Where requests wait. */
export interface RemoteWriteQueueConfig {
  /**
   * Whether requests wait in a queue.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Requests that the queue holds.
   * @default 10000
   */
  readonly queueSize?: number;
  /**
   * How many parts of a request are sent at the same time.
   * @default 5
   */
  readonly numConsumers?: number;
}

/** The metric `target_info`, which carries the attributes of each resource. */
export interface RemoteWriteTargetInfoConfig {
  /**
   * Whether it is written.
   * @default true
   */
  readonly enabled?: boolean;
}

/** Tries failed requests again, with growing pauses. */
export interface RemoteWriteRetryConfig {
  /**
   * Whether a failed request is tried again.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Pause before the first retry.
   * @default Duration.millis(50)
   */
  readonly initialInterval?: Duration;
  /**
   * Longest pause, before it is scattered.
   * @default Duration.seconds(30)
   */
  readonly maxInterval?: Duration;
  /**
   * Time after which a request is given up; zero is never.
   * @default Duration.minutes(5)
   */
  readonly maxElapsedTime?: Duration;
  /**
   * What each pause is multiplied with to get the next one.
   * @default 1.5
   */
  readonly multiplier?: number;
  /**
   * Share of the pause by which it is scattered at random, from 0 to 1.
   * @default 0.5
   */
  readonly randomizationFactor?: number;
}

/**
 * Writes metrics to Prometheus and what speaks its protocol. The address stands here, or under
 * `http`, which upstream has since 0.158.
 */
export interface PrometheusRemoteWriteExporterConfig extends RemoteWriteHttpConfig {
  /**
   * How the server is reached, instead of the keys beside it.
   * @default - by the keys beside it
   */
  readonly http?: RemoteWriteHttpConfig;
  /**
   * Time that one try may take; zero is without limit.
   * @default Duration.seconds(5)
   */
  readonly timeout?: Duration;
  /**
   * Word that names of metrics begin with.
   * @default ""
   */
  readonly namespace?: string;
  /**
   * Labels that every metric carries.
   * @default {}
   */
  readonly externalLabels?: Record<string, string>;
  /**
   * Whether names end in units and types.
   * @default true
   */
  readonly addMetricSuffixes?: boolean;
  /**
   * How names are written, such as UnderscoreEscapingWithSuffixes; empty lets addMetricSuffixes
   * decide.
   * @default ""
   */
  readonly translationStrategy?: string;
  /**
   * Whether types, units and descriptions of metrics are written.
   * @default false
   */
  readonly sendMetadata?: boolean;
  /**
   * Whether metrics lack the labels that name their scope.
   * @default false
   */
  readonly disableScopeInfo?: boolean;
  /**
   * Which attributes of resources become labels.
   * @default - none
   */
  readonly resourceToTelemetryConversion?: ResourceToTelemetryConfig;
  /**
   * The metric `target_info`.
   * @default - written
   */
  readonly targetInfo?: RemoteWriteTargetInfoConfig;
  /**
   * Where requests wait.
   * @default - on, with its defaults
   */
  readonly remoteWriteQueue?: RemoteWriteQueueConfig;
  /**
   * When a failed request is tried again.
   * @default - on, with its defaults
   */
  readonly retryOnFailure?: RemoteWriteRetryConfig;
  /**
   * Keeps what waits in files: a map with `directory`, `buffer_size` and others.
   * @default {}
   */
  readonly wal?: Record<string, any>;
  /**
   * Size of a request at most, in bytes before compression.
   * @default 3000000
   */
  readonly maxBatchSizeBytes?: number;
  /**
   * How many parts of a request are sent at the same time, one at least.
   * @default - as many as the queue has consumers
   */
  readonly maxBatchRequestParallelism?: number;
}

const http = {
  endpoint: optional(text()),
  tls: tlsClient,
  headers: headers(),
  auth: authenticator(),
};

const clientOnly = ['compression', 'compression_params', ...HTTP_CLIENT_KEYS];

function isUrl(address: string): boolean {
  return /^https?:\/\/[^/]/i.test(address);
}

/** The contract of the Prometheus remote write exporter. */
export const prometheusRemoteWriteExporter = component<PrometheusRemoteWriteExporterConfig>()(
  'exporters', 'prometheus_remote_write', {
    ...http,
    http: section<RemoteWriteHttpConfig>()(http, { upstreamOnly: [...clientOnly, 'timeout'] }),
    timeout: duration('5s'),
    namespace: text({ fallback: '' }),
    externalLabels: textMap(),
    addMetricSuffixes: flag({ fallback: true }),
    translationStrategy,
    sendMetadata: flag({ fallback: false }),
    disableScopeInfo: flag({ fallback: false }),
    resourceToTelemetryConversion: resourceToTelemetry,
    targetInfo: section<RemoteWriteTargetInfoConfig>()({ enabled: flag({ fallback: true }) }),
    remoteWriteQueue: section<RemoteWriteQueueConfig>()({
      enabled: flag({ fallback: true }),
      queueSize: count({ fallback: 10_000 }),
      numConsumers: count({ fallback: 5 }),
    }, {
      check: ({ enabled, queueSize }, report) => {
        if (enabled && queueSize === 0) report(['queue_size'], 'must be at least 1, got 0');
      },
    }),
    retryOnFailure: section<RemoteWriteRetryConfig>()({
      enabled: flag({ fallback: true }),
      initialInterval: duration('50ms'),
      maxInterval: duration('30s'),
      maxElapsedTime: duration('5m'),
      multiplier: ratio({ fallback: 1.5 }),
      randomizationFactor: ratio({ fallback: 0.5, max: 1 }),
    }, { check: retriesFit }),
    wal: openMap(),
    maxBatchSizeBytes: count({ fallback: 3_000_000 }),
    maxBatchRequestParallelism: optional(count({ min: 1 })),
  }, {
    aliases: ['prometheusremotewrite'],
    upstreamSignals: ['metrics'],
    check: ({ endpoint, http: client }, report: Report) => {
      const given = client.endpoint ?? endpoint;
      if (given !== undefined && isUrl(given)) return;
      const at = client.endpoint === undefined ? ['endpoint'] : ['http', 'endpoint'];
      report(at, 'must be a URL such as http://prometheus:9090/api/v1/write, got '
        + (given === undefined ? 'nothing' : JSON.stringify(given)));
    },
    upstreamOnly: [
      ...clientOnly, 'protobuf_message', 'include_metadata_keys',
      'convert_explicit_histograms_to_nhcb', 'keep_classic_histograms',
    ],
  });
