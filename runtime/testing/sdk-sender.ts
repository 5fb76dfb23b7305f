/**
 * Sends telemetry with the exporters of the OpenTelemetry SDK, in a process of its own because they
 * import parts of themselves when they are used, which Jest does not allow.
 *
 * Reads a list of jobs from its first argument and writes a list of outcomes.
 */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoLogs } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoTraces } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  ProtobufLogsSerializer, ProtobufMetricsSerializer, ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor, type ReadableLogRecord,
} from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import type { Signal } from '../pipeline/payload';

const resource = resourceFromAttributes({ 'service.name': 'shop', 'service.instance.id': 'a1' });

async function someSpans(): Promise<ReadableSpan[]> {
  const memory = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    resource, spanProcessors: [new SimpleSpanProcessor(memory)],
  });
  const tracer = provider.getTracer('checkout', '1.2.3', { schemaUrl: 'https://schema/1' });
  for (let i = 0; i < 20; i++) {
    const span = tracer.startSpan(`GET /cart/${i}`, {
      kind: SpanKind.SERVER,
      attributes: { 'http.route': '/cart', 'n': i, 'ratio': 0.5, 'tags': ['a', 'b'], 'ok': true },
    });
    span.addEvent('größer', { 'exception.message': '✓' });
    if (i % 5 === 0) span.setStatus({ code: SpanStatusCode.ERROR, message: 'late' });
    span.end();
  }
  await provider.forceFlush();
  return memory.getFinishedSpans();
}

async function someMetrics(): Promise<ResourceMetrics> {
  const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: memory });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('checkout');
  meter.createCounter('orders').add(3, { region: 'eu' });
  meter.createHistogram('duration').record(12.5, { region: 'eu' });
  meter.createGauge('load').record(0.25);
  await provider.forceFlush();
  await provider.shutdown();
  return memory.getMetrics()[0];
}

async function someLogs(): Promise<ReadableLogRecord[]> {
  const memory = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({
    resource, processors: [new SimpleLogRecordProcessor(memory)],
  });
  const logger = provider.getLogger('checkout');
  logger.emit({
    body: { text: 'paid', cents: 1299, rows: [1, 'two', null] },
    severityNumber: SeverityNumber.WARN,
    attributes: { user: 'ä' },
  });
  logger.emit({ body: 'plain' });
  await provider.forceFlush();
  return memory.getFinishedLogRecords();
}

interface Sender<Data> {
  export(data: Data, done: (result: { code: number; error?: Error }) => void): void;
  shutdown(): Promise<void>;
}

type Options = Readonly<Record<string, unknown>>;

interface Kind<Data> {
  readonly make: () => Promise<Data>;
  readonly encode: (data: Data) => Uint8Array | undefined;
  readonly senders: Readonly<Record<Wire, (options: Options) => Sender<Data>>>;
}

/** What the SDK's exporters speak. */
export type Wire = 'gRPC' | 'HTTP with protobuf' | 'HTTP with JSON';

/** One request to send. */
export interface SdkJob {
  /** What to send. */
  readonly signal: Signal;
  /** How to send it. */
  readonly wire: Wire;
  /** The exporter's `compression`. */
  readonly compression: string;
  /** The exporter's `url`. */
  readonly url: string;
}

/** What became of it. */
export interface SdkOutcome {
  /** 0 when the exporter says that it was taken. */
  readonly code: number;
  /** Why it was not. */
  readonly error?: string;
  /** The same data by the SDK's protobuf encoder, in base64. */
  readonly encoded: string;
}

const KINDS: { readonly [S in Signal]: () => Kind<unknown> } = {
  traces: () => ({
    make: someSpans,
    encode: (data: ReadableSpan[]) => ProtobufTraceSerializer.serializeRequest(data),
    senders: {
      'gRPC': (options) => new GrpcTraces(options),
      'HTTP with protobuf': (options) => new ProtoTraces(options),
      'HTTP with JSON': (options) => new JsonTraces(options),
    },
  } satisfies Kind<ReadableSpan[]> as unknown as Kind<unknown>),
  metrics: () => ({
    make: someMetrics,
    encode: (data: ResourceMetrics) => ProtobufMetricsSerializer.serializeRequest(data),
    senders: {
      'gRPC': (options) => new GrpcMetrics(options),
      'HTTP with protobuf': (options) => new ProtoMetrics(options),
      'HTTP with JSON': (options) => new JsonMetrics(options),
    },
  } satisfies Kind<ResourceMetrics> as unknown as Kind<unknown>),
  logs: () => ({
    make: someLogs,
    encode: (data: ReadableLogRecord[]) => ProtobufLogsSerializer.serializeRequest(data),
    senders: {
      'gRPC': (options) => new GrpcLogs(options),
      'HTTP with protobuf': (options) => new ProtoLogs(options),
      'HTTP with JSON': (options) => new JsonLogs(options),
    },
  } satisfies Kind<ReadableLogRecord[]> as unknown as Kind<unknown>),
};

async function run({ signal, wire, compression, url }: SdkJob): Promise<SdkOutcome> {
  const { make, encode, senders } = KINDS[signal]();
  const data = await make();
  const sender = senders[wire]({ url, compression, timeoutMillis: 5000 });
  const { code, error } = await new Promise<{ code: number; error?: Error }>((resolve) => {
    sender.export(data, resolve);
  });
  await sender.shutdown();
  const encoded = Buffer.from(encode(data) ?? []).toString('base64');
  return { code, error: error?.message, encoded };
}

async function main(): Promise<void> {
  const outcomes: SdkOutcome[] = [];
  for (const job of JSON.parse(process.argv[2]) as SdkJob[]) outcomes.push(await run(job));
  process.stdout.write(JSON.stringify(outcomes));
}

void main();
