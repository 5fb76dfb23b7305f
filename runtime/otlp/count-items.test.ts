import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import {
  BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { Writer } from 'protobufjs';
import { countItems } from './count-items';
import { jsonToProto } from './json-to-proto';
import { MalformedError } from '../errors';
import type { Signal } from '../pipeline/payload';
import { HOSTILE_BYTES } from '../testing/hostile-bytes';
import { decodeProto, encodeProto } from '../testing/otlp-proto';
import { logRecords, metricPoints, spans } from '../testing/span-builder';

const VALUES = {
  text: { stringValue: 'x' },
  long: { stringValue: 'x'.repeat(200) },
  yes: { boolValue: true },
  int: { intValue: -1 },
  small: { intValue: 5 },
  middling: { intValue: 300 },
  double: { doubleValue: 1.5 },
  list: { arrayValue: { values: [{ stringValue: 'y' }, {}] } },
  map: { kvlistValue: { values: [{ key: 'k', value: { intValue: 1 } }] } },
  bytes: { bytesValue: Buffer.from([1]) },
  none: {},
};

function spanWith(fields: object): Buffer {
  return encodeProto('ExportTraceServiceRequest', {
    resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'n', ...fields }] }] }],
  });
}

function metricsWith(...metrics: object[]): Buffer {
  return encodeProto('ExportMetricsServiceRequest', {
    resourceMetrics: [{ scopeMetrics: [{ metrics }] }],
  });
}

/** A span with a list in a list in a list; protobufjs itself refuses to write such objects. */
function nested(depth: number): Buffer {
  const writer = Writer.create();
  const tags = [0x0a, 0x12, 0x12, 0x4a, 0x12];
  for (let i = 0; i < depth; i += 1) tags.push(0x2a, 0x0a);
  for (const tag of tags) writer.uint32(tag).fork();
  tags.forEach(() => writer.ldelim());
  return Buffer.from(writer.finish());
}

/** A span whose attributes are written value first, as the Go collector writes them. */
function valueFirst(key: string, value: object): Buffer {
  const any = encodeProto('AnyValue', value);
  const writer = Writer.create();
  const tags = [0x0a, 0x12, 0x12, 0x4a];
  for (const tag of tags) writer.uint32(tag).fork();
  writer.uint32(0x12).bytes(any).uint32(0x0a).string(key);
  tags.forEach(() => writer.ldelim());
  return Buffer.from(writer.finish());
}

describe('items are counted', () => {
  const two = { dataPoints: [{}, {}] };
  test.each<[Signal, string, Uint8Array, number]>([
    ['traces', 'no bytes', Buffer.alloc(0), 0],
    ['traces', 'three spans', spans([{ trace: 'a' }, { trace: 'b', scope: 's' },
      { trace: 'c', service: 's' }]), 3],
    ['metrics', 'a gauge and a sum',
      metricPoints([{ metric: 'a' }, { metric: 'b', type: 'sum' }]), 2],
    ['metrics', 'points of every kind', metricsWith({ gauge: two }, { sum: two },
      { histogram: two }, { exponentialHistogram: two }, { summary: two }, { name: 'empty' }), 10],
    ['metrics', 'points with exemplars and buckets', metricsWith({
      histogram: {
        dataPoints: [{
          bucketCounts: [1, 2], explicitBounds: [0.5], exemplars: [{ asInt: 1 }],
        }],
      },
    }, {
      exponentialHistogram: { dataPoints: [{ positive: { bucketCounts: [1, 300] } }] },
    }), 2],
    ['logs', 'two records', logRecords([{ body: 'a' }, { body: 'b', trace: 't' }]), 2],
    ['traces', 'events and links are no items', spanWith({ events: [{}], links: [{}] }), 1],
  ])('%s: %s', (signal, _, bytes, count) => {
    expect(countItems(signal, bytes)).toBe(count);
  });

  const huge = { stringValue: 'x'.repeat(20_000) };
  test.each(Object.entries({ ...VALUES, huge }))('with an attribute that is %s', (key, value) => {
    expect(countItems('traces', spanWith({ attributes: [{ key, value }] }))).toBe(1);
    expect(countItems('traces', spanWith({ attributes: [{ key: 'k'.repeat(200), value }] })))
      .toBe(1);
    expect(countItems('traces', valueFirst(key, value))).toBe(1);
    expect(countItems('traces', valueFirst('k'.repeat(200), value))).toBe(1);
  });

  test('in what the OpenTelemetry SDK writes, as protobuf and as JSON', () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    const tracer = provider.getTracer('test', '1');
    for (const name of ['a', 'b', 'c']) {
      tracer.startSpan(name, { attributes: { n: 1, s: 'x', l: ['a', 'b'] } }).addEvent('e').end();
    }
    const finished = exporter.getFinishedSpans();
    const proto = ProtobufTraceSerializer.serializeRequest(finished) as Uint8Array;
    const json = JsonTraceSerializer.serializeRequest(finished) as Uint8Array;
    expect(countItems('traces', proto)).toBe(3);
    const converted = jsonToProto('traces', json);
    expect(countItems('traces', converted)).toBe(3);
    const names = JSON.stringify(decodeProto('ExportTraceServiceRequest', converted));
    expect(names).toContain('"name":"c"');
  });
});

describe('broken bytes are refused', () => {
  // A thousand levels of what looks like messages are a text at the third of them.
  test.each(HOSTILE_BYTES.filter(([name]) => !name.includes('thousand')))('%s', (_, bytes) => {
    for (const signal of ['traces', 'metrics', 'logs'] as const) {
      expect(() => countItems(signal, bytes)).toThrow(MalformedError);
    }
  });

  const whole = spanWith({
    traceId: Buffer.alloc(16, 1),
    attributes: Object.entries(VALUES).map(([key, value]) => ({ key, value })),
    events: [{ name: 'e', attributes: [{ key: 'k', value: { stringValue: 'v' } }] }],
    status: { code: 2 },
  });

  test('a request that is cut off anywhere', () => {
    for (let length = 1; length < whole.length; length += 1) {
      expect(() => countItems('traces', whole.subarray(0, length))).toThrow(MalformedError);
    }
  });

  test.each(Object.entries(VALUES))('a value that is cut off, before its key: %s', (key, value) => {
    const request = valueFirst(key, value);
    for (let length = 1; length < request.length; length += 1) {
      expect(() => countItems('traces', request.subarray(0, length))).toThrow(MalformedError);
    }
  });

  test('an attribute that is longer than its span', () => {
    const key = whole.indexOf('text');
    const broken = Buffer.from(whole);
    broken[key - 1] = 100;
    expect(() => countItems('traces', broken)).toThrow(MalformedError);
  });

  test.each([
    ['a trace id of 15 bytes', spanWith({ traceId: Buffer.alloc(15) })],
    ['a span id of 16 bytes', spanWith({ spanId: Buffer.alloc(16) })],
    ['an id in a link', spanWith({ links: [{ spanId: Buffer.alloc(3) }] })],
    ['a name that is a number', Buffer.from('0a06120412022801', 'hex')],
    ['a scope that is a number', Buffer.from('0a0412020801', 'hex')],
    ['a value nested fifty levels deep', nested(50)],
    ['a value nested a hundred thousand levels deep', nested(100_000)],
  ])('%s', (_, bytes) => {
    expect(() => countItems('traces', bytes)).toThrow(MalformedError);
  });

  test('values may nest forty levels deep', () => {
    expect(countItems('traces', nested(40))).toBe(1);
  });
});
