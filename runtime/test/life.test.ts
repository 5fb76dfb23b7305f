/** The life of a process: order of start, readiness, drain, deadline, signals at any time. */
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { CollectorProcess, freePorts, get, until } from '../testing/collector-process';
import { deleteDirectories, makeDirectory } from '../testing/file-storage';
import { loopbackReceiver } from '../testing/otlp-loopback';

interface Setting {
  readonly otlp: number;
  readonly health: number;
  readonly backend: number;
  readonly directory?: string;
  readonly protocols?: object;
}

const TRACE = JSON.stringify({
  resourceSpans: [{
    scopeSpans: [{
      spans: [{
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', name: 'GET /',
      }],
    }],
  }],
});

let setting: Setting;
let silent: Server | undefined;

beforeEach(async () => {
  const [otlp, health, backend] = await freePorts(3);
  setting = { otlp, health, backend };
});

afterEach(() => {
  CollectorProcess.killAll();
  silent?.close();
  silent = undefined;
  deleteDirectories();
});

function config({ otlp, health, backend, directory, protocols }: Setting): string {
  return JSON.stringify({
    receivers: {
      otlp: { protocols: protocols ?? { http: { endpoint: `127.0.0.1:${otlp}` } } },
    },
    processors: {
      tail_sampling: { decision_wait: '30s', policies: [{ name: 'all', type: 'always_sample' }] },
    },
    exporters: {
      otlp_grpc: {
        endpoint: `127.0.0.1:${backend}`,
        tls: { insecure: true },
        ...directory !== undefined && { sending_queue: { storage: 'file_storage' } },
      },
    },
    extensions: {
      health_check: { endpoint: `127.0.0.1:${health}` },
      ...directory !== undefined && { file_storage: { directory, timeout: '1h' } },
    },
    service: {
      extensions: ['health_check', ...directory === undefined ? [] : ['file_storage']],
      telemetry: { logs: { encoding: 'json' }, metrics: { level: 'none' } },
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['tail_sampling'], exporters: ['otlp_grpc'] },
      },
    },
  });
}

function run(given: Setting, ...words: string[]): CollectorProcess {
  return new CollectorProcess(['run', '--config', `yaml:${config(given)}`, ...words]);
}

async function started(given: Setting, ...words: string[]): Promise<CollectorProcess> {
  const collector = run(given, ...words);
  await until('readiness', async () => (await get(given.health)).status === 200);
  return collector;
}

function post({ otlp }: Setting): Promise<number> {
  return fetch(`http://127.0.0.1:${otlp}/v1/traces`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: TRACE,
  }).then(({ status }) => status, () => 0);
}

/** Answers nobody who connects. */
function silence({ backend }: Setting): void {
  silent = createServer().listen(backend, '127.0.0.1');
}

function lines(stderr: string): { readonly msg: string; readonly component: string }[] {
  return stderr.trim().split('\n').map((line) => {
    const fields = JSON.parse(line) as { 'msg': string; 'otelcol.component.id'?: string };
    return { msg: fields.msg, component: fields['otelcol.component.id'] ?? '' };
  });
}

/** One that waits for a directory that another process uses, in the middle of its start. */
async function waiting(...words: string[]): Promise<{
  readonly holder: CollectorProcess; readonly waiter: CollectorProcess; readonly given: Setting;
}> {
  const [otlp, health] = await freePorts(2);
  const directory = makeDirectory();
  const holder = await started({ ...setting, otlp, health, directory });
  const given = { ...setting, directory };
  const waiter = run(given, ...words);
  await until('a health check', async () => (await get(given.health)).status === 503);
  return { holder, waiter, given };
}

