/** What upstream's load balancer makes of requests, and what is in the parts that ours makes. */
import { oracleLines } from './oracle-lines';
import { decodeProto, encodeProto } from './otlp-proto';
import type { Signal } from '../pipeline/payload';

/** A part of a request and the identifier that it is routed by. */
export interface OraclePiece {
  /** The identifier in hex digits. */
  readonly hex: string;
  /** The part as OTLP/JSON; the whole request when absent. */
  readonly piece?: object;
}

/** One request under one routing key. */
export interface RoutingCase {
  /** What kind of telemetry it is. */
  readonly signal: Signal;
  /** What is special about it. */
  readonly case: string;
  /** Upstream's word for what it is routed by. */
  readonly routing_key: string;
  /** The attributes, where those decide. */
  readonly routing_attributes?: readonly string[] | null;
  /** Generation of keys. */
  readonly keys: number;
  /** The request as OTLP/JSON. */
  readonly input: object;
  /** The parts, one for each identifier or, for traces, for each resource, scope and trace. */
  readonly pieces: readonly OraclePiece[];
  /** What upstream says about what it leaves out. */
  readonly errors?: readonly string[];
}

/** Cases made from upstream's functions; an input that is not there is that of the line before. */
export function routingCases(): RoutingCase[] {
  let { input } = { input: {} };
  return oracleLines<RoutingCase>('lb_routing_keys').map((line) => {
    input = line.input ?? input;
    return { ...line, input };
  });
}

const REQUESTS: Readonly<Record<Signal, string>> = {
  traces: 'ExportTraceServiceRequest',
  logs: 'ExportLogsServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
};

/** The name of the message that a request of `signal` is. */
export function requestName(signal: Signal): string {
  return REQUESTS[signal];
}

/** OTLP/JSON as bytes. */
export function requestBytes(signal: Signal, request: object): Buffer {
  return encodeProto(REQUESTS[signal], withIds(request) as object);
}

/** Ids are hex in JSON, and bytes for protobufjs. */
function withIds(value: unknown, name = ''): unknown {
  if (typeof value === 'string') {
    return /^(trace|span|parentSpan)Id$/.test(name) ? Buffer.from(value, 'hex') : value;
  }
  if (Array.isArray(value)) return value.map((item) => withIds(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, withIds(held, key)]));
}

/** A decoded message. */
type Held = Readonly<Record<string, unknown>>;

const RESOURCES = /^resource(Spans|Logs|Metrics)$/;
const CHILDREN = new RegExp(`^(${[
  'scopeSpans', 'scopeLogs', 'scopeMetrics', 'spans', 'logRecords', 'metrics', 'gauge', 'sum',
  'histogram', 'exponentialHistogram', 'summary', 'dataPoints',
].join('|')})$`);

/**
 * Everything in a request: each innermost thing with what is around it, as text, in order. It does
 * not show whether things share what is around them.
 */
export function contents(signal: Signal, bytes: Uint8Array): string[] {
  const request = decodeProto(REQUESTS[signal], bytes) as Held;
  return leaves(request, RESOURCES, []).sort();
}

function leaves(message: Held, children: RegExp, around: readonly unknown[]): string[] {
  const isChild = ([key, value]: [string, unknown]) =>
    children.test(key) && typeof value === 'object' && value !== null;
  const entries = Object.entries(message);
  const inside = entries.filter(isChild)
    .flatMap(([, value]) => Array.isArray(value) ? value as Held[] : [value as Held]);
  const path = [...around, Object.fromEntries(entries.filter((entry) => !isChild(entry)))];
  if (inside.length === 0) return [JSON.stringify(path)];
  return inside.flatMap((child) => leaves(child, CHILDREN, path));
}
