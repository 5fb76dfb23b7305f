/** Export requests as protobuf and JSON: all readers take an input or all refuse it. */
import { Writer } from 'protobufjs';
import { MalformedError } from '../../errors';
import {
  routingKeyOf, type RoutingKeySettings,
} from '../../exporters/load-balancing/routing-keys';
import { InflateError } from '../../net/inflate-error';
import { countItems } from '../../otlp/count-items';
import { describe, describeCounts } from '../../otlp/describe';
import { splitItems } from '../../otlp/item-splitter';
import { jsonToProto } from '../../otlp/json-to-proto';
import { KeySplitter } from '../../otlp/key-splitter';
import { protoToJson } from '../../otlp/proto-to-json';
import { SpanIndex } from '../../otlp/span-index';
import { TraceSplitter } from '../../otlp/trace-splitter';
import { createPayload, SIGNALS, type Signal } from '../../pipeline/payload';
import { encodeProto } from '../../testing/otlp-proto';
import { samplePayload } from '../../testing/sample-payload';
import { logRecords, metricPoints, spans } from '../../testing/span-builder';
import { crc32 } from '../../wire/crc32';
import type { FuzzTarget } from '../campaign';

/** What `read` gives; undefined when the input is refused with a typed error. */
export function valueOf<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedError || error instanceof InflateError) return undefined;
    throw error;
  }
}

/** Ends the decoding when `holds` is false. */
export function mustHold(holds: boolean, what: string, got: unknown): void {
  if (!holds) throw new Error(`decoder: ${what}, got ${String(got)}`);
}

const VALUES = [
  { stringValue: 'x' }, { stringValue: 'x'.repeat(150) }, { intValue: -5 }, { intValue: 300 },
  { doubleValue: 2.5 }, { boolValue: true },
  { arrayValue: { values: [{ stringValue: 'y' }] } },
  { kvlistValue: { values: [{ key: 'k', value: { bytesValue: Buffer.from([1]) } }] } },
];

/** Fields as the Go collector writes them: those with higher numbers first, at every level. */
function collectorsSpan(): Uint8Array {
  const writer = Writer.create();
  const tags = [0x0a, 0x12, 0x12];
  for (const tag of tags) writer.uint32(tag).fork();
  for (const value of VALUES) {
    const any = encodeProto('AnyValue', value);
    writer.uint32(0x4a).fork().uint32(0x12).bytes(any).uint32(0x0a).string('key').ldelim();
  }
  writer.uint32(0x0a).bytes(Buffer.alloc(16, 7));
  tags.forEach(() => writer.ldelim());
  return writer.finish();
}

/** Requests of every signal, none of them from our encoder. */
export const REQUESTS: Readonly<Record<Signal, readonly Uint8Array[]>> = {
  traces: [
    spans([{ trace: 'a', service: 's', attributes: { n: 1, t: 'x' } }, { trace: 'b', scope: 'c' }]),
    samplePayload('traces', 3).chunks[0],
    collectorsSpan(),
    encodeProto('ExportTraceServiceRequest', {
      resourceSpans: [{
        scopeSpans: [{
          spans: [{
            traceId: Buffer.alloc(16, 7),
            attributes: VALUES.map((value) => ({ key: 'k', value })),
            events: [{ name: 'e' }],
            links: [{ spanId: Buffer.alloc(8, 1) }],
          }],
        }],
      }],
    }),
  ],
  metrics: [
    metricPoints([{ metric: 'a' }, { metric: 'b', type: 'sum', value: 0.5 }]),
    samplePayload('metrics', 2).chunks[0],
    encodeProto('ExportMetricsServiceRequest', {
      resourceMetrics: [{
        scopeMetrics: [{
          metrics: [
            { histogram: { dataPoints: [{ bucketCounts: [1, 2], explicitBounds: [1] }] } },
            { exponentialHistogram: { dataPoints: [{ positive: { bucketCounts: [1, 300] } }] } },
            { summary: { dataPoints: [{ quantileValues: [{ quantile: 1 }] }] } },
          ],
        }],
      }],
    }),
  ],
  logs: [
    logRecords([{ body: 'b', trace: 't', attributes: { n: 1 } }]),
    samplePayload('logs', 2).chunks[0],
  ],
};

/** A reader that refuses what the intake took would lose it. */
function readersAgree(signal: Signal, input: Uint8Array): boolean {
  const items = valueOf(() => countItems(signal, input));
  const json = valueOf(() => protoToJson(signal, [input]));
  mustHold((json === undefined) === (items === undefined),
    'must refuse what the counter refuses and nothing else', items ?? 'a refusal');
  if (items === undefined) return false;
  const payload = createPayload(signal, [input], items);
  describe(payload, 'normal');
  describe(payload, 'detailed');
  describeCounts(payload);
  const back = countItems(signal, jsonToProto(signal, json as Buffer));
  mustHold(back === items, `must read ${items} items back from JSON`, back);
  return true;
}

