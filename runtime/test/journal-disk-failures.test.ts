/**
 * A journal on a disk that fails, under a whole process: calls to the kernel fail by a library that
 * is loaded before the C library. `journal-failures.test.ts` of tail_sampling has every step.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CollectorProcess, freePorts, get, until } from '../testing/collector-process';
import { FailingFolder, onFailingDisk } from '../testing/failing-kernel';
import { deleteDirectories } from '../testing/file-storage';
import { findSpans, spanIdOf, spans } from '../testing/span-builder';

const FAILING = /The journal cannot be written/g;
const AGAIN = 'The journal can be written again.';
const ALL = '{ name: all, type: always_sample }';
const NONE = '{ name: none, type: status_code, status_code: { status_codes: [ERROR] } }';

let backend: Server;
let arrived: string[];
let folder: FailingFolder;

beforeEach(async () => {
  arrived = [];
  backend = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      for (const { spanId } of findSpans(Buffer.concat(chunks))) arrived.push(spanId);
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  folder = new FailingFolder();
});

afterEach(() => {
  CollectorProcess.killAll();
  backend.closeAllConnections();
  backend.close();
});
afterAll(deleteDirectories);

interface Running {
  readonly collector: CollectorProcess;
  /** Sends one span of a trace, and gives the status of the answer. */
  readonly send: (trace: string, span: string) => Promise<number>;
  /** The value of a metric of the journal. */
  readonly metric: (name: string) => Promise<number>;
}

async function start(policy: string): Promise<Running> {
  const [port, health, metrics] = await freePorts(3);
  const collector = new CollectorProcess(['run', '--config', `yaml:
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } }
processors:
  tail_sampling:
    decision_wait: 1s
    journal: { directory: ${folder.path}/journal }
    policies: [${policy}]
exporters:
  otlp_http:
    endpoint: http://127.0.0.1:${(backend.address() as AddressInfo).port}
    compression: none
    sending_queue: { enabled: false }
extensions:
  health_check: { endpoint: "127.0.0.1:${health}" }
service:
  extensions: [health_check]
  telemetry:
    metrics:
      readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${metrics} } } } }]
  pipelines:
    traces: { receivers: [otlp], processors: [tail_sampling], exporters: [otlp_http] }
`], folder.env);
  await until('readiness', async () => (await get(health)).status === 200);
  return {
    collector,
    send: (trace, span) => fetch(`http://127.0.0.1:${port}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: spans([{ trace, span }]),
    }).then(({ status }) => status),
    metric: async (name) => {
      const { body } = await get(metrics, '/metrics');
      const found = new RegExp(
        `^otelgw_tail_sampling_journal_${name}\\S* (\\S+)$`, 'm').exec(body);
      return Number(found?.[1]);
    },
  };
}


function untilArrived(...names: readonly string[]): Promise<void> {
  return until(`${names.join()} arrive`, () =>
    names.every((name) => arrived.includes(spanIdOf(name).toString('hex'))));
}

onFailingDisk.each([
  ['pwrite', 'ENOSPC', true, 1],
  ['pwrite', 'EIO', true, 1],
  // Spans have a file by then, verdicts have none.
  ['open', 'EIO', true, 0],
  ['ftruncate', 'EIO', false, 0],
  ['unlink', 'EIO', false, 0],
  ['fsync', 'EIO', false, 0],
  ['fdatasync', 'EIO', false, 0],
])('a disk whose %s fails with %s keeps nobody out, and loses no verdict', async (
  call, code, fails, unwritten) => {
  const first = await start(ALL);
  expect(await first.send('a', 'a1')).toBe(200);
  folder.fail(call, code);
  expect(await first.send('b', 'b1')).toBe(200);
  await untilArrived('a1', 'b1');
  expect(await first.metric('unwritten_spans')).toBe(unwritten);
  if (fails) expect(await first.metric('waiting_verdicts')).toBe(2);
  folder.heal(call);
  await until('the verdicts are written', async () =>
    await first.metric('waiting_verdicts') === 0);
  expect(await first.send('c', 'c1')).toBe(200);
  const { stderr } = first.collector;
  expect(stderr.match(FAILING) ?? []).toHaveLength(Number(fails));
  if (fails) expect(stderr).toMatch(new RegExp(`must be able to write to .*, got ${code}`));
  expect(stderr.includes(AGAIN)).toBe(fails);

  first.collector.signal('SIGKILL');
  await first.collector.ended;
  const second = await start(NONE);
  for (const trace of ['a', 'b']) expect(await second.send(trace, `${trace}2`)).toBe(200);
  await untilArrived('a2', 'b2');
  expect(await second.metric('replayed_spans')).toBe(1);
  expect(new Set(arrived).size).toBe(arrived.length);
});

onFailingDisk('a file that cannot be read stays, and is taken up by the next start', async () => {
  const first = await start(ALL);
  expect(await first.send('a', 'a1')).toBe(200);
  first.collector.signal('SIGKILL');
  await first.collector.ended;
  folder.fail('pread', 'EIO');
  const second = await start(ALL);
  expect(second.collector.stderr)
    .toContain('A file of the journal cannot be read. It stays for the next start.');
  expect(await second.send('b', 'b1')).toBe(200);
  folder.heal('pread');
  second.collector.signal('SIGKILL');
  await second.collector.ended;
  await start(ALL);
  await untilArrived('a1', 'b1');
});
