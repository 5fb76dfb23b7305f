/**
 * Telemetry for tests in one line per span, point or record, encoded by protobufjs and not by us.
 *
 * `spans([{ trace: 'a', ms: 4500 }, { trace: 'b', status: 'error' }])`
 */
import { createHash } from 'crypto';
import { decodeProto, encodeProto } from './otlp-proto';

/** A value of an attribute as tests write it; whole numbers become integers. */
export type TestValue = string | number | boolean | bigint;

/** One span of a test. */
export interface TestSpan {
  /** Name of the trace; `traceIdOf` says which id it gets. 32 hex digits are taken as they are. */
  readonly trace: string;
  /** Name of the span, by default its place in the list; 16 hex digits are taken as they are. */
  readonly span?: string;
  /** Name of the parent span; a span without parent is the root. */
  readonly parent?: string;
  /** `service.name` of the resource; by default the resource has no attributes. */
  readonly service?: string;
  /** More attributes of the resource. */
  readonly resource?: Readonly<Record<string, TestValue>>;
  /** Name of the instrumentation scope; by default there is none. */
  readonly scope?: string;
  /** Name of the operation, by default `operation`. */
  readonly name?: string;
  /** How long the span took, in milliseconds; by default 1. */
  readonly ms?: number;
  /** When it began, in milliseconds after the Unix epoch; by default 1,700,000,000,000. */
  readonly startMs?: number;
  /** Its status; by default unset. */
  readonly status?: 'unset' | 'ok' | 'error';
  /** Message of the status. */
  readonly statusMessage?: string;
  /** Kind of span as a number of the protocol, by default 2 (server). */
  readonly kind?: number;
  /** W3C trace state. */
  readonly traceState?: string;
  /** Attributes of the span. */
  readonly attributes?: Readonly<Record<string, TestValue>>;
}

/** One data point of a test: a gauge with one point, or a monotonic sum. */
export interface TestPoint {
  /** Name of the metric. */
  readonly metric: string;
  /** Value of the point; by default 1. */
  readonly value?: number;
  /** Which metric the point belongs to; by default a gauge. */
  readonly type?: 'gauge' | 'sum';
  /** `service.name` of the resource. */
  readonly service?: string;
  /** Attributes of the point. */
  readonly attributes?: Readonly<Record<string, TestValue>>;
}

/** One log record of a test. */
export interface TestRecord {
  /** What was logged. */
  readonly body: string;
  /** `service.name` of the resource. */
  readonly service?: string;
  /** Severity as a number of the protocol, by default 9 (info). */
  readonly severity?: number;
  /** Name of the trace that it belongs to. */
  readonly trace?: string;
  /** Attributes of the record. */
  readonly attributes?: Readonly<Record<string, TestValue>>;
}

/** A span as a test finds it in bytes that were sent. */
export interface FoundSpan {
  /** Trace id, 32 hex digits. */
  readonly traceId: string;
  /** Span id, 16 hex digits. */
  readonly spanId: string;
  /** Parent's span id, empty for a root. */
  readonly parentSpanId: string;
  /** Name of the operation. */
  readonly name: string;
  /** `service.name` of the resource, empty without. */
  readonly service: string;
  /** Name of the scope, empty without. */
  readonly scope: string;
  /** Attributes of the resource. */
  readonly resource: Readonly<Record<string, unknown>>;
  /** Attributes of the span. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

const DEFAULT_START_MS = 1_700_000_000_000;
const NANOS_PER_MS = 1_000_000n;
const STATUS = { unset: 0, ok: 1, error: 2 };

/** The id that a name stands for: its letters as bytes, filled up with zeros on the left. */
function idOf(name: string, length: number): Buffer {
  if (name.length === length * 2 && /^[0-9a-f]+$/i.test(name)) return Buffer.from(name, 'hex');
  const letters = Buffer.from(name).subarray(-length);
  return Buffer.concat([Buffer.alloc(length - letters.length), letters]);
}

/** The 16 bytes of the id of the trace named `name`. */
export function traceIdOf(name: string): Buffer {
  return idOf(name, 16);
}

/** The 8 bytes of the id of the span named `name`. */
export function spanIdOf(name: string): Buffer {
  return idOf(name, 8);
}

/** The span of this number of a trace of this number; ids are spread as those of SDKs are. */
export function numberedSpan(trace: number, span: number): { trace: string; span: string } {
  const digest = (text: string): string => createHash('md5').update(text).digest('hex');
  return { trace: digest(`trace ${trace}`), span: digest(`${trace} ${span}`).slice(0, 16) };
}

function valueOf(value: TestValue): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint') return { intValue: String(value) };
  return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
}

function attributesOf(attributes: Readonly<Record<string, TestValue>> = {}): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));
}

function nanos(ms: number): string {
  return String(BigInt(Math.round(ms)) * NANOS_PER_MS);
}

function resourceOf(
  service: string | undefined, more: Readonly<Record<string, TestValue>> = {},
): object {
  const named: Record<string, TestValue> = {};
  if (service !== undefined) named['service.name'] = service;
  return { attributes: attributesOf({ ...named, ...more }) };
}

