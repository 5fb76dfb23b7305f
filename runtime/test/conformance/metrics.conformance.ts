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
const RECEIVERS = ['plain', 'limited', 'refused', 'away', 'full'] as const;
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
    const { status } = await askHttp(portOf(ports, 'limited', 'http'), {
      path: '/v1/traces', headers: PROTO, body: Buffer.alloc(0),
    });
    const answer = await askHttp(portOf(ports, 'limited', 'http'), {
      path: '/v1/traces', headers: PROTO, body: traces('probe'),
    });
    return status === 200 && answer.status === 503;
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
  const isQueued = async (size: number): Promise<boolean> => (
    valueOf(await readMetrics(metrics), 'otelcol_exporter_queue_size',
      { exporter: 'otlp_http/full' }) === size);
  await until('a request that hangs', async () => (
    valueOf(await readMetrics(metrics), 'otelcol_exporter_in_flight_requests',
      { exporter: 'otlp_http/full' }) === 1 || isQueued(0)));
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

async function measure(side: Side, level: Level): Promise<Exposition> {
  const collector: RunningCollector = await startSide(
    side, 1 + 2 * RECEIVERS.length, (ports) => config(level, ports, http, grpc));
  try {
    return await sendTraffic(collector.ports);
  } finally {
    collector.stop();
  }
}

describe.each(LEVELS)('at level %s', (level) => {
  let ours: Exposition;
  let theirs: Exposition;

  beforeAll(async () => {
    ours = await measure('ours', level);
    theirs = await measure('upstream', level);
  }, 60_000);

  it('the same metrics are there', () => {
    expect([...ours.types.keys()].sort()).toEqual([...theirs.types.keys()].sort());
  });

  it('each has the same type', () => {
    expect(Object.fromEntries(ours.types)).toEqual(Object.fromEntries(theirs.types));
  });

  it('each has the same labels', () => {
    expect(labelsOf(ours)).toEqual(labelsOf(theirs));
  });

  it('each counts the same', () => {
    expect(valuesOf(ours)).toEqual(valuesOf(theirs));
  });
});

function labelsOf(exposition: Exposition): Record<string, string[]> {
  const labels: Record<string, Set<string>> = {};
  for (const series of exposition.series) {
    const family = familyOf(exposition, series.name);
    (labels[family] ??= new Set()).add(series.labels.map(([name]) => name).join(','));
  }
  return Object.fromEntries(Object.entries(labels).map(([name, all]) => [name, [...all].sort()]));
}

function valuesOf(exposition: Exposition): Record<string, number> {
  return Object.fromEntries(exposition.series
    .filter(({ name }) => !/_(bucket|sum)$/.test(name))
    .map(({ name, labels, value }) => [
      `${name}{${labels.map(([key, text]) => `${key}=${text}`)}}`, value]));
}
