/** `otelgw run` as Kubernetes sees it: exit codes, signals, probes, metrics, log lines. */
import { createServer } from 'node:net';
import {
  CollectorProcess, freePorts, get, until, type Ended,
} from '../testing/collector-process';

interface Ports {
  readonly otlp: number;
  readonly health: number;
  readonly metrics: number;
  readonly backend: number;
}

async function ports(): Promise<Ports> {
  const [otlp, health, metrics, backend] = await freePorts(4);
  return { otlp, health, metrics, backend };
}

const config = ({ otlp, health, metrics, backend }: Ports, processors = ''): string => `
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${otlp}" } } }
processors:
  memory_limiter: { check_interval: 1s, limit_mib: 1000 }
  tail_sampling:
    decision_wait: 30s
    policies: [{ name: all, type: always_sample }]
exporters:
  otlp_grpc: { endpoint: "127.0.0.1:${backend}", tls: { insecure: true } }
extensions:
  health_check: { endpoint: "127.0.0.1:${health}" }
service:
  extensions: [health_check]
  telemetry:
    logs: { encoding: json }
    metrics:
      readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${metrics} } } } }]
  pipelines:
    traces: { receivers: [otlp], processors: [memory_limiter, tail_sampling${processors}],
      exporters: [otlp_grpc] }
`;

const TRACE = JSON.stringify({
  resourceSpans: [{
    scopeSpans: [{
      spans: [{
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', name: 'GET /',
      }],
    }],
  }],
});

async function started(given: Ports, ...words: string[]): Promise<CollectorProcess> {
  const collector = new CollectorProcess(['run', '--config', `yaml:${config(given)}`, ...words]);
  await until('readiness', async () => (await get(given.health)).status === 200);
  return collector;
}

function post(port: number): Promise<number> {
  return fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: TRACE,
  }).then(({ status }) => status);
}

function messages({ stderr }: Pick<Ended, 'stderr'>): string[] {
  return stderr.trim().split('\n').map((line) => (JSON.parse(line) as { msg: string }).msg);
}

afterAll(() => CollectorProcess.killAll());

test('a signal drains in order and the process exits 0', async () => {
  const given = await ports();
  const collector = await started(given);
  collector.signal('SIGTERM');
  const ended = await collector.ended;
  expect(ended.code).toBe(0);
  expect(messages(ended)).toEqual(expect.arrayContaining([
    'Everything is ready. Begin running and processing data.', 'Shutdown complete.',
  ]));
});

test('readiness goes off at once and intake goes on during the drain delay', async () => {
  const given = await ports();
  const collector = await started(given, '--drain-delay', '1s', '--shutdown-timeout', '1s');
  collector.signal('SIGTERM');
  await until('unreadiness', async () => (await get(given.health)).status === 503);
  expect(await post(given.otlp)).toBe(200);
  await collector.ended;
});

test('a second signal ends it with exit code 1 and the number of items that are lost', async () => {
  const given = await ports();
  const silent = createServer().listen(given.backend, '127.0.0.1');
  const collector = await started(given);
  expect(await post(given.otlp)).toBe(200);
  collector.signal('SIGTERM');
  await until('the drain', () => collector.stderr.includes('Draining'));
  collector.signal('SIGTERM');
  const { code, stderr } = await collector.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/"lost_items":1\b/);
  silent.close();
});

test('own metrics are served under upstream\'s names', async () => {
  const given = await ports();
  const collector = await started(given);
  await post(given.otlp);
  const { body } = await get(given.metrics, '/metrics');
  expect(body).toMatch(
    /^otelcol_receiver_accepted_spans\{receiver="otlp",transport="http"\} 1$/m);
  expect(body).toMatch(/^otelcol_process_uptime\b/m);
  collector.signal('SIGKILL');
  await collector.ended;
});

test('all mistakes of a configuration are told at once and the exit code is 1', async () => {
  const text = config(await ports(), ', batsh').replace('wait: 30s', 'wait: soon');
  const { code, stderr } = await new CollectorProcess(['run', '--config', `yaml:${text}`]).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/service\.pipelines\.traces\.processors\[2\].*batsh/);
  expect(stderr).toMatch(/processors\.tail_sampling\.decision_wait: .*"soon"/);
});

test('a port that is taken ends start-up with exit code 1 and its name', async () => {
  const given = await ports();
  const first = await started(given);
  const second = new CollectorProcess(['run', '--config',
    `yaml:${config({ ...await ports(), otlp: given.otlp })}`]);
  const { code, stderr } = await second.ended;
  expect(code).toBe(1);
  expect(stderr).toContain(`127.0.0.1:${given.otlp}`);
  first.signal('SIGKILL');
  await first.ended;
});

test.each([
  [[], 0, ''],
  [['nonsense'], 2, 'must be called with one of its commands, got "nonsense"'],
  [['run'], 2, '--config: must be given, got none'],
  [['run', '--config', 'missing.yaml'], 1, '--config missing.yaml: must name a file'],
  [['run', '--config', 'env:NO_SUCH'], 1, '--config env:NO_SUCH: must be a variable that is set'],
  [['run', '--config', 'x', '--drain-delay', 'soon'], 2, '--drain-delay: must be a duration'],
])('otelgw %j exits %d and says why', async (words, code, said) => {
  const ended = await new CollectorProcess(words).ended;
  expect(ended.code).toBe(code);
  expect(ended.stderr).toContain(said);
});
