/** The same requests through both file exporters: what stands in the files. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askHttp } from './raw-request';
import { SIDES, startSide, type RunningCollector, type Side } from './sides';
import { compressionLoading, inflate } from '../../net/compression';
import { until } from '../../testing/collector-process';
import { decodeProto, encodeProto } from '../../testing/otlp-proto';

const REQUEST_NAMES = {
  traces: 'ExportTraceServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
} as const;
type Signal = keyof typeof REQUEST_NAMES;

/** Requests that are larger than a third of a file, of which three files become. */
const ROTATED = 7;
const BEFORE = 'what was there before\n';

const id = (bytes: number, fill: number): Buffer => Buffer.alloc(bytes, fill);
const ANY = [
  { stringValue: 'ä "quoted" \u2028 \\ </script>' }, { stringValue: '' }, { boolValue: true },
  { boolValue: false }, { intValue: '-9007199254740993' }, { intValue: 0 },
  { doubleValue: 0.1 }, { doubleValue: 1e21 }, { doubleValue: 1e-7 }, { doubleValue: 5 },
  { doubleValue: -0 }, { doubleValue: NaN }, { doubleValue: Infinity },
  { bytesValue: Buffer.from([0, 255, 62]) }, { bytesValue: Buffer.alloc(0) },
  { arrayValue: { values: [{ intValue: 1 }, { stringValue: 'b' }, {}] } }, { arrayValue: {} },
  { kvlistValue: { values: [{ key: 'k', value: { doubleValue: 2.5 } }] } }, { kvlistValue: {} }, {},
];
const attributes = ANY.map((value, at) => ({ key: `a${at}`, value }));
const resource = {
  attributes: [...attributes, { key: 'fileexporter.path_segment', value: { stringValue: 'x/y' } }],
  droppedAttributesCount: 3,
};
const scope = { name: 'scope', version: '1', attributes, droppedAttributesCount: 1 };

const span = {
  traceId: id(16, 1),
  spanId: id(8, 2),
  parentSpanId: id(8, 3),
  traceState: 'a=b',
  name: 'all',
  kind: 2,
  startTimeUnixNano: '1700000000000000001',
  endTimeUnixNano: '18446744073709551615',
  attributes,
  droppedAttributesCount: 1,
  droppedEventsCount: 2,
  droppedLinksCount: 3,
  flags: 257,
  events: [{ timeUnixNano: 1, name: 'e', attributes, droppedAttributesCount: 4 }, {}],
  links: [{ traceId: id(16, 4), spanId: id(8, 5), traceState: 'c=d', attributes, flags: 1 }],
  status: { message: 'no', code: 2 },
};
const time = { startTimeUnixNano: 1, timeUnixNano: 2, attributes };
const exemplars = [{
  timeUnixNano: 3,
  asDouble: 1.5,
  traceId: id(16, 6),
  spanId: id(8, 7),
  filteredAttributes: attributes,
}, { asInt: -7 }];
const METRICS = [
  {
    name: 'gauge',
    description: 'd',
    unit: 'By',
    metadata: attributes,
    gauge: { dataPoints: [{ ...time, asInt: -5, exemplars }, { asDouble: 0 }, { flags: 1 }] },
  },
  {
    name: 'sum',
    sum: {
      dataPoints: [{ ...time, asDouble: 2.5 }],
      isMonotonic: true,
      aggregationTemporality: 2,
    },
  },
  {
    name: 'histogram',
    histogram: {
      aggregationTemporality: 1,
      dataPoints: [
        {
          ...time,
          count: 3,
          sum: 1.5,
          min: 0,
          max: 1,
          bucketCounts: [1, 2],
          explicitBounds: [0.5],
          exemplars,
        },
        {},
      ],
    },
  },
  {
    name: 'exponential',
    exponentialHistogram: {
      aggregationTemporality: 2,
      dataPoints: [
        {
          ...time,
          count: 3,
          sum: 1.5,
          scale: -3,
          zeroCount: 1,
          zeroThreshold: 0.25,
          min: 1,
          max: 2,
          positive: { offset: -2, bucketCounts: [1, 0, 5] },
          negative: { offset: 1 },
        },
      ],
    },
  },
  {
    name: 'summary',
    summary: {
      dataPoints: [
        { ...time, count: 1, sum: 2, quantileValues: [{ quantile: 0.5, value: 3 }, {}] },
      ],
    },
  },
  { name: 'nothing' },
];
const RECORDS = [
  ...ANY.map((body) => ({ timeUnixNano: 1, body })),
  {
    observedTimeUnixNano: 2,
    severityNumber: 17,
    severityText: 'ERROR',
    attributes,
    flags: 1,
    droppedAttributesCount: 2,
    traceId: id(16, 8),
    spanId: id(8, 9),
    eventName: 'event',
  },
];

