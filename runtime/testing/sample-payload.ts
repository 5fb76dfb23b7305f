/** Small payloads of every signal, made by an encoder that is not ours, with unknown fields. */
import { decodeForeign, foreignPayload, ForeignRequest } from './foreign-otlp';
import type { Payload, Signal } from '../pipeline/payload';

/** Where a sample's names come from: two samples with different seeds share nothing. */
export type Seed = string;

/**
 * A payload of `items` items in one resource and one scope, whose every message carries a field
 * that OTLP does not have. Items are named `<seed>-<number>`; spans of a seed share one trace.
 */
export function samplePayload(signal: Signal, items: number, seed: Seed = 'sample'): Payload {
  const all = Array.from({ length: items }, (_, number) => `${seed}-${number}`);
  const resource = { attributes: [text('service.name', seed)], future: 'resource' };
  const scope = { name: 'tests', version: '1', future: 'scope' };
  const url = { schema_url: 'https://opentelemetry.io/schemas/1.37.0' };
  const group = { ...url, future: 'group' };
  const request: Readonly<Record<Signal, () => ForeignRequest>> = {
    traces: () => ({
      resource_spans: [{
        resource, ...group, scope_spans: [{ scope, ...group, spans: all.map(span) }],
      }],
    }),
    metrics: () => ({
      resource_metrics: [{
        resource, ...group, scope_metrics: [{ scope, ...group, metrics: all.map(metric) }],
      }],
    }),
    logs: () => ({
      resource_logs: [{
        resource, ...group, scope_logs: [{ scope, ...group, log_records: all.map(record) }],
      }],
    }),
  };
  return foreignPayload(signal, request[signal](), items);
}

/**
 * The items in `bytes`, each as JSON together with its resource and scope, in the order of their
 * text. Two byte strings hold the same telemetry exactly when they hold the same items, however
 * they are grouped.
 */
export function itemsIn(signal: Signal, bytes: Uint8Array): string[] {
  const [resources, scopes, items] = LEVELS[signal];
  const found: string[] = [];
  for (const resource of listOf(decodeForeign(signal, bytes), resources)) {
    for (const scope of listOf(resource, scopes)) {
      for (const item of listOf(scope, items)) {
        const { [scopes]: _scopes, ...aboutResource } = resource;
        const { [items]: _items, ...aboutScope } = scope;
        found.push(JSON.stringify([aboutResource, aboutScope, item]));
      }
    }
  }
  return found.sort();
}

/** All bytes of `payloads` in a row. */
export function bytesOf(payloads: readonly Payload[]): Buffer {
  return Buffer.concat(payloads.flatMap(({ chunks }) => chunks));
}

const LEVELS = {
  traces: ['resource_spans', 'scope_spans', 'spans'],
  metrics: ['resource_metrics', 'scope_metrics', 'metrics'],
  logs: ['resource_logs', 'scope_logs', 'log_records'],
} as const;

function listOf(message: ForeignRequest, name: string): ForeignRequest[] {
  return (message[name] ?? []) as ForeignRequest[];
}

function text(key: string, value: string): ForeignRequest {
  return { key, value: { string_value: value, future: 'value' }, future: 'attribute' };
}

function idOf(name: string, length: number): Buffer {
  return Buffer.from(name.padEnd(length, '.').slice(0, length));
}

function span(name: string, number: number): ForeignRequest {
  const seed = name.slice(0, name.lastIndexOf('-'));
  return {
    trace_id: idOf(seed, 16),
    span_id: Buffer.from([1, 2, 3, 4, 5, 6, number >> 8, number & 255]),
    parent_span_id: number === 0 ? Buffer.alloc(0) : Buffer.from([1, 2, 3, 4, 5, 6, 0, 0]),
    name,
    kind: 2,
    start_time_unix_nano: '1700000000000000000',
    end_time_unix_nano: '1700000000100000000',
    attributes: [text('http.route', '/cart')],
    events: [{ time_unix_nano: '1700000000050000000', name: 'event', future: 'event' }],
    links: [{ trace_id: idOf('link', 16), span_id: idOf('link', 8), future: 'link' }],
    status: { code: 1, future: 'status' },
    flags: 257,
    future: 'span',
  };
}

function metric(name: string, number: number): ForeignRequest {
  const point = { time_unix_nano: '1700000000000000000', as_int: String(number), future: 'point' };
  return { name, unit: '1', sum: { data_points: [point], future: 'sum' }, future: 'metric' };
}

function record(name: string): ForeignRequest {
  return {
    time_unix_nano: '1700000000000000000',
    severity_number: 9,
    body: { string_value: name, future: 'body' },
    attributes: [text('log.file.name', 'a.log')],
    future: 'record',
  };
}
