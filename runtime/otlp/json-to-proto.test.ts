import { readFileSync } from 'fs';
import { join } from 'path';
import { countItems } from './count-items';
import { jsonToProto } from './json-to-proto';
import { protoToJson } from './proto-to-json';
import { MalformedError } from '../errors';
import type { Signal } from '../pipeline/payload';
import { decodeProto, encodeProto, protoType } from '../testing/otlp-proto';

interface Case {
  readonly signal: Signal;
  readonly case: string;
  readonly input: string;
  readonly error?: string;
  readonly reencoded_json: string;
  readonly protobuf_hex: string;
}

const REQUEST_NAMES: Readonly<Record<Signal, string>> = {
  traces: 'ExportTraceServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
};

const CASES = readFileSync(join(__dirname, '../testing/oracle/otlp_json.jsonl'), 'utf8')
  .split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Case);

/** As protobufjs reads it; an empty id and a missing one are the same. */
function decoded(signal: Signal, bytes: Uint8Array): object {
  const type = protoType(REQUEST_NAMES[signal]);
  return type.toObject(type.decode(bytes), {
    longs: String, bytes: String, defaults: true, arrays: true,
  });
}

describe('OTLP/JSON is read as the Go collector reads it', () => {
  test.each(CASES.filter(({ error }) => error === undefined))('$signal: $case', (row) => {
    const proto = jsonToProto(row.signal, Buffer.from(row.input));
    const upstream = Buffer.from(row.protobuf_hex, 'hex');
    expect(decoded(row.signal, proto)).toEqual(decoded(row.signal, upstream));
    const expected: unknown = JSON.parse(row.reencoded_json);
    expect(JSON.parse(protoToJson(row.signal, [proto]).toString())).toEqual(expected);
    expect(JSON.parse(protoToJson(row.signal, [upstream]).toString())).toEqual(expected);
    expect(countItems(row.signal, proto)).toBe(countItems(row.signal, upstream));
  });

  test.each(CASES.filter(({ error }) => error !== undefined))('refused: $signal: $case', (row) => {
    expect(() => jsonToProto(row.signal, Buffer.from(row.input))).toThrow(MalformedError);
  });
});

function attribute(value: string): string {
  return `{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":${value}}]}}]}`;
}

function spanJson(span: string): string {
  return `{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`;
}

/** What protobufjs finds in the protobuf made of `json`. */
function read(json: string | Buffer): string {
  const proto = jsonToProto('traces', Buffer.from(json));
  return JSON.stringify(decodeProto('ExportTraceServiceRequest', proto));
}

const VALUE = 'traces.resourceSpans[0].resource.attributes[0].value';
const SPAN = 'traces.resourceSpans[0].scopeSpans[0].spans[0]';

describe('a value that is read', () => {
  test.each([
    ['int above 2^53', attribute('{"intValue":9223372036854775807}'), '9223372036854775807'],
    ['int below -2^53', attribute('{"intValue":"-9223372036854775808"}'), '-9223372036854775808'],
    ['time above 2^53', spanJson('{"endTimeUnixNano":1700000000000000001}'), '1700000000000000001'],
    ['int with a plus', attribute('{"intValue":"+7"}'), '"intValue":"7"'],
    ['double as exponent', attribute('{"doubleValue":-1.5E-3}'), '-0.0015'],
    ['kind of the future', spanJson('{"kind":77}'), '"kind":77'],
    ['snake case name', '{"resource_spans":[{"schema_url":"u"}]}', '"schemaUrl":"u"'],
    ['last member of a oneof', attribute('{"intValue":1,"stringValue":"s"}'),
      '"value":{"stringValue":"s"}'],
    ['last of two scalars', spanJson('{"name":"a","name":"b"}'), '"name":"b"'],
    ['list in two pieces',
      '{"resourceSpans":[{"schemaUrl":"a"}],"resource_spans":[{"schemaUrl":"b"}]}',
      '[{"resource":{},"schemaUrl":"a"},{"resource":{},"schemaUrl":"b"}]'],
    ['null text', spanJson('{"name":null,"traceState":"s"}'), '"traceState":"s"'],
    ['null value', attribute('null'), '"value":{}'],
    ['escapes', spanJson('{"name":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC"}'),
      JSON.stringify('"\\/\b\f\n\r\té€')],
    ['half of a character', spanJson('{"name":"\\ud83d!"}'), '\ufffd!'],
    ['upper-case id', spanJson('{"spanId":"EEE19B7EC3C1B174"}'), 'eee19b7ec3c1b174'],
    ['white space', ' {\t"resourceSpans"\r\n: [ { "schemaUrl" : "u" } ] } ', '"schemaUrl":"u"'],
    ['skipped value',
      '{"x":[{"a":[[],{},"]}",null,true,-1e5]},[]],"resourceSpans":[{"schemaUrl":"u"}]}',
      '"schemaUrl":"u"'],
  ])('%s', (_, json, expected) => {
    expect(read(json)).toContain(expected);
  });

  test('bytes that are not UTF-8 pass through both ways', () => {
    const json = Buffer.from(spanJson('{"name":"\xe9"}'), 'latin1');
    const proto = jsonToProto('traces', json);
    expect(proto.includes(Buffer.from([0x2a, 1, 0xe9]))).toBe(true);
    expect(protoToJson('traces', [proto]).includes(Buffer.from([0xe9]))).toBe(true);
  });

  test('an id of zeros is none', () => {
    expect(read(spanJson(`{"traceId":"${'0'.repeat(32)}"}`))).not.toContain('traceId');
  });

  test('a span begins with its trace id, whatever the order in JSON', () => {
    const traceId = '5b8efff798038103d269b633813fc60c';
    const proto = jsonToProto('traces', Buffer.from(
      spanJson(`{"name":"n","traceId":"${traceId}"}`)));
    expect(proto.toString('hex')).toContain(`0a10${traceId}2a016e`);
  });

  test('lists and texts of any size', () => {
    const attributes = Array.from({ length: 3000 }, (_, i) =>
      ({ key: `key ${i}`, value: { stringValue: 'v'.repeat(i % 200) } }));
    const body = { resourceSpans: [{ resource: { attributes } }] };
    const expected = encodeProto('ExportTraceServiceRequest', body);
    expect(jsonToProto('traces', Buffer.from(JSON.stringify(body)))).toEqual(expected);
  });
});

