/**
 * What walking and splitting OTLP bytes costs: `npx tsx runtime/bench/bytes.ts`.
 *
 * Spans of about 560 bytes with 10 attributes, 4 resources × 2 scopes, 4 spans per trace; the best
 * of several rounds, in nanoseconds per span. Bundle first (esbuild) for the figures that count:
 * through tsx every imported variable is a property access.
 */
import { routingKeyOf, type RoutingKeySettings } from '../exporters/load-balancing/routing-keys';
import { countItems } from '../otlp/count-items';
import { KeySplitter, type KeyRoute } from '../otlp/key-splitter';
import { SpanIndex } from '../otlp/span-index';
import { TraceSplitter } from '../otlp/trace-splitter';
import type { Signal } from '../pipeline/payload';
import { inCollectorOrder } from '../testing/collector-order';
import { encodeProto } from '../testing/otlp-proto';
import { crc32 } from '../wire/crc32';

const TARGETS = 5;
const ROUNDS = 12;
const SPANS_PER_ROUND = 400_000;

function attributes(seed: number): object[] {
  return Array.from({ length: 10 }, (_, i) => ({
    key: `attribute.number.${i}`,
    value: { stringValue: `value ${(seed * 7 + i).toString(36)} of some length` },
  }));
}

function id(seed: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i += 4) bytes.writeUInt32LE(Math.imul(seed + i, 2654435761) >>> 0, i);
  return bytes;
}

function request(spans: number): Buffer {
  const groups = 8;
  const perGroup = Math.ceil(spans / groups);
  const all = Array.from({ length: spans }, (_, i) => ({
    traceId: id(Math.floor(i / 4), 16),
    spanId: id(i, 8),
    parentSpanId: id(i + 1, 8),
    name: `GET /api/things/${i % 50}`,
    kind: 2,
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000000050000000',
    attributes: attributes(i),
    status: {},
  }));
  const scope = (group: number): object => ({
    scope: { name: 'bench', version: '1.0.0' },
    spans: all.slice(group * perGroup, (group + 1) * perGroup),
  });
  return encodeProto('ExportTraceServiceRequest', {
    resourceSpans: [0, 2, 4, 6].map((group) => ({
      resource: { attributes: attributes(group) },
      scopeSpans: [scope(group), scope(group + 1)],
    })),
  });
}

function nanosPerSpan(spans: number, run: () => void): number {
  const repeats = Math.ceil(SPANS_PER_ROUND / spans);
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < repeats; i += 1) run();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / (repeats * spans));
  }
  return best;
}

const index = new SpanIndex();
const splitter = new TraceSplitter();
const byCrc = (bytes: Uint8Array, at: number): number => crc32(bytes, at, at + 16) % TARGETS;
const toOne = (): number => 0;

const rows = [10, 100, 1000, 8192].map((spans) => {
  const bytes = request(spans);
  const row = {
    'spans': spans,
    'bytes/span': Math.round(bytes.length / spans),
    'index': nanosPerSpan(spans, () => index.read(bytes)),
    'count and check': nanosPerSpan(spans, () => { countItems('traces', bytes); }),
    [`split over ${TARGETS}`]: nanosPerSpan(spans, () => { splitter.split(bytes, byCrc); }),
    'split, one target': nanosPerSpan(spans, () => { splitter.split(bytes, toOne); }),
  };
  return Object.fromEntries(Object.entries(row).map(([key, value]) =>
    [key, Math.round(value * 10) / 10]));
});
console.table(rows);

/** The same request as logs, or as points of metrics. */
function others(signal: 'logs' | 'metrics', items: number): Buffer {
  const attributesOf = (group: number): object => ({ attributes: attributes(group) });
  const body = { stringValue: 'a line that says what happened, of some length' };
  const records = Array.from({ length: items }, (_, i) => ({
    timeUnixNano: '1700000000000000000',
    severityText: 'INFO',
    body,
    traceId: id(i >> 2, 16),
    attributes: attributes(i),
  }));
  const points = Array.from({ length: items }, (_, i) => ({
    timeUnixNano: '1700000000000000000', asInt: String(i), attributes: attributes(i),
  }));
  const scope = { name: 'bench', version: '1.0.0' };
  const quarter = (list: object[], group: number): object[] =>
    list.slice(group * list.length / 4, (group + 1) * list.length / 4);
  return signal === 'logs'
    ? encodeProto('ExportLogsServiceRequest', {
      resourceLogs: [0, 1, 2, 3].map((group) => ({
        resource: attributesOf(group), scopeLogs: [{ scope, logRecords: quarter(records, group) }],
      })),
    })
    : encodeProto('ExportMetricsServiceRequest', {
      resourceMetrics: [0, 1, 2, 3].map((group) => ({
        resource: attributesOf(group),
        scopeMetrics: [{
          scope, metrics: [{ name: 'm', gauge: { dataPoints: quarter(points, group) } }],
        }],
      })),
    });
}

const KEYED: readonly (readonly [Signal, string, readonly string[]])[] = [
  ['traces', 'service', []],
  ['traces', 'attributes', ['attribute.number.3']],
  ['traces', 'attributes', ['none', 'span.name']],
  ['logs', 'traceID', []],
  ['logs', 'resource', []],
  ['logs', 'attributes', ['none', 'log.severity']],
  ['metrics', 'resource', []],
  ['metrics', 'streamID', []],
  ['metrics', 'attributes', ['none', 'attribute.number.9']],
];

const ITEMS = 1000;
const byIdentifier: KeyRoute = (identifier, length) => crc32(identifier, 0, length) % TARGETS;
const NAMES = {
  traces: 'ExportTraceServiceRequest',
  logs: 'ExportLogsServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
} as const;

console.table(KEYED.map(([signal, routingKey, routingAttributes]) => {
  const settings = { routingKey, routingAttributes, compatibility: { keys: 3 } };
  const key = routingKeyOf(signal, settings as RoutingKeySettings, { id: 'bench' });
  if (key === undefined) throw new Error(`${signal} by ${routingKey}: must have a key`);
  const keyed = new KeySplitter(signal, key);
  const bytes = signal === 'traces' ? request(ITEMS) : others(signal, ITEMS);
  const collectors = inCollectorOrder(NAMES[signal], bytes);
  const cost = (given: Buffer): number =>
    Math.round(nanosPerSpan(ITEMS, () => { keyed.split(given, byIdentifier); }) * 10) / 10;
  return {
    signal,
    'key': [routingKey, ...routingAttributes].join(' '),
    'lowest field first': cost(bytes),
    'highest field first': cost(collectors),
  };
}));
