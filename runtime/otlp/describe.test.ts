import { describe as describeText, describeCounts } from './describe';
import { createPayload, type Payload, type Signal } from '../pipeline/payload';
import { encodeProto } from '../testing/otlp-proto';
import { logRecords, metricPoints, spans } from '../testing/span-builder';

const REQUESTS: Readonly<Record<Signal, string>> = {
  traces: 'ExportTraceServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
};
const SECOND = '1581452772000000321';
const ID = '0102030405060708';

function payload(signal: Signal, bytes: Uint8Array, items = 1): Payload {
  return createPayload(signal, [bytes], items);
}

function request(signal: Signal, message: object): Payload {
  return payload(signal, encodeProto(REQUESTS[signal], message));
}

function text(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

const SPAN_OF_ALL_FIELDS = {
  resourceSpans: [{
    resource: {
      attributes: [text('service.name', 'shop')],
      entityRefs: [{ type: 'service', idKeys: ['service.name'] }],
    },
    scopeSpans: [{
      scope: { name: 'http', version: '1.0' },
      spans: [{
        traceId: Buffer.from(ID + ID, 'hex'),
        spanId: Buffer.from(ID, 'hex'),
        name: 'GET',
        kind: 2,
        traceState: 'ot=th:0',
        startTimeUnixNano: SECOND,
        endTimeUnixNano: '1581452773000000000',
        status: { code: 2, message: 'gone' },
        droppedEventsCount: 1,
        attributes: [
          { key: 'list', value: { arrayValue: { values: [{ intValue: 1 }, {}] } } },
          {
            key: 'map',
            value: {
              kvlistValue: {
                values: [text('z', '<&>'), { key: 'a', value: { boolValue: true } }],
              },
            },
          },
          { key: 'bytes', value: { bytesValue: Buffer.from([1, 2, 255]) } },
          { key: 'none' },
        ],
        events: [{ name: 'e', timeUnixNano: 1000, attributes: [text('k', 'v')] }],
        links: [{ droppedAttributesCount: 4 }],
      }],
    }],
  }],
};

describe('verbosity normal', () => {
  test('prints one line per span under its resource and scope', () => {
    const bytes = spans([
      { trace: 'a', span: ID, name: 'GET /', service: 'shop', scope: 'http', attributes: { n: 1 } },
      { trace: 'b', span: ID, name: 'größer', service: 'shop', scope: 'sql' },
    ]);
    expect(describeText(payload('traces', bytes), 'normal')).toBe([
      'ResourceTraces #0 service.name=shop',
      'ScopeTraces #0 http',
      `GET / 00000000000000000000000000000061 ${ID} n=1`,
      'ScopeTraces #1 sql',
      `größer 00000000000000000000000000000062 ${ID}`,
      '',
    ].join('\n'));
  });

  test('prints body and attributes of a log record', () => {
    const bytes = logRecords([{ body: 'disk full', attributes: { disk: 'sda', used: 0.5 } }]);
    expect(describeText(payload('logs', bytes), 'normal')).toBe(
      'ResourceLog #0\nScopeLog #0\ndisk full disk=sda used=0.5\n');
  });

  test.each<[string, object, string]>([
    ['gauge', { gauge: { dataPoints: [{ asInt: 5 }] } }, 'm{} 5'],
    ['large number', { gauge: { dataPoints: [{ asDouble: 1e21 }] } }, 'm{} 1e+21'],
    ['small number', { gauge: { dataPoints: [{ asDouble: 0.00001 }] } }, 'm{} 1e-05'],
    [
      'histogram',
      {
        histogram: {
          dataPoints: [{
            count: 3,
            sum: 2.5,
            bucketCounts: [1, 2],
            explicitBounds: [10],
            attributes: [text('a', 'b'), text('c', 'd')],
          }],
        },
      },
      'm{a=b,c=d} count=3 sum=2.5 le10=1 2',
    ],
    [
      'exponential histogram',
      {
        exponentialHistogram: {
          dataPoints: [{
            count: 4,
            min: 0,
            zeroCount: 1,
            zeroThreshold: 0.25,
            negative: { offset: 0, bucketCounts: [1] },
            positive: { offset: 1, bucketCounts: [2] },
          }],
        },
      },
      'm{} count=4 min=0 le1=1 le2=2 zero_count0.25=1',
    ],
    [
      'summary',
      {
        summary: {
          dataPoints: [{ count: 2, sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }] }],
        },
      },
      'm{} count=2 sum=3.000000 q0.5=1',
    ],
  ])('prints a %s', (_, metric, line) => {
    const metrics = request('metrics', {
      resourceMetrics: [{
        schemaUrl: 'http://a',
        scopeMetrics: [{ schemaUrl: 'http://b', metrics: [{ name: 'm', ...metric }] }],
      }],
    });
    expect(describeText(metrics, 'normal')).toBe(
      `ResourceMetrics #0 [http://a]\nScopeMetrics #0 [http://b]\n${line}\n`);
  });
});