const both = (request: object): object => ({ ...request, schemaUrl: 'https://schema' });
const REQUESTS: readonly (readonly [Signal, object])[] = [
  ['traces', {
    resourceSpans: [both({
      resource,
      scopeSpans: [both({ scope, spans: [span, { name: 'bare' }] }), { spans: [span] }],
    })],
  }],
  ['metrics', {
    resourceMetrics: [both({
      resource,
      scopeMetrics: [both({ scope, metrics: METRICS })],
    })],
  }],
  ['logs', {
    resourceLogs: [both({
      resource,
      scopeLogs: [both({ scope, logRecords: RECORDS })],
    })],
  }],
];
const large = (at: number): readonly [Signal, object] => ['traces', {
  resourceSpans: [{
    scopeSpans: [{
      spans: [{
        traceId: id(16, at + 1), spanId: id(8, 1), name: `${at}`.repeat(400_000),
      }],
    }],
  }],
}];

/** Files, by the name of the folder in which they are. */
const VARIANTS = {
  'json': '',
  'proto': 'format: proto',
  'json and zstd': 'compression: zstd',
  'proto and zstd': 'format: proto, compression: zstd',
  'appended to': 'append: true',
  'begun anew': 'append: false',
} as const;
type Variant = keyof typeof VARIANTS;
const FORMATS = ['json', 'proto'] as const;
type Format = typeof FORMATS[number];

let folder: string;
const running: RunningCollector[] = [];

const slug = (variant: string): string => variant.replace(/ /g, '-');
const pathOf = (side: Side, ...names: string[]): string => join(folder, side, ...names);

function config(side: Side, [all, rotated]: readonly number[]): string {
  const named = (Object.keys(VARIANTS) as Variant[]).map((variant) => [`file/${slug(variant)}`,
    `path: ${pathOf(side, slug(variant))}, flush_interval: 50ms, ${VARIANTS[variant]}`]);
  const grouped = FORMATS.map((format) => [`file/grouped-${format}`,
    `path: ${pathOf(side, `grouped-${format}`, '*', 'data')}, flush_interval: 50ms,`
    + ` format: ${format}, group_by: { enabled: true }`]);
  const rotating = FORMATS.map((format) => [`file/rotated-${format}`,
    `path: ${pathOf(side, `rotated-${format}`, 'data.x')}, format: ${format},`
    + ' rotation: { max_megabytes: 1, max_backups: 2 }']);
  const lines = [...named, ...grouped, ...rotating].map(([name, keys]) => `  ${name}: { ${keys} }`);
  const names = (list: readonly (readonly string[])[]): string => list.map(([name]) => name).join();
  const pipeline = (signal: Signal): string =>
    `    ${signal}: { receivers: [otlp], exporters: [${names([...named, ...grouped])}] }`;
  return `
extensions: { }
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${all}" } } }
  otlp/rotated: { protocols: { http: { endpoint: "127.0.0.1:${rotated}" } } }
exporters:
${lines.join('\n')}
service: { telemetry: { metrics: { level: none } }, pipelines: {
${(['traces', 'metrics', 'logs'] as const).map(pipeline).join(',\n')},
    traces/rotated: { receivers: [otlp/rotated], exporters: [${names(rotating)}] } } }
`;
}

async function send(port: number, [signal, request]: readonly [Signal, object]): Promise<void> {
  const { status } = await askHttp(port, {
    path: `/v1/${signal}`,
    headers: { 'content-type': 'application/x-protobuf' },
    body: encodeProto(REQUEST_NAMES[signal], request),
  });
  expect(status).toBe(200);
}

/** Messages behind their lengths. */
function framed(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    messages.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return messages;
}

const lines = (bytes: Buffer): unknown[] => bytes.toString().split('\n').filter((line) => line)
  .map((line) => (line.startsWith('{') ? JSON.parse(line) as unknown : line));
