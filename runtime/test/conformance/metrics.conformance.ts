/** The process's own metrics beside those of the real collector, after the same traffic. */
import { startHttpBackend, startGrpcBackend, type AnsweringBackend } from './answering-backend';
import { familyOf, parseExposition, valueOf, type Exposition } from './prometheus-text';
import { askGrpc, askHttp, framed } from './raw-request';
import { startSide, type RunningCollector, type Side } from './sides';
import { get, until } from '../../testing/collector-process';
import { encodeProto } from '../../testing/otlp-proto';

const LEVELS = ['basic', 'normal', 'detailed'] as const;
type Level = typeof LEVELS[number];

const PROTO = { 'content-type': 'application/x-protobuf' };
const GRPC = { 'content-type': 'application/grpc', 'te': 'trailers' };
const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** Ports: metrics, then gRPC and HTTP of each receiver. */
const RECEIVERS = ['plain', 'limited', 'refused', 'away', 'full', 'probe'] as const;
type ReceiverName = typeof RECEIVERS[number];
const SPANS = 2;
const BATCH = 4;

function portOf(ports: readonly number[], name: ReceiverName, over: 'grpc' | 'http'): number {
  return ports[1 + 2 * RECEIVERS.indexOf(name) + (over === 'grpc' ? 0 : 1)];
}

function config(
  level: Level, ports: readonly number[], http: AnsweringBackend, grpc: AnsweringBackend,
): string {
  const receiver = (name: ReceiverName): string => `  otlp/${name}: { protocols: {
    grpc: { endpoint: "127.0.0.1:${portOf(ports, name, 'grpc')}" },
    http: { endpoint: "127.0.0.1:${portOf(ports, name, 'http')}" } } }`;
  const direct = 'compression: none, sending_queue: { enabled: false },'
    + ' retry_on_failure: { enabled: false }, tls: { insecure: true }';
  return `
receivers:
${RECEIVERS.map(receiver).join('\n')}
processors:
  memory_limiter: { check_interval: 50ms, limit_mib: 1 }
  memory_limiter/high: { check_interval: 1s, limit_mib: 4000 }
  batch: { send_batch_size: ${BATCH}, timeout: 60s }
exporters:
  debug: { }
  debug/probe: { }
  otlp_http/plain: { endpoint: "http://127.0.0.1:${http.port}", compression: none }
  otlp_grpc/refused: { endpoint: "127.0.0.1:${grpc.port}", ${direct} }
  otlp_http/refused: { endpoint: "http://127.0.0.1:${http.port}", ${direct} }
  otlp_grpc/away: { endpoint: "127.0.0.1:1", ${direct} }
  otlp_http/full: { endpoint: "http://127.0.0.1:${http.port}", compression: none,
    sending_queue: { queue_size: 1, num_consumers: 1 } }
extensions: { }
service: { telemetry: { logs: { level: error }, metrics: { level: ${level}, readers: [
    { pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${ports[0]} } } } } ] } },
  pipelines: {
    traces: { receivers: [otlp/plain], processors: [memory_limiter/high, batch],
      exporters: [otlp_http/plain] },
    metrics: { receivers: [otlp/plain], processors: [memory_limiter/high], exporters: [debug] },
    logs: { receivers: [otlp/plain], processors: [memory_limiter/high], exporters: [debug] },
    traces/limited: { receivers: [otlp/limited], processors: [memory_limiter],
      exporters: [debug] },
    logs/probe: { receivers: [otlp/probe], processors: [memory_limiter], exporters: [debug/probe] },
    traces/refused: { receivers: [otlp/refused],
      exporters: [otlp_grpc/refused, otlp_http/refused] },
    traces/away: { receivers: [otlp/away], exporters: [otlp_grpc/away] },
    traces/full: { receivers: [otlp/full], exporters: [otlp_http/full] } } }
`;
}

function traces(name: string): Buffer {
  const spans = Array.from({ length: SPANS }, (_, at) => ({
    traceId: Buffer.alloc(16, 7), spanId: Buffer.alloc(8, at + 1), name, startTimeUnixNano: 1,
  }));
  return encodeProto('ExportTraceServiceRequest', {
    resourceSpans: [{ scopeSpans: [{ spans }] }],
  });
}