function splitsAgree(signal: Signal, input: Uint8Array): boolean {
  const items = valueOf(() => countItems(signal, input));
  if (items === undefined) return false;
  if (items === 0) return true;
  const pieces = splitItems(createPayload(signal, [input], items), 1, 2);
  let sum = 0;
  for (const piece of pieces) for (const bytes of piece.chunks) sum += countItems(signal, bytes);
  mustHold(sum === items, `must hold ${items} items in all pieces`, sum);
  return true;
}

const index = new SpanIndex();
const splitter = new TraceSplitter();

function routes(input: Uint8Array): boolean {
  const items = valueOf(() => countItems('traces', input));
  const read = valueOf(() => { index.read(input); return index.spanCount; });
  const parts = valueOf(() => splitter.split(input, (all, at) =>
    at < 0 ? 3 : crc32(all, at, at + 16) % 3));
  if (items === undefined) return false;
  mustHold(read === items, `must find ${items} spans`, read);
  let sum = 0;
  for (const { bytes } of parts ?? []) sum += countItems('traces', bytes);
  mustHold(sum === items, `must hold ${items} spans in all parts`, sum);
  return true;
}

/** Splitters of each signal by all of its routing keys but the trace ids of spans. */
const KEYED: Readonly<Record<Signal, readonly KeySplitter[]>> = {
  traces: keyed('traces', ['service', 'attributes']),
  metrics: keyed('metrics', ['service', 'resource', 'metric', 'streamID', 'attributes']),
  logs: keyed('logs', ['service', 'traceID', 'resource', 'attributes']),
};

function keyed(signal: Signal, routingKeys: readonly string[]): KeySplitter[] {
  return routingKeys.flatMap((routingKey) => {
    const settings = { routingKey, routingAttributes: ['k', 'n'], compatibility: { keys: 3 } };
    const key = routingKeyOf(
      signal, settings as RoutingKeySettings, { id: 'fuzzed', random: () => 0.5 });
    return key === undefined ? [] : [new KeySplitter(signal, key)];
  });
}

function routesByKey(signal: Signal, input: Uint8Array): boolean {
  const items = valueOf(() => countItems(signal, input));
  for (const by of KEYED[signal]) {
    const parts = valueOf(() => by.splitPayload(createPayload(signal, [input], 0),
      (identifier, length) => crc32(identifier, 0, length) % 3));
    if (items === undefined) continue;
    let sum = by.leftOutItems;
    for (const { payload: { chunks } } of parts ?? []) sum += countItems(signal, chunks[0]);
    mustHold(sum === items, `must hold ${items} items in all parts and what is left out`, sum);
  }
  return items !== undefined;
}

function readsJson(signal: Signal, input: Uint8Array): boolean {
  const proto = valueOf(() => jsonToProto(signal, input));
  if (proto === undefined) return false;
  countItems(signal, proto);
  return protoToJson(signal, [proto]).length > 0;
}

const UPPER_LEVELS = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a\\u00e4\\ud83d\\ude00",'
  + '"traceId":"0AF7651916cd43dd8448eb211c80319c","kind":"SPAN_KIND_SERVER",'
  + '"startTimeUnixNano":"1700000000000000000","attributes":[{"key":"k","value":'
  + '{"doubleValue":"-Infinity"}},{"key":"b","value":{"bytesValue":"AAE="}}],"flags":257}]}]}]}';

/** Targets over export requests. */
export const requestTargets: readonly FuzzTarget[] = [
  ...SIGNALS.map((signal): FuzzTarget => ({
    name: `${signal} as protobuf`,
    seeds: REQUESTS[signal],
    weight: 16,
    decode: (input) => readersAgree(signal, input),
  })),
  ...SIGNALS.map((signal): FuzzTarget => ({
    name: `${signal} cut into pieces`,
    seeds: REQUESTS[signal],
    weight: 8,
    decode: (input) => splitsAgree(signal, input),
  })),
  { name: 'traces routed', seeds: REQUESTS.traces, weight: 16, decode: routes },
  ...SIGNALS.map((signal): FuzzTarget => ({
    name: `${signal} routed by key`,
    seeds: REQUESTS[signal],
    weight: 8,
    decode: (input) => routesByKey(signal, input),
  })),
  ...SIGNALS.map((signal): FuzzTarget => ({
    name: `${signal} as JSON`,
    seeds: [
      ...REQUESTS[signal].map((bytes) => protoToJson(signal, [bytes])),
      ...signal === 'traces' ? [Buffer.from(UPPER_LEVELS)] : [],
    ],
    weight: 8,
    decode: (input) => readsJson(signal, input),
  })),
];