describe('verbosity detailed', () => {
  test('prints every field of a span', () => {
    const traces = request('traces', SPAN_OF_ALL_FIELDS);
    expect(describeText(traces, 'detailed')).toBe([
      'ResourceSpans #0',
      'Resource SchemaURL: ',
      'Resource attributes:',
      '     -> service.name: Str(shop)',
      'Resource entity refs:',
      '     -> Entity ref #0:',
      '          -> Type: service',
      '          -> ID keys:',
      '               -> service.name',
      'ScopeSpans #0',
      'ScopeSpans SchemaURL: ',
      'InstrumentationScope http 1.0',
      'Span #0',
      `    Trace ID       : ${ID}${ID}`,
      '    Parent ID      : ',
      `    ID             : ${ID}`,
      '    Name           : GET',
      '    Kind           : Server',
      '    TraceState     : ot=th:0',
      '    Start time     : 2020-02-11 20:26:12.000000321 +0000 UTC',
      '    End time       : 2020-02-11 20:26:13 +0000 UTC',
      '    Status code    : Error',
      '    Status message : gone',
      '    DroppedAttributesCount: 0',
      '    DroppedEventsCount: 1',
      '    DroppedLinksCount: 0',
      'Attributes:',
      '     -> list: Slice([1,null])',
      '     -> map: Map({"a":true,"z":"<&>"})',
      '     -> bytes: Bytes(AQL/)',
      '     -> none: Empty()',
      'Events:',
      'SpanEvent #0',
      '     -> Name: e',
      '     -> Timestamp: 1970-01-01 00:00:00.000001 +0000 UTC',
      '     -> DroppedAttributesCount: 0',
      '     -> Attributes::',
      '          -> k: Str(v)',
      'Links:',
      'SpanLink #0',
      '     -> Trace ID: ',
      '     -> ID: ',
      '     -> TraceState: ',
      '     -> DroppedAttributesCount: 4',
      '',
    ].join('\n'));
  });

  test('prints every field of a log record', () => {
    const bytes = logRecords([{ body: 'b', severity: 17, attributes: { n: 1 } }]);
    expect(describeText(payload('logs', bytes), 'detailed')).toBe([
      'ResourceLog #0',
      'Resource SchemaURL: ',
      'ScopeLogs #0',
      'ScopeLogs SchemaURL: ',
      'InstrumentationScope  ',
      'LogRecord #0',
      'ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC',
      'Timestamp: 2023-11-14 22:13:20 +0000 UTC',
      'SeverityText: ',
      'SeverityNumber: Error(17)',
      'Body: Str(b)',
      'Attributes:',
      '     -> n: Int(1)',
      'Trace ID: ',
      'Span ID: ',
      'Flags: 0',
      '',
    ].join('\n'));
  });

  test.each<[string, object, string[]]>([
    ['nothing', {}, ['Empty']],
    ['a gauge', { gauge: { dataPoints: [{ asDouble: 1.23 }] } }, ['Gauge', 'Value: 1.230000']],
    [
      'a sum',
      { sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ asInt: 123 }] } },
      ['Sum', '     -> IsMonotonic: true', '     -> AggregationTemporality: Cumulative',
        'Value: 123'],
    ],
    [
      'a histogram',
      {
        histogram: {
          aggregationTemporality: 1,
          dataPoints: [{
            count: 1,
            sum: 15,
            explicitBounds: [1],
            bucketCounts: [0, 1],
            exemplars: [{ asInt: 15, filteredAttributes: [text('k', 'v')] }],
          }],
        },
      },
      ['Histogram', '     -> AggregationTemporality: Delta', 'Count: 1', 'Sum: 15.000000',
        'ExplicitBounds #0: 1.000000', 'Buckets #0, Count: 0', 'Buckets #1, Count: 1',
        'Exemplars:', 'Exemplar #0', '     -> Trace ID: ', '     -> Span ID: ',
        '     -> Timestamp: 1970-01-01 00:00:00 +0000 UTC', '     -> Value: 15',
        '     -> FilteredAttributes:', '          -> k: Str(v)'],
    ],
    [
      'an exponential histogram',
      {
        exponentialHistogram: {
          dataPoints: [{
            count: 5,
            scale: 1,
            zeroCount: 1,
            negative: { offset: -1, bucketCounts: [1, 1] },
            positive: { offset: 1, bucketCounts: [1] },
          }],
        },
      },
      ['ExponentialHistogram', '     -> AggregationTemporality: Unspecified', 'Count: 5',
        'Bucket [-1.414214, -1.000000), Count: 1', 'Bucket [-1.000000, -0.707107), Count: 1',
        'Bucket [0, 0], Count: 1', 'Bucket (1.414214, 2.000000], Count: 1'],
    ],
    [
      'a summary',
      { summary: { dataPoints: [{ count: 1, sum: 15, quantileValues: [{ quantile: 0.01 }] }] } },
      ['Summary', 'Count: 1', 'Sum: 15.000000',
        'QuantileValue #0: Quantile 0.010000, Value 0.000000'],
    ],
  ])('prints a metric with %s', (_, data, [type, ...expected]) => {
    const metrics = request('metrics', {
      resourceMetrics: [{
        scopeMetrics: [{ metrics: [{ name: 'm', metadata: [text('k', 'v')], ...data }] }],
      }],
    });
    const lines = describeText(metrics, 'detailed').split('\n');
    expect(lines.slice(5, 12)).toEqual(['Metric #0', 'Descriptor:', '     -> Name: m',
      '     -> Description: ', '     -> Unit: ', `     -> DataType: ${type}`, '     -> Metadata:']);
    expect(lines.filter((line) => !/^(Start)?Timestamp|DataPoints #/.test(line)).slice(13, -1))
      .toEqual(expected);
  });
});

describe('counts', () => {
  test.each<[Payload, Record<string, number>]>([
    [
      payload('traces', spans([
        { trace: 'a', service: 'x' }, { trace: 'a', service: 'y' }, { trace: 'b', service: 'y' },
      ]), 3),
      { 'resource spans': 2, 'spans': 3 },
    ],
    [
      payload('metrics', metricPoints([{ metric: 'a' }, { metric: 'b', type: 'sum' }]), 2),
      { 'resource metrics': 1, 'metrics': 2, 'data points': 2 },
    ],
    [payload('logs', logRecords([{ body: 'a' }])), { 'resource logs': 1, 'log records': 1 }],
  ])('are logged under the names of upstream (%#)', (telemetry, expected) => {
    expect(describeCounts(telemetry)).toEqual(expected);
  });
});
