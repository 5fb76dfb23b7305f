/**
 * The contract of upstream's Datadog exporter.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { choice, count, duration, flag, list, openMap, optional, text } from '../fields';
import { section } from '../section';
import {
  datadogApi, datadogTraceStatsFields, type DatadogApiConfig, type DatadogTraceStatsConfig,
} from '../sections/datadog';
import { HTTP_CLIENT_KEYS } from '../sections/http-client';
import { retry, type RetryConfig } from '../sections/retry';
import { sendingQueue, type SendingQueueConfig } from '../sections/sending-queue';
import { tlsClient, type TlsClientConfig } from '../sections/tls';

/** How metrics are sent. */
export interface DatadogMetricsConfig {
  /**
   * Address that they are sent to.
   * @default - the site's
   */
  readonly endpoint?: string;
  /**
   * Whether attributes of resources become tags.
   * @default false
   */
  readonly resourceAttributesAsTags?: boolean;
  /**
   * Whether names and versions of scopes become tags.
   * @default true
   */
  readonly instrumentationScopeMetadataAsTags?: boolean;
  /**
   * Seconds for which the last value of a growing sum is remembered.
   * @default 3600
   */
  readonly deltaTtl?: number;
  /**
   * How histograms are sent: a map with `mode` and others.
   * @default {}
   */
  readonly histograms?: Record<string, any>;
  /**
   * How sums are sent: a map with `cumulative_monotonic_mode` and others.
   * @default {}
   */
  readonly sums?: Record<string, any>;
  /**
   * How summaries are sent: a map with `mode`.
   * @default {}
   */
  readonly summaries?: Record<string, any>;
}

/** How traces are sent. */
export interface DatadogTracesConfig extends DatadogTraceStatsConfig {
  /**
   * Address that they are sent to.
   * @default - the site's
   */
  readonly endpoint?: string;
  /**
   * Payloads that wait before more are dropped; zero is as many as the exporter thinks right.
   * @default 0
   */
  readonly traceBuffer?: number;
}

/** How logs are sent. */
export interface DatadogLogsConfig {
  /**
   * Address that they are sent to.
   * @default - the site's
   */
  readonly endpoint?: string;
  /**
   * Whether requests are compressed.
   * @default true
   */
  readonly useCompression?: boolean;
  /**
   * How hard: a whole number from 0 to 9.
   * @default 6
   */
  readonly compressionLevel?: number;
  /**
   * Seconds after which a request is sent, however small it is: a whole number.
   * @default 5
   */
  readonly batchWait?: number;
}

/** What is told about the host. */
export interface DatadogHostMetadataConfig {
  /**
   * Whether something is told.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Where the host's name comes from: config_or_system or first_resource.
   * @default "config_or_system"
   */
  readonly hostnameSource?: string;
  /**
   * Tags of the host.
   * @default []
   */
  readonly tags?: string[];
  /**
   * Time between two reports, 5 minutes at least.
   * @default Duration.minutes(30)
   */
  readonly reporterPeriod?: Duration;
}

/** Sends telemetry to Datadog. */
export interface DatadogExporterConfig {
  /**
   * The account.
   */
  readonly api: DatadogApiConfig;
  /**
   * Name of the host, where it is not found out.
   * @default ""
   */
  readonly hostname?: string;
  /**
   * How metrics are sent.
   * @default - with their defaults
   */
  readonly metrics?: DatadogMetricsConfig;
  /**
   * How traces are sent.
   * @default - with their defaults
   */
  readonly traces?: DatadogTracesConfig;
  /**
   * How logs are sent.
   * @default - with their defaults
   */
  readonly logs?: DatadogLogsConfig;
  /**
   * What is told about the host.
   * @default - with its defaults
   */
  readonly hostMetadata?: DatadogHostMetadataConfig;
  /**
   * Time that finding out the host's name may take.
   * @default Duration.seconds(25)
   */
  readonly hostnameDetectionTimeout?: Duration;
  /**
   * Tells about the host and sends nothing else.
   * @default false
   */
  readonly onlyMetadata?: boolean;
  /**
   * Time that one try may take; zero is without limit.
   * @default Duration.seconds(15)
   */
  readonly timeout?: Duration;
  /**
   * TLS of the connections.
   * @default - TLS with the authorities of the system
   */
  readonly tls?: TlsClientConfig;
  /**
   * Where requests wait.
   * @default - on, with its defaults
   */
  readonly sendingQueue?: SendingQueueConfig;
  /**
   * When a failed request is tried again.
   * @default - on, with its defaults
   */
  readonly retryOnFailure?: RetryConfig;
}

const endpoint = optional(text());

const metrics = section<DatadogMetricsConfig>()({
  endpoint,
  resourceAttributesAsTags: flag({ fallback: false }),
  instrumentationScopeMetadataAsTags: flag({ fallback: true }),
  deltaTtl: count({ fallback: 3600 }),
  histograms: openMap(),
  sums: openMap(),
  summaries: openMap(),
});

const hostMetadata = section<DatadogHostMetadataConfig>()({
  enabled: flag({ fallback: true }),
  hostnameSource: choice(['config_or_system', 'first_resource'], 'config_or_system'),
  tags: list(text(), []),
  reporterPeriod: duration('30m'),
}, {
  check: ({ reporterPeriod }, report) => {
    if (reporterPeriod < 300_000) report(['reporter_period'], 'must be at least 5m');
  },
});

/** The contract of the Datadog exporter. */
export const datadogExporter = component<DatadogExporterConfig>()('exporters', 'datadog', {
  api: datadogApi(false),
  hostname: text({ fallback: '' }),
  metrics,
  traces: section<DatadogTracesConfig>()({
    ...datadogTraceStatsFields, endpoint, traceBuffer: count({ fallback: 0 }),
  }, { upstreamOnly: ['peer_service_aggregation'] }),
  logs: section<DatadogLogsConfig>()({
    endpoint,
    useCompression: flag({ fallback: true }),
    compressionLevel: count({ fallback: 6, max: 9 }),
    batchWait: count({ fallback: 5 }),
  }),
  hostMetadata,
  hostnameDetectionTimeout: duration('25s'),
  onlyMetadata: flag({ fallback: false }),
  timeout: duration('15s'),
  tls: tlsClient,
  sendingQueue: sendingQueue('on'),
  retryOnFailure: retry,
}, {
  check: ({ onlyMetadata, hostMetadata: host }, report) => {
    if (onlyMetadata && (!host.enabled || host.hostnameSource !== 'first_resource')) {
      report(['only_metadata'], 'needs host_metadata with hostname_source first_resource');
    }
  },
  upstreamOnly: [
    'orchestrator_explorer', 'endpoint', 'headers', 'auth', 'compression', 'compression_params',
    ...HTTP_CLIENT_KEYS,
  ],
});
