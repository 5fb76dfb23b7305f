/** The process's log lines in OpenTelemetry's SDK, for processors that send them. */
import { SeverityNumber, type AnyValueMap } from '@opentelemetry/api-logs';
import { OTLPLogExporter as GrpcExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import {
  BatchLogRecordProcessor, ConsoleLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor,
  type LogRecordExporter, type LogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import { grpcOptions, httpOptions } from './otlp-options';
import { sdkResource } from './own-resource';
import type { OwnOtlpSettings, RecordProcessorSettings } from '../../config';
import type { OwnResource } from '../resource';

/** What lines are sent with. */
export interface OwnLogsOptions {
  /** Where they go. */
  readonly processors: readonly RecordProcessorSettings[];
  /** Who the process is. */
  readonly resource: OwnResource;
}

/** Lines of the process on their way. */
export interface OwnLogs {
  /** Sends one line. */
  emit(
    level: keyof typeof SEVERITIES, message: string, fields: Readonly<Record<string, unknown>>,
  ): void;
  /** Sends what is there for the last time. */
  shutdown(): Promise<void>;
}

const SEVERITIES = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
};
const SCOPE = 'go.opentelemetry.io/collector/service';

/**
 * Begins to send.
 *
 * @throws Error when a peer's certificate cannot be read.
 */
export function createOwnLogs({ processors, resource }: OwnLogsOptions): OwnLogs {
  const provider = new LoggerProvider({
    resource: sdkResource(resource), processors: processors.map(processorOf),
  });
  const logger = provider.getLogger(SCOPE);
  return {
    emit: (level, message, fields) => logger.emit({
      severityNumber: SEVERITIES[level],
      severityText: level,
      body: message,
      // Whatever JSON can hold, OTLP can.
      attributes: JSON.parse(JSON.stringify(fields)) as AnyValueMap,
    }),
    shutdown: () => provider.shutdown(),
  };
}

function processorOf({ batch, simple }: RecordProcessorSettings): LogRecordProcessor {
  if (batch === undefined) {
    return new SimpleLogRecordProcessor(exporterOf(simple?.exporter.otlp));
  }
  const { exportTimeout, maxExportBatchSize, maxQueueSize, scheduleDelay } = batch;
  return new BatchLogRecordProcessor(exporterOf(batch.exporter.otlp), {
    maxExportBatchSize,
    maxQueueSize,
    scheduledDelayMillis: scheduleDelay,
    exportTimeoutMillis: exportTimeout,
  });
}

function exporterOf(otlp: OwnOtlpSettings | undefined): LogRecordExporter {
  if (otlp === undefined) return new ConsoleLogRecordExporter();
  if (otlp.protocol === 'grpc') return new GrpcExporter(grpcOptions(otlp));
  const options = httpOptions(otlp, '/v1/logs');
  return otlp.protocol === 'http/json' ? new JsonExporter(options) : new ProtoExporter(options);
}
