/** The process's spans in OpenTelemetry's SDK. */
import {
  isSpanContextValid, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Context,
  type Link, type TextMapGetter, type TextMapPropagator, type TextMapSetter,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { B3Propagator } from '@opentelemetry/propagator-b3';
import {
  AlwaysOffSampler, AlwaysOnSampler, BasicTracerProvider, BatchSpanProcessor, ConsoleSpanExporter,
  ParentBasedSampler, SimpleSpanProcessor, TraceIdRatioBasedSampler, type Sampler,
  type SpanExporter, type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { grpcOptions, httpOptions } from './otlp-options';
import { sdkResource } from './own-resource';
import type { OwnOtlpSettings, RecordProcessorSettings, TelemetrySettings } from '../../config';
import type { OwnResource } from '../resource';
import type { OwnSpan, SpanHeaders, SpanPlace, SpanStart } from '../spans';

type TracesSettings = TelemetrySettings['traces'];

/** What spans are made and sent with. */
export interface OwnSpansOptions
  extends Pick<TracesSettings, 'processors' | 'propagators' | 'sampler'> {
  /** Who the process is. */
  readonly resource: OwnResource;
}

/** Spans of the process on their way. */
export interface OwnSpans {
  /** The span that these headers (name, value and so on) tell of. */
  parentOf(headers: readonly string[]): SpanPlace | undefined;
  /** Headers that tell of the span. */
  headersOf(place: SpanPlace): SpanHeaders;
  /** Begins a span. */
  begin(start: SpanStart): OwnSpan;
  /** Sends what is there for the last time. */
  shutdown(): Promise<void>;
}

/** Of a header that stands there twice the first one counts, as with upstream. */
const FROM_HEADERS: TextMapGetter<readonly string[]> = {
  keys: (headers) => headers.filter((_, at) => at % 2 === 0),
  get: (headers, name) => {
    for (let at = 0; at + 1 < headers.length; at += 2) {
      if (headers[at].toLowerCase() === name) return headers[at + 1];
    }
    return undefined;
  },
};

const INTO_HEADERS: TextMapSetter<[string, string][]> = {
  set: (headers, name, value) => { headers.push([name.toLowerCase(), value]); },
};
const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT };

/**
 * Begins to send.
 *
 * @throws Error when a peer's certificate cannot be read.
 */
export function createOwnSpans(options: OwnSpansOptions): OwnSpans {
  const provider = new BasicTracerProvider({
    resource: sdkResource(options.resource),
    sampler: samplerOf(options.sampler),
    spanProcessors: options.processors.map(processorOf),
  });
  const propagators = options.propagators.map(propagatorOf);
  return {
    parentOf: (headers) => placeIn(propagators.reduce(
      (context, propagator) => propagator.extract(context, headers, FROM_HEADERS), ROOT_CONTEXT)),
    headersOf: (place) => {
      const headers: [string, string][] = [];
      const context = trace.setSpanContext(ROOT_CONTEXT, place);
      for (const propagator of propagators) propagator.inject(context, headers, INTO_HEADERS);
      return headers;
    },
    begin: ({ scope, name, kind, attributes, parent, links }) => {
      const context = parent === undefined
        ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
      const span = provider.getTracer(scope).startSpan(name, {
        kind: kind && KINDS[kind],
        attributes: { ...attributes },
        links: links?.map(linkTo),
      }, context);
      return {
        place: span.spanContext(),
        event: (event, details) => { span.addEvent(event, details && { ...details }); },
        end: (last, failure) => {
          if (last !== undefined) span.setAttributes({ ...last });
          if (failure !== undefined) {
            span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
          }
          span.end();
        },
      };
    },
    shutdown: () => provider.shutdown(),
  };
}

function placeIn(context: Context): SpanPlace | undefined {
  const place = trace.getSpanContext(context);
  return place !== undefined && isSpanContextValid(place) ? place : undefined;
}

function linkTo({ traceId, spanId, traceFlags }: SpanPlace): Link {
  return { context: { traceId, spanId, traceFlags: traceFlags & TraceFlags.SAMPLED } };
}

function propagatorOf(name: TracesSettings['propagators'][number]): TextMapPropagator {
  return name === 'b3' ? new B3Propagator() : new W3CTraceContextPropagator();
}

function samplerOf(given: TracesSettings['sampler']): Sampler {
  if (given === undefined) return new ParentBasedSampler({ root: new AlwaysOnSampler() });
  const { parentBased } = given;
  if (parentBased === undefined) return rootOf(given);
  const root = parentBased.root === undefined ? new AlwaysOnSampler() : rootOf(parentBased.root);
  return new ParentBasedSampler({ root });
}

type Root = Pick<NonNullable<TracesSettings['sampler']>, 'alwaysOff' | 'traceIdRatioBased'>;

function rootOf({ alwaysOff, traceIdRatioBased }: Root): Sampler {
  if (traceIdRatioBased !== undefined) {
    return new TraceIdRatioBasedSampler(traceIdRatioBased.ratio);
  }
  return alwaysOff ? new AlwaysOffSampler() : new AlwaysOnSampler();
}

function processorOf({ batch, simple }: RecordProcessorSettings): SpanProcessor {
  if (batch === undefined) return new SimpleSpanProcessor(exporterOf(simple?.exporter.otlp));
  const { exportTimeout, maxExportBatchSize, maxQueueSize, scheduleDelay } = batch;
  return new BatchSpanProcessor(exporterOf(batch.exporter.otlp), {
    maxExportBatchSize,
    maxQueueSize,
    scheduledDelayMillis: scheduleDelay,
    exportTimeoutMillis: exportTimeout,
  });
}

function exporterOf(otlp: OwnOtlpSettings | undefined): SpanExporter {
  if (otlp === undefined) return new ConsoleSpanExporter();
  if (otlp.protocol === 'grpc') return new GrpcExporter(grpcOptions(otlp));
  const options = httpOptions(otlp, '/v1/traces');
  return otlp.protocol === 'http/json' ? new JsonExporter(options) : new ProtoExporter(options);
}