function spanOf(span: TestSpan, place: number): object {
  const start = span.startMs ?? DEFAULT_START_MS;
  return {
    traceId: traceIdOf(span.trace),
    spanId: spanIdOf(span.span ?? `s${place}`),
    traceState: span.traceState,
    parentSpanId: span.parent === undefined ? undefined : spanIdOf(span.parent),
    name: span.name ?? 'operation',
    kind: span.kind ?? 2,
    startTimeUnixNano: nanos(start),
    endTimeUnixNano: nanos(start + (span.ms ?? 1)),
    attributes: attributesOf(span.attributes),
    status: span.status === undefined && span.statusMessage === undefined
      ? undefined
      : { code: STATUS[span.status ?? 'unset'], message: span.statusMessage },
  };
}

/** Neighbours with the same key, in order. */
function runs<T>(list: readonly T[], key: (item: T) => string): T[][] {
  const grouped: T[][] = [];
  list.forEach((item, i) => {
    if (i > 0 && key(list[i - 1]) === key(item)) grouped[grouped.length - 1].push(item);
    else grouped.push([item]);
  });
  return grouped;
}

function resourceKey({ service, resource }: TestSpan): string {
  return JSON.stringify([service ?? null, attributesOf(resource)], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value);
}

/** An ExportTraceServiceRequest; neighbours with the same resource and scope share theirs. */
export function spans(list: readonly TestSpan[]): Buffer {
  const placed = list.map((span, place) => ({ span, place }));
  return encodeProto('ExportTraceServiceRequest', {
    resourceSpans: runs(placed, ({ span }) => resourceKey(span)).map((ofResource) => ({
      resource: resourceOf(ofResource[0].span.service, ofResource[0].span.resource),
      scopeSpans: runs(ofResource, ({ span }) => span.scope ?? '').map((ofScope) => ({
        scope: { name: ofScope[0].span.scope ?? '' },
        spans: ofScope.map(({ span, place }) => spanOf(span, place)),
      })),
    })),
  });
}

function metricOf({ metric, type, value, attributes }: TestPoint): object {
  const dataPoints = [{
    ...(Number.isInteger(value ?? 1) ? { asInt: value ?? 1 } : { asDouble: value }),
    timeUnixNano: nanos(DEFAULT_START_MS),
    attributes: attributesOf(attributes),
  }];
  return type === 'sum'
    ? { name: metric, sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } }
    : { name: metric, gauge: { dataPoints } };
}

/** An ExportMetricsServiceRequest with one metric per data point. */
export function metricPoints(list: readonly TestPoint[]): Buffer {
  return encodeProto('ExportMetricsServiceRequest', {
    resourceMetrics: runs(list, ({ service }) => service ?? '').map((points) => ({
      resource: resourceOf(points[0].service),
      scopeMetrics: [{ scope: {}, metrics: points.map(metricOf) }],
    })),
  });
}

/** An ExportLogsServiceRequest. */
export function logRecords(list: readonly TestRecord[]): Buffer {
  return encodeProto('ExportLogsServiceRequest', {
    resourceLogs: runs(list, ({ service }) => service ?? '').map((records) => ({
      resource: resourceOf(records[0].service),
      scopeLogs: [{
        scope: {},
        logRecords: records.map(({ body, severity, trace, attributes }) => ({
          timeUnixNano: nanos(DEFAULT_START_MS),
          severityNumber: severity ?? 9,
          body: { stringValue: body },
          traceId: trace === undefined ? undefined : traceIdOf(trace),
          attributes: attributesOf(attributes),
        })),
      }],
    })),
  });
}

interface DecodedAttribute {
  readonly key: string;
  readonly value?: Readonly<Record<string, unknown>>;
}
interface DecodedSpan {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  readonly attributes?: readonly DecodedAttribute[];
}
interface DecodedRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly DecodedAttribute[] };
    readonly scopeSpans?: readonly {
      readonly scope?: { readonly name?: string };
      readonly spans?: readonly DecodedSpan[];
    }[];
  }[];
}

/** An ExportTraceServiceRequest as plain objects, as protobufjs reads it. */
export function decodeTraces(bytes: Uint8Array): DecodedRequest {
  return decodeProto('ExportTraceServiceRequest', bytes) as DecodedRequest;
}

function record(attributes: readonly DecodedAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) =>
    [key, Object.values(value ?? {})[0]]));
}

/** Every span in `bytes`, in order, with its resource and scope: what most tests ask about. */
export function findSpans(bytes: Uint8Array): FoundSpan[] {
  return (decodeTraces(bytes).resourceSpans ?? []).flatMap(({ resource, scopeSpans }) =>
    (scopeSpans ?? []).flatMap(({ scope, spans: list }) => (list ?? []).map((span) => ({
      traceId: span.traceId ?? '',
      spanId: span.spanId ?? '',
      parentSpanId: span.parentSpanId ?? '',
      name: span.name ?? '',
      service: String(record(resource?.attributes)['service.name'] ?? ''),
      scope: scope?.name ?? '',
      resource: record(resource?.attributes),
      attributes: record(span.attributes),
    }))));
}