const METRICS = encodeProto('ExportMetricsServiceRequest', {
  resourceMetrics: [{
    scopeMetrics: [{
      metrics: [{
        name: 'a', gauge: { dataPoints: [{ asInt: 1 }, { asInt: 2 }, { asInt: 3 }] },
      }],
    }],
  }],
});
const LOGS = encodeProto('ExportLogsServiceRequest', {
  resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityNumber: 1 }] }] }],
});

async function readMetrics(port: number): Promise<Exposition> {
  return parseExposition((await get(port, '/metrics')).body);
}

/** Sends the same to each side, one after the other, and waits until all of it is counted. */
async function sendTraffic(ports: readonly number[]): Promise<Exposition> {
  const http = (name: ReceiverName, path: string, body: Buffer): Promise<unknown> => (
    askHttp(portOf(ports, name, 'http'), { path, headers: PROTO, body }));
  const grpc = (name: ReceiverName, body: Buffer): Promise<unknown> => (
    askGrpc(portOf(ports, name, 'grpc'), { path: TRACES, headers: GRPC, body: framed(body) }));
  const metrics = ports[0];
  await until('a limiter that refuses', async () => {
    const probe = { path: '/v1/logs', headers: PROTO, body: LOGS };
    return (await askHttp(portOf(ports, 'probe', 'http'), probe)).status === 503;
  });
  await http('limited', '/v1/traces', traces('x'));
  await grpc('limited', traces('x'));
  for (let i = 0; i < 2; i++) {
    await http('plain', '/v1/traces', traces('x'));
    await grpc('plain', traces('x'));
    await http('plain', '/v1/metrics', METRICS);
  }
  await http('plain', '/v1/logs', LOGS);
  await http('plain', '/v1/traces', Buffer.from('broken'));
  await http('plain', '/v1/nope', LOGS);
  await http('refused', '/v1/traces', traces('answer 3; answer 400;'));
  await grpc('refused', traces('answer 3; answer 400;'));
  await http('away', '/v1/traces', traces('x'));
  // One is on its way, one waits, and there is no room for more.
  await http('full', '/v1/traces', traces('hang'));
  await until('a request that hangs', async () => (
    valueOf(await readMetrics(metrics), 'otelcol_exporter_in_flight_requests',
      { exporter: 'otlp_http/full' }) === 1));
  for (let i = 0; i < 3; i++) await http('full', '/v1/traces', traces('hang'));
  await until('all that was taken', async () => (
    valueOf(await readMetrics(metrics), 'otelcol_exporter_sent_spans',
      { exporter: 'otlp_http/plain' }) === 4 * SPANS));
  return readMetrics(metrics);
}

let http: AnsweringBackend;
let grpc: AnsweringBackend;

beforeAll(async () => {
  http = await startHttpBackend();
  grpc = await startGrpcBackend();
});

afterAll(() => {
  http.stop();
  grpc.stop();
});

/** Metrics with ports by their names, without zeros and what only comes from waiting. */
function tidied(exposition: Exposition, ports: readonly number[]): Exposition {
  const names = new Map<string, string>([
    [String(http.port), 'http backend'], [String(grpc.port), 'grpc backend'],
    ...RECEIVERS.flatMap((name) => (['grpc', 'http'] as const).map((over): [string, string] => (
      [String(portOf(ports, name, over)), `${name} ${over}`]))),
  ]);
  const series = exposition.series
    .map(({ name, labels, value }) => ({
      name,
      labels: labels.map(([key, text]): [string, string] => [key, names.get(text) ?? text]),
      value,
    }))
    .filter(({ value, labels }) => value !== 0 && !labels.some(([, text]) => /probe/.test(text)))
    .filter(({ name, labels }) => !isOfProbe(name, new Map(labels)));
  const kept = new Set(series.map(({ name }) => familyOf(exposition, name)));
  const types = new Map([...exposition.types].filter(([name]) => kept.has(name)));
  return { types, series };
}

/** The limiter is one for what is compared and for the probe, which sends records only. */
function isOfProbe(name: string, labels: ReadonlyMap<string, string>): boolean {
  return labels.get('processor') === 'memory_limiter'
    && (name.endsWith('log_records') || labels.get('otel_signal') === 'logs');
}

