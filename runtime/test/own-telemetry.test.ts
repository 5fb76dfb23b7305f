/** What a whole process tells about itself: served at level detailed, and sent to a peer. */
import { CollectorProcess, freePorts, get, until } from '../testing/collector-process';
import { decodeForeign } from '../testing/foreign-otlp';
import { loopbackReceiver, type LoopbackReceiver } from '../testing/otlp-loopback';

interface Point { readonly name: string; readonly data: Readonly<Record<string, unknown>> }

const TRACE = JSON.stringify({
  resourceSpans: [{
    scopeSpans: [{
      spans: [{
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', name: 'GET /',
      }],
    }],
  }],
});

const config = (otlp: number, backend: number, telemetry: object): string => JSON.stringify({
  receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } } },
  exporters: { otlp_grpc: { endpoint: `127.0.0.1:${backend}`, tls: { insecure: true } } },
  service: {
    telemetry,
    pipelines: { traces: { receivers: ['otlp'], exporters: ['otlp_grpc'] } },
  },
});

function post(port: number): Promise<number> {
  return fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: TRACE,
  }).then(({ status }) => status, () => 0);
}

/** Metrics that arrived, by name; of each the last one. */
function arrived({ consumers }: LoopbackReceiver): Map<string, Point> {
  const points = new Map<string, Point>();
  for (const { chunks } of consumers.metrics.payloads) {
    const request = decodeForeign('metrics', Buffer.concat(chunks)) as {
      resource_metrics: { scope_metrics: { metrics: Record<string, unknown>[] }[] }[];
    };
    for (const { scope_metrics } of request.resource_metrics) {
      for (const { name, ...data } of scope_metrics.flatMap(({ metrics }) => metrics)) {
        points.set(name as string, { name: name as string, data });
      }
    }
  }
  return points;
}

let sink: LoopbackReceiver;

beforeEach(async () => {
  sink = loopbackReceiver();
  await sink.receiver.start();
});

afterEach(() => sink.receiver.stop());

afterAll(() => CollectorProcess.killAll());

test.each([
  ['grpc', 'grpc'], ['http/protobuf', 'http'], ['http/json', 'http'],
] as const)('metrics are sent over %s, the last ones when it ends', async (protocol, port) => {
  const { ports } = sink.receiver;
  const [otlp] = await freePorts(1);
  const exporter = {
    otlp: {
      protocol,
      endpoint: `127.0.0.1:${ports[port]}`,
      insecure: true,
      temporality_preference: 'delta',
      default_histogram_aggregation: 'base2_exponential_bucket_histogram',
    },
  };
  // The interval is longer than any test: what arrives is sent because the process ends.
  const telemetry = {
    metrics: { level: 'detailed', readers: [{ periodic: { interval: 3_600_000, exporter } }] },
  };
  const collector = new CollectorProcess(
    ['run', '--config', `yaml:${config(otlp, ports.grpc ?? 0, telemetry)}`]);
  await until('intake', async () => await post(otlp) === 200);
  await until('the span', () => sink.consumers.traces.payloads.length > 0);
  collector.signal('SIGTERM');
  expect((await collector.ended).code).toBe(0);
  const points = arrived(sink);
  expect(points.get('otelcol_receiver_accepted_spans')?.data).toMatchObject({
    sum: { aggregation_temporality: 1, is_monotonic: true, data_points: [{ as_double: 1 }] },
  });
  expect(points.get('otelcol_exporter_in_flight_requests')?.data).toMatchObject({
    sum: { aggregation_temporality: 2 },
  });
  expect(points.get('rpc.client.call.duration')?.data).toHaveProperty('exponential_histogram');
  expect(points.has('http.server.request.duration')).toBe(true);
});

test('a peer that is away keeps no process from its end, and is told of', async () => {
  const [otlp, nobody] = await freePorts(2);
  const exporter = { otlp: { protocol: 'http/protobuf', endpoint: `http://127.0.0.1:${nobody}` } };
  const collector = new CollectorProcess(['run', '--config', `yaml:${config(otlp, nobody, {
    metrics: { readers: [{ periodic: { interval: 100, timeout: 100, exporter } }] },
  })}`]);
  await until('the line', () => collector.stderr.includes('Own telemetry was not sent.'));
  collector.signal('SIGTERM');
  expect((await collector.ended).code).toBe(0);
});