describe('a value that is refused is named', () => {
  test.each([
    [spanJson('{"traceId":"5b8e"}'),
      `${SPAN}.traceId: must be 32 hexadecimal digits, got "5b8e"`],
    [spanJson('{"spanId":null}'), `${SPAN}.spanId: must be 16 hexadecimal digits, got null`],
    [spanJson('{"kind":"NOPE"}'), `${SPAN}.kind: must be a number or one of SPAN_KIND_UNSPEC`],
    [spanJson('{"start_time_unix_nano":-1}'),
      `${SPAN}.start_time_unix_nano: must be a whole number from 0 to 18446744073709551615, got`],
    [spanJson('{"flags":4294967296}'), `${SPAN}.flags: must be a whole number from 0 to 42949672`],
    [spanJson('{"droppedEventsCount":1.0}'), `${SPAN}.droppedEventsCount: must be a whole number`],
    [spanJson('{"name":7}'), `${SPAN}.name: must be a string, got 7`],
    [spanJson('{"name":"\\x"}'), `${SPAN}.name: must be a well-formed JSON string, got \\x`],
    [spanJson('{"attributes":{}}'), `${SPAN}.attributes: must be a JSON list, got {}`],
    [attribute('{"intValue":9223372036854775808}'), `${VALUE}.intValue: must be a whole number`],
    [attribute('{"intValue":null}'), `${VALUE}.intValue: must be a whole number`],
    [attribute('{"boolValue":"true"}'), `${VALUE}.boolValue: must be true or false, got "true"`],
    [attribute('{"doubleValue":"abc"}'), `${VALUE}.doubleValue: must be a number, "NaN"`],
    [attribute('{"doubleValue":1e999}'), `${VALUE}.doubleValue: must be a number`],
    [attribute('{"bytesValue":"A==="}'), `${VALUE}.bytesValue: must be padded base64, got "A==="`],
    ['{"resourceSpans":[}', 'traces.resourceSpans[0]: must be a JSON object, got }'],
    ['{"resourceSpans":[', 'traces.resourceSpans[0]: must be a JSON object, got the end of'],
    ['[]', 'traces: must be a JSON object, got []'],
    ['{"x":tru}', 'traces: must be well-formed JSON, got tru}'],
    ['{"x":1,}', 'traces: must be a string, got }'],
    ['{"x":01}', 'traces: must be a number of at most 400 characters, got 01}'],
    [`{"x":${'['.repeat(20_000)}`, 'traces: must nest at most 10000 deep, got deeper'],
  ])('%s', (json, message) => {
    expect(() => jsonToProto('traces', Buffer.from(json))).toThrow(MalformedError);
    expect(() => jsonToProto('traces', Buffer.from(json))).toThrow(message);
  });

  test('values that nest without end', () => {
    const json = attribute('{"arrayValue":{"values":['.repeat(100_000));
    expect(() => jsonToProto('traces', Buffer.from(json)))
      .toThrow(/: must nest at most 100 deep, got deeper$/);
  });

  test('numbers that would take minutes', () => {
    for (const value of ['1'.repeat(1_000_000), `"${'1'.repeat(1_000_000)}"`]) {
      expect(() => jsonToProto('traces', Buffer.from(attribute(`{"intValue":${value}}`))))
        .toThrow(MalformedError);
    }
  });
});

describe('JSON that is written', () => {
  test('says numbers that JSON does not have', () => {
    const proto = encodeProto('ExportMetricsServiceRequest', {
      resourceMetrics: [{
        scopeMetrics: [{
          metrics: [{
            gauge: { dataPoints: [NaN, Infinity, -Infinity, -0].map((asDouble) => ({ asDouble })) },
          }],
        }],
      }],
    });
    expect(protoToJson('metrics', [proto]).toString()).toContain(
      '[{"asDouble":"NaN"},{"asDouble":"Infinity"},{"asDouble":"-Infinity"},{"asDouble":-0}]');
  });

  test('is one request, however many chunks there are', () => {
    const chunk = encodeProto('ExportTraceServiceRequest', { resourceSpans: [{ schemaUrl: 'u' }] });
    expect(JSON.parse(protoToJson('traces', [chunk, chunk]).toString())).toEqual({
      resourceSpans: [{ resource: {}, schemaUrl: 'u' }, { resource: {}, schemaUrl: 'u' }],
    });
  });
});
