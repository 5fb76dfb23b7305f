/**
 * What own telemetry needs of OpenTelemetry's SDK: a bundle of its own, which is loaded only where
 * the configuration sends metrics, log lines or spans somewhere, or has views.
 */
import { diag, DiagLogLevel, type DiagLogger } from '@opentelemetry/api';

export { createOwnLogs, type OwnLogs } from './sdk/own-logs';
export { createOwnMetrics, type OwnMetrics } from './sdk/own-metrics';
export { createOwnSpans, type OwnSpans } from './sdk/own-spans';
export { snapshotsOf } from './sdk/prometheus-snapshots';

/** Tells `logger` what the SDK has to say. */
export function listen(logger: DiagLogger): void {
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}
