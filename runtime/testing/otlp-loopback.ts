/** OTLP components on loopback addresses, made from the YAML that users write. */
import { systemClock } from '../clock';
import type { Exporter, ExporterContext, Extension } from '../component';
import { otlpGrpcExporter, otlpHttpExporter, otlpReceiver } from '../config';
import { exporterContext, receiverContext, type TestContext } from './component-context';
import { RecordingConsumer } from './recording-consumer';
import { createOtlpGrpcExporter } from '../exporters/otlp-grpc/otlp-grpc';
import { createOtlpHttpExporter } from '../exporters/otlp-http/otlp-http';
import { SIGNALS, type Signal } from '../pipeline/payload';
import { createOtlpReceiver, type OtlpReceiver } from '../receivers/otlp/otlp';

/** A receiver with a consumer that records for each signal. */
export interface LoopbackReceiver {
  /** The receiver, not yet started. */
  readonly receiver: OtlpReceiver;
  /** Its consumers. */
  readonly consumers: Readonly<Record<Signal, RecordingConsumer>>;
  /** Its log and metrics. */
  readonly context: TestContext;
}

/** Extensions that components under test find, by their ids. */
export type Extensions = ReadonlyMap<string, Extension>;

/** A receiver for both protocols, each with the YAML keys given besides its endpoint. */
export function loopbackReceiver(
  grpc: object = {}, http: object = {},
  consumers: Readonly<Record<Signal, RecordingConsumer>> = recordingConsumers(),
  extensions: Extensions = new Map(),
): LoopbackReceiver {
  const { settings, problems } = otlpReceiver.read({
    protocols: {
      grpc: { endpoint: '127.0.0.1:0', ...grpc }, http: { endpoint: '127.0.0.1:0', ...http },
    },
  });
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  const context = receiverContext('otlp', consumers);
  const receiver = createOtlpReceiver(settings, {
    ...context, clock: systemClock, extension: (id) => extensions.get(id),
  });
  return { receiver, consumers, context };
}

/** A consumer that records for each signal. */
export function recordingConsumers(): Readonly<Record<Signal, RecordingConsumer>> {
  return {
    traces: new RecordingConsumer(),
    metrics: new RecordingConsumer(),
    logs: new RecordingConsumer(),
  };
}

/** An exporter with its log and metrics. */
export interface LoopbackExporter {
  /** The exporter, not yet started. */
  readonly exporter: Exporter;
  /** Its log and metrics. */
  readonly context: TestContext;
}

/** Which of the two exporters. */
export type ExporterType = 'otlp_grpc' | 'otlp_http';

/** An exporter in plain text with fast retries, and the YAML keys given. */
export function loopbackExporter(
  type: ExporterType, yaml: object, signals: readonly Signal[] = SIGNALS,
  extensions: Extensions = new Map(),
): LoopbackExporter {
  const context = exporterContext(type, signals);
  const given: ExporterContext = {
    ...context, clock: systemClock, extension: (id) => extensions.get(id),
  };
  const all = {
    tls: { insecure: true },
    retry_on_failure: { initial_interval: '10ms', max_interval: '100ms', max_elapsed_time: '20s' },
    ...yaml,
  };
  if (type === 'otlp_grpc') {
    const { settings, problems } = otlpGrpcExporter.read(all);
    if (settings === undefined) throw new Error(JSON.stringify(problems));
    return { exporter: createOtlpGrpcExporter(settings, given), context };
  }
  const { settings, problems } = otlpHttpExporter.read(all);
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  return { exporter: createOtlpHttpExporter(settings, given), context };
}