test('the order of start is that against the data, and readiness comes last', async () => {
  const collector = await started(setting);
  collector.signal('SIGTERM');
  const { stderr } = await collector.ended;
  const all = lines(stderr);
  const at = (msg: string): number => all.findIndex((line) => line.msg === msg);
  const order = [
    'Starting otelgw.', 'Health check listens.', 'Receiver listens.', 'Health Check state change',
    'Everything is ready. Begin running and processing data.',
    'Received signal to stop. Draining.', 'Shutdown complete.',
  ].map(at);
  expect(order).not.toContain(-1);
  expect(order).toEqual([...order].sort((a, b) => a - b));
});

test('it is not ready while one of its components has not started', async () => {
  const { holder, waiter, given } = await waiting();
  expect(await post(given)).toBe(0);
  holder.signal('SIGKILL');
  await until('readiness', async () => (await get(given.health)).status === 200);
  expect(await post(given)).toBe(200);
  waiter.signal('SIGKILL');
  await waiter.ended;
});

test('a signal during the start ends it as soon as it has started', async () => {
  const { holder, waiter } = await waiting();
  waiter.signal('SIGTERM');
  expect(lines(waiter.stderr).map(({ msg }) => msg)).not.toContain('Receiver listens.');
  holder.signal('SIGKILL');
  const { code, stderr } = await waiter.ended;
  expect(lines(stderr).map(({ msg }) => msg)).toContain('Shutdown complete.');
  expect(code).toBe(0);
});

test.each([
  ['a second signal', ['--shutdown-timeout', '1h'], 2],
  ['the deadline', ['--shutdown-timeout', '1ms'], 1],
])('a start that does not end is given up at %s', async (cause, words, signals) => {
  const { holder, waiter } = await waiting(...words);
  // Signals of one kind that nobody has looked at yet are one.
  for (let i = 0; i < signals; i++) {
    waiter.signal((['SIGTERM', 'SIGINT'] as const)[i]);
  }
  const { code, stderr } = await waiter.ended;
  expect(code).toBe(1);
  expect(stderr).toContain(`"cause":"${cause}","lost_items":0`);
  holder.signal('SIGKILL');
  await holder.ended;
});

test('what was taken is passed on before the process ends', async () => {
  const sink = loopbackReceiver();
  await sink.receiver.start();
  const given = { ...setting, backend: sink.receiver.ports.grpc ?? 0 };
  const collector = await started(given);
  expect(await post(given)).toBe(200);
  expect(sink.consumers.traces.items).toBe(0);
  collector.signal('SIGTERM');
  expect((await collector.ended).code).toBe(0);
  expect(sink.consumers.traces.items).toBe(1);
  await sink.receiver.stop();
});

test('at the deadline the process says how much is lost, and exits 1', async () => {
  silence(setting);
  const collector = await started(setting, '--shutdown-timeout', '500ms');
  expect(await post(setting)).toBe(200);
  collector.signal('SIGTERM');
  await until('the end of intake', async () => (await get(setting.otlp)).status === 0);
  const { code, stderr } = await collector.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('"cause":"the deadline","lost_items":1');
});

test('a component that cannot start leaves nothing open of itself and of others', async () => {
  silence(setting);
  const directory = makeDirectory();
  const socket = join(directory, 'otlp.sock');
  const [otlp] = await freePorts(1);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(otlp, '127.0.0.1', resolve));
  const { code, stderr } = await run({
    ...setting,
    directory,
    protocols: {
      http: { endpoint: socket, transport: 'unix' }, grpc: { endpoint: `127.0.0.1:${otlp}` },
    },
  }).ended;
  expect(code).toBe(1);
  expect(lines(stderr).map(({ msg }) => msg)).toContain('Cannot start.');
  expect(stderr).toContain(`receivers.otlp.protocols.grpc: endpoint 127.0.0.1:${otlp}: must be`);
  expect(stderr).toContain(`"endpoint":"${socket}"`);
  expect(existsSync(socket)).toBe(false);
  expect(readdirSync(directory).filter((name) => name.startsWith('lock'))).toEqual([]);
  await new Promise((resolve) => taken.close(resolve));
});