async function measure(side: Side, level: Level): Promise<Exposition> {
  const collector: RunningCollector = await startSide(
    side, 1 + 2 * RECEIVERS.length, (ports) => config(level, ports, http, grpc));
  try {
    return tidied(await sendTraffic(collector.ports), collector.ports);
  } finally {
    collector.stop();
  }
}

interface Known {
  /** What it says of a difference. */
  readonly line: RegExp;
  readonly why: string;
  /** The only level at which it is seen, if not all. */
  readonly at?: Level;
}

/** Differences that are there, and why. Counters that are zero are told from the start here. */
const KNOWN: readonly Known[] = [
  {
    line: /^only upstream: otelcol_process_runtime_total_alloc_bytes/,
    why: 'V8 does not tell how much it ever allocated',
  },
  {
    line: /rpc_client_call_duration(_\w+)?\{.*(UNAVAILABLE|rpc_system_name(, server|\}))/,
    why: 'a call that found no connection tells where it was meant to go',
    at: 'detailed',
  },
  {
    line: /_size_bytes_(sum|bucket)|http_client_request_body_size_(sum|bucket)/,
    why: 'bytes are sent on as they came; upstream writes them anew, with empty fields',
    at: 'detailed',
  },
  {
    line: /^(only \w+: )?http_server_response_body_size_(sum|bucket)\{.*code=(400|503)/,
    why: 'sentences about broken bytes and failed connections are others',
    at: 'detailed',
  },
];

function isKnown(line: string): boolean {
  return KNOWN.some((known) => known.line.test(line));
}

/** What no two runs have in common. */
const OF_THE_MOMENT = /^otelcol_process_|^target_info$|_duration_(sum|bucket)$/;

/** Lines such as `only here: name{labels} 3`, in the order of the metrics. */
function differences(
  ours: ReadonlyMap<string, unknown>, theirs: ReadonlyMap<string, unknown>,
): string[] {
  return [...new Set([...ours.keys(), ...theirs.keys()])].sort().flatMap((key) => {
    if (!theirs.has(key)) return [`only here: ${key} ${String(ours.get(key))}`];
    if (!ours.has(key)) return [`only upstream: ${key} ${String(theirs.get(key))}`];
    if (ours.get(key) === theirs.get(key)) return [];
    return [`${key} is ${String(ours.get(key))}, upstream ${String(theirs.get(key))}`];
  });
}

function typesOf(exposition: Exposition): Map<string, string> {
  return new Map(exposition.types);
}

function labelsOf(exposition: Exposition): Map<string, string> {
  const sets = exposition.series
    .map(({ name, labels }) => `${familyOf(exposition, name)}{${labels.map(([key]) => key)}}`);
  return new Map(sets.map((text) => [text, '']));
}

function valuesOf(exposition: Exposition): Map<string, number> {
  return new Map(exposition.series
    .filter(({ name }) => !OF_THE_MOMENT.test(name))
    .map(({ name, labels, value }) => [
      `${name}{${labels.map(([key, text]) => `${key}=${text}`).join(', ')}}`, value,
    ]));
}

describe.each(LEVELS)('after the same traffic at level %s', (level) => {
  let ours: Exposition;
  let theirs: Exposition;

  beforeAll(async () => {
    ours = await measure('ours', level);
    theirs = await measure('upstream', level);
  }, 60_000);

  it('the same metrics have values, of the same types', () => {
    expect(theirs.types.size).toBeGreaterThan(20);
    expect(unknown(typesOf)).toEqual([]);
  });

  it('they have the same labels', () => {
    expect(unknown(labelsOf)).toEqual([]);
  });

  it('they count the same', () => {
    expect(unknown(valuesOf)).toEqual([]);
  });

  it('what is known to differ does', () => {
    const lines = [typesOf, labelsOf, valuesOf]
      .flatMap((read) => differences(read(ours), read(theirs)));
    expect(KNOWN.filter(({ at, line }) => (at ?? level) === level
      && !lines.some((text) => line.test(text)))).toEqual([]);
  });

  function unknown(read: (exposition: Exposition) => ReadonlyMap<string, unknown>): string[] {
    return differences(read(ours), read(theirs)).filter((line) => !isKnown(line));
  }
});