const unpacked = (bytes: Buffer): Buffer[] =>
  framed(bytes).map((frame) => Buffer.from(inflate('zstd', frame, 1e7)));
const decoded = (messages: readonly Buffer[], signal?: Signal): unknown[] =>
  messages.map((message, at) => withoutNothing(decodeProto(
    REQUEST_NAMES[signal ?? REQUESTS[at % REQUESTS.length][0]], message)));

/** Upstream writes ids, scopes, resources, statuses and bodies that are not there as empty ones. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value)
    .map(([key, inner]): [string, unknown] => [key, withoutNothing(inner)])
    .filter(([key, inner]) => !(/Id$/.test(key) && inner === '')
      && !(/^(scope|resource|status|body)$/.test(key) && JSON.stringify(inner) === '{}')));
}

/** What a file of a variant says, as values. */
function contents(side: Side, variant: Variant): unknown[] {
  const bytes = readFileSync(pathOf(side, slug(variant)));
  if (variant === 'proto') return decoded(framed(bytes));
  if (variant === 'proto and zstd') return decoded(unpacked(bytes));
  if (variant === 'json and zstd') return unpacked(bytes).flatMap(lines);
  return lines(bytes);
}

/** Whether all requests stand in all files; what is half written cannot be read. */
function isThere(side: Side): boolean {
  try {
    const counts = [
      ...(Object.keys(VARIANTS) as Variant[]).map((variant) => contents(side, variant).length),
      ...FORMATS.map((format) => groupedContents(side, format).length),
    ];
    return counts.every((count) => count >= REQUESTS.length);
  } catch {
    return false;
  }
}

function groupedContents(side: Side, format: Format): unknown[] {
  const bytes = readFileSync(pathOf(side, `grouped-${format}`, 'x', 'y', 'data'));
  return format === 'json' ? lines(bytes) : decoded(framed(bytes));
}

beforeAll(async () => {
  await compressionLoading(['zstd']);
  folder = mkdtempSync(join(tmpdir(), 'otelgw-files-'));
  for (const side of SIDES) {
    for (const format of FORMATS) mkdirSync(pathOf(side, `rotated-${format}`), { recursive: true });
    for (const name of ['appended-to', 'begun-anew']) writeFileSync(pathOf(side, name), BEFORE);
    const collector = await startSide(side, 2, (ports) => config(side, ports));
    running.push(collector);
    for (const request of REQUESTS) await send(collector.ports[0], request);
    for (let at = 0; at < ROTATED; at++) await send(collector.ports[1], large(at));
    await until(`all files (${side})`, () => isThere(side));
  }
}, 120_000);

afterAll(() => {
  for (const collector of running) collector.stop();
  rmSync(folder, { recursive: true, force: true });
});

it.each(Object.keys(VARIANTS) as Variant[])('%s: the files say the same', (variant) => {
  expect(contents('ours', variant)).toEqual(contents('upstream', variant));
});

it('protobuf is as it came, behind its length', () => {
  const sent = REQUESTS.map(([signal, request]) => encodeProto(REQUEST_NAMES[signal], request));
  expect(framed(readFileSync(pathOf('ours', 'proto')))).toEqual(sent);
});

it.each(FORMATS)('%s: an attribute of resources names the same files', (format) => {
  const tree = (side: Side): string[] => readdirSync(
    pathOf(side, `grouped-${format}`), { recursive: true, encoding: 'utf8' }).sort();
  expect(tree('ours')).toEqual(tree('upstream'));
  expect(groupedContents('ours', format)).toEqual(groupedContents('upstream', format));
});

it.each(FORMATS)('%s: full files are put aside alike', (format) => {
  const files = (side: Side): { name: string; said: unknown[] }[] => {
    const place = pathOf(side, `rotated-${format}`);
    return readdirSync(place).sort().map((name) => {
      const bytes = readFileSync(join(place, name));
      return {
        name: name.replace(/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}/, 'TIME'),
        said: format === 'json' ? lines(bytes) : decoded(framed(bytes), 'traces'),
      };
    });
  };
  const names = (side: Side): string[] => files(side).map(({ name }) => name);
  expect(names('ours')).toEqual(names('upstream'));
  expect(files('ours')).toEqual(files('upstream'));
});