test('a certificate that cannot be read ends start-up', async () => {
  const [otlp] = await freePorts(1);
  const exporter = { otlp: { protocol: 'grpc', endpoint: 'https://h:1', certificate: '/none' } };
  const collector = new CollectorProcess(['run', '--config', `yaml:${config(otlp, otlp, {
    metrics: { readers: [{ periodic: { exporter } }] },
  })}`]);
  const { code, stderr } = await collector.ended;
  expect(code).toBe(1);
  expect(stderr).toContain(
    'service.telemetry: certificate: must be a file that can be read, got ENOENT');
});

test('level detailed shows calls, and views choose what is shown of them', async () => {
  const { ports } = sink.receiver;
  const [otlp, metrics, viewed] = await freePorts(3);
  const reader = (port: number): object => (
    { pull: { exporter: { prometheus: { host: '127.0.0.1', port } } } });
  const detailed = (port: number, views: object[]): CollectorProcess => new CollectorProcess(
    ['run', '--config', `yaml:${config(port === metrics ? otlp : 0, ports.grpc ?? 0, {
      metrics: { level: 'detailed', readers: [reader(port)], views },
    })}`]);
  const collector = detailed(metrics, []);
  const withViews = detailed(viewed, [
    { selector: { instrument_name: 'otelcol_process_*' }, stream: { aggregation: { drop: {} } } },
    {
      selector: { instrument_name: 'otelcol_receiver_accepted_spans' },
      stream: { name: 'taken', attribute_keys: { excluded: ['transport'] } },
    },
  ]);
  await until('intake', async () => await post(otlp) === 200);
  await until('the span', () => sink.consumers.traces.payloads.length > 0);
  const call = /^http_server_request_duration_count\{http_request_method="POST",.*route="\/v1\/t/m;
  const rpc = /^rpc_client_call_duration_count\{.*code="OK".*\} 1$/m;
  let body = '';
  await until('the call', async () => {
    ({ body } = await get(metrics, '/metrics'));
    return call.test(body) && rpc.test(body);
  });
  expect(body).toMatch(/^otelcol_exporter_enqueue_size_count\{exporter="otlp_grpc"\} \d+$/m);
  await until('metrics', async () => {
    ({ body } = await get(viewed, '/metrics'));
    return /^taken\{receiver="otlp"\} 0$/m.test(body);
  });
  expect(body).toMatch(/^target_info\{/m);
  expect(body).not.toContain('otelcol_process_uptime');
  for (const running of [collector, withViews]) running.signal('SIGKILL');
});

test.each([
  ['batch', 'grpc', 'grpc'], ['simple', 'http/protobuf', 'http'], ['batch', 'http/json', 'http'],
] as const)('log lines are sent by %s over %s, and written', async (processor, protocol, port) => {
  const { ports } = sink.receiver;
  const [otlp] = await freePorts(1);
  const exporter = {
    otlp: { protocol, endpoint: `http://127.0.0.1:${ports[port]}` },
  };
  const collector = new CollectorProcess(['run', '--config', `yaml:${config(otlp, otlp, {
    logs: { encoding: 'json', processors: [{ [processor]: { exporter } }] },
    metrics: { level: 'none' },
    resource: { 'service.name': 'gateway' },
  })}`]);
  await until('readiness', () => collector.stderr.includes('Everything is ready.'));
  collector.signal('SIGTERM');
  expect((await collector.ended).code).toBe(0);
  await until('the last line', () => sentLines(sink).includes('info Shutdown complete.'));
  expect(sentLines(sink)).toEqual(collector.stderr.trim().split('\n').map((line) => {
    const { level, msg } = JSON.parse(line) as { level: string; msg: string };
    return `${level} ${msg}`;
  }));
});

/** Level and sentence of the lines that arrived. */
function sentLines({ consumers }: LoopbackReceiver): string[] {
  return consumers.logs.payloads.flatMap(({ chunks }) => {
    const request = decodeForeign('logs', Buffer.concat(chunks)) as {
      resource_logs: {
        scope_logs: { log_records: { severity_text: string; body: { string_value: string } }[] }[];
      }[];
    };
    return request.resource_logs.flatMap(({ scope_logs }) => scope_logs).flatMap(
      ({ log_records }) => log_records.map(
        ({ severity_text, body }) => `${severity_text} ${body.string_value}`));
  });
}
