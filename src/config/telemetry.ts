/**
 * The contract of `service.telemetry`: what the process tells about itself.
 */
import { part } from './contract';
import { mapSchema, type FieldsOf, type SettingsOf } from './section';
import { telemetryLogs, type TelemetryLogsConfig } from './telemetry/logs';
import { telemetryMetrics, type TelemetryMetricsConfig } from './telemetry/metrics';
import { resource } from './telemetry/resource';
import { telemetryTraces, type TelemetryTracesConfig } from './telemetry/traces';

/** What the process tells about itself. */
export interface TelemetryConfig {
  /**
   * Its log.
   * @default - lines of level info and above
   */
  readonly logs?: TelemetryLogsConfig;
  /**
   * Its metrics.
   * @default - Prometheus text on localhost:8888
   */
  readonly metrics?: TelemetryMetricsConfig;
  /**
   * Its spans.
   * @default - none
   */
  readonly traces?: TelemetryTracesConfig;
  /**
   * Attributes of the process in its own telemetry.
   * @default {}
   */
  readonly resource?: Record<string, string>;
}

const fields = {
  logs: telemetryLogs,
  metrics: telemetryMetrics,
  traces: telemetryTraces,
  resource: resource(),
} satisfies FieldsOf<TelemetryConfig>;

/** What the process knows about telling of itself. */
export type TelemetrySettings = SettingsOf<typeof fields>;

/** The contract of `service.telemetry`. */
export const telemetry = part<TelemetryConfig, TelemetrySettings>(
  ['service', 'telemetry'], () => mapSchema(fields));
