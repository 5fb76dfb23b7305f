/**
 * Bytes that were changed at random, thousands of them: every reader ends in a value or a
 * MalformedError, and all readers agree which of the two it is.
 */
import { Writer } from 'protobufjs';
import { countItems } from './count-items';
import { describe as describeText, describeCounts } from './describe';
import { jsonToProto } from './json-to-proto';
import { protoToJson } from './proto-to-json';
import { decodeStatus, encodeStatus, readPartialSuccess } from './responses';
import { SpanIndex } from './span-index';
import { TraceSplitter } from './trace-splitter';
import { MalformedError } from '../errors';
import { createPayload, SIGNALS, type Signal } from '../pipeline/payload';
import { mutant, randomFrom } from '../testing/mutant';
import { encodeProto } from '../testing/otlp-proto';
import { itemsIn, samplePayload } from '../testing/sample-payload';
import { logRecords, metricPoints, spans } from '../testing/span-builder';
import { crc32 } from '../wire/crc32';

const MUTANTS = 1500;

/** What `read` gives, or undefined when it refuses; anything but a MalformedError is a failure. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError);
    return undefined;
  }
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

const ORIGINALS: Readonly<Record<Signal, readonly Uint8Array[]>> = {
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
  logs: [logRecords([{ body: 'b', trace: 't', attributes: { n: 1 } }])],
};

describe('a changed protobuf', () => {
  test.each(SIGNALS)('of %s is read by all readers or by none', (signal) => {
    const random = randomFrom(20_240_607);
    let accepted = 0;
    for (let i = 0; i < MUTANTS; i += 1) {
      const originals = ORIGINALS[signal];
      const bytes = mutant(originals[i % originals.length], random);
      const items = attempt(() => countItems(signal, bytes));
      const json = attempt(() => protoToJson(signal, [bytes]));
      expect(json === undefined).toBe(items === undefined);
      const payload = createPayload(signal, [bytes], items ?? 0);
      attempt(() => describeText(payload, 'normal'));
      attempt(() => describeText(payload, 'detailed'));
      attempt(() => describeCounts(payload));
      if (json === undefined) continue;
      accepted += 1;
      expect(countItems(signal, jsonToProto(signal, json))).toBe(items);
    }
    expect(accepted).toBeGreaterThan(MUTANTS / 20);
    expect(accepted).toBeLessThan(MUTANTS);
  });

  test('is split without a loss, or refused', () => {
    const random = randomFrom(7);
    const index = new SpanIndex();
    const splitter = new TraceSplitter();
    for (let i = 0; i < MUTANTS; i += 1) {
      const bytes = mutant(ORIGINALS.traces[i % ORIGINALS.traces.length], random);
      const items = attempt(() => countItems('traces', bytes));
      attempt(() => { index.read(bytes); });
      const parts = attempt(() => splitter.split(bytes, (all, at) =>
        at < 0 ? 3 : crc32(all, at, at + 16) % 3));
      if (items === undefined || parts === undefined) continue;
      expect(index.spanCount).toBe(items);
      const together = Buffer.concat(parts.map((part) => part.bytes));
      expect(itemsIn('traces', together)).toEqual(itemsIn('traces', bytes));
    }
  });
});

describe('changed JSON', () => {
  test.each(SIGNALS)('of %s becomes protobuf that all readers take, or is refused', (signal) => {
    const random = randomFrom(11);
    for (let i = 0; i < MUTANTS; i += 1) {
      const originals = ORIGINALS[signal];
      const json = mutant(protoToJson(signal, [originals[i % originals.length]]), random);
      const proto = attempt(() => jsonToProto(signal, json));
      if (proto === undefined) continue;
      countItems(signal, proto);
      expect(protoToJson(signal, [proto]).length).toBeGreaterThan(0);
    }
  });
});

test.each(['proto', 'json'] as const)('a changed answer in %s is read or refused', (encoding) => {
  const random = randomFrom(13);
  const status = encodeStatus({ code: 8, message: 'später', retryDelayMs: 1500 }, encoding);
  for (let i = 0; i < MUTANTS; i += 1) {
    const bytes = mutant(status, random);
    attempt(() => decodeStatus(bytes, encoding));
    attempt(() => readPartialSuccess('traces', bytes, encoding));
  }
  expect(decodeStatus(status, encoding).retryDelayMs).toBe(1500);
});
