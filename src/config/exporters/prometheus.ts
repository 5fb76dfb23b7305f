/**
 * The contract of upstream's Prometheus exporter.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { duration, flag, text, textMap } from '../fields';
import { listenAddress } from '../host-port';
import { HTTP_SERVER_KEYS } from '../sections/http-server';
import {
  resourceToTelemetry, translationStrategy, type ResourceToTelemetryConfig,
} from '../sections/resource-to-telemetry';
import { tlsServer, type TlsServerConfig } from '../sections/tls';

/** Serves metrics for Prometheus to scrape, under `/metrics`. */
export interface PrometheusExporterConfig {
  /**
   * Address to listen on, as `host:port`.
   */
  readonly endpoint: string;
  /**
   * Word that names of metrics begin with.
   * @default ""
   */
  readonly namespace?: string;
  /**
   * Labels that every metric carries.
   * @default {}
   */
  readonly constLabels?: Record<string, string>;
  /**
   * Whether values carry the time at which they were measured.
   * @default false
   */
  readonly sendTimestamps?: boolean;
  /**
   * Time without news after which a metric is no longer served.
   * @default Duration.minutes(5)
   */
  readonly metricExpiration?: Duration;
  /**
   * Whether OpenMetrics is served, which has exemplars.
   * @default false
   */
  readonly enableOpenMetrics?: boolean;
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
   * Whether metrics lack the labels that name their scope.
   * @default false
   */
  readonly withoutScopeInfo?: boolean;
  /**
   * Which attributes of resources become labels.
   * @default - none
   */
  readonly resourceToTelemetryConversion?: ResourceToTelemetryConfig;
  /**
   * TLS of the server.
   * @default - plain text
   */
  readonly tls?: TlsServerConfig;
}

/** The contract of the Prometheus exporter. */
export const prometheusExporter = component<PrometheusExporterConfig>()(
  'exporters', 'prometheus', {
    endpoint: listenAddress('0.0.0.0:9464', false),
    namespace: text({ fallback: '' }),
    constLabels: textMap(),
    sendTimestamps: flag({ fallback: false }),
    metricExpiration: duration('5m'),
    enableOpenMetrics: flag({ fallback: false }),
    addMetricSuffixes: flag({ fallback: true }),
    translationStrategy,
    withoutScopeInfo: flag({ fallback: false }),
    resourceToTelemetryConversion: resourceToTelemetry,
    tls: tlsServer,
  }, {
    upstreamSignals: ['metrics'],
    upstreamOnly: ['sending_queue', ...HTTP_SERVER_KEYS],
  });
