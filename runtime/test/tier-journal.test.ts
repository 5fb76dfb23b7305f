/**
 * A process with the configuration that the constructs write for a sampler with a journal, killed
 * while it holds traces. Only addresses and the folder of the journal are other ones.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { journalledSampler } from '../../test/workload/journalled-sampler';
import { CollectorProcess, until } from '../testing/collector-process';
import { loopbackReceiver, type LoopbackReceiver } from '../testing/otlp-loopback';
import { findSpans, spans } from '../testing/span-builder';

const ADDRESS = `127.${100 + process.pid % 100}.210.2`;
const TRACES = 40;

let store: LoopbackReceiver;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'otelgw-journal-'));
  store = loopbackReceiver();
  await store.receiver.start();
});

afterEach(async () => {
  CollectorProcess.killAll();
  await store.receiver.stop();
  rmSync(folder, { recursive: true, force: true });
});

function written(keepsJournal: boolean, port = store.receiver.ports.grpc): string {
  const config = parse(journalledSampler(keepsJournal)) as {
    readonly exporters: Record<string, { endpoint: string }>;
  };
  config.exporters['otlp_grpc/store'].endpoint = `127.0.0.1:${port}`;
  return stringify(config).replaceAll('/var/lib/otelgw/journal', folder);
}

async function start(config: string): Promise<CollectorProcess> {
  const sampler = new CollectorProcess(['run', '--config', `yaml:${config}`], { POD_IP: ADDRESS });
  await until('readiness', async () =>
    (await fetch(`http://${ADDRESS}:13133`).catch(() => undefined))?.status === 200);
  return sampler;
}

async function give(): Promise<void> {
  const held = Array.from({ length: TRACES }, (_each, i) => ({ trace: `held ${i}` }));
  const { status } = await fetch(`http://${ADDRESS}:4318/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(spans(held)),
  });
  expect(status).toBe(200);
}

function storedTraces(): number {
  return new Set(findSpans(store.consumers.traces.bytes).map(({ traceId }) => traceId)).size;
}

test.each([
  ['all that was held, with a journal', true, TRACES],
  ['nothing that was held, without one', false, 0],
])('after a kill the next process has %s', async (_, keepsJournal, kept) => {
  const config = written(keepsJournal);
  const first = await start(config);
  await give();
  first.signal('SIGKILL');
  await first.ended;
  expect(store.consumers.traces.items).toBe(0);
  const second = await start(config);
  await until('the held traces are passed on', () => store.consumers.traces.items >= kept);
  second.signal('SIGTERM');
  expect((await second.ended).code).toBe(0);
  expect(storedTraces()).toBe(kept);
}, 60_000);

/** A backend that takes connections and says nothing. */
async function silentBackend(): Promise<{ port: number; called: Promise<void>; end: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer();
  const called = new Promise<void>((resolve) => server.on('connection', (socket) => {
    sockets.add(socket.on('error', () => undefined).on('data', () => resolve()));
  }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    called,
    end: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test('what was kept and is on its way to the backend leaves again after a kill', async () => {
  const silent = await silentBackend();
  try {
    const first = await start(written(true, silent.port));
    await give();
    await silent.called;
    await until('all are decided and on their way', async () => {
      const page = await (await fetch(`http://${ADDRESS}:8888/metrics`)).text();
      return page.includes(`reason="decision_wait"} ${TRACES}\n`)
        && /^otelcol_exporter_in_flight_requests\{.* 1$/m.test(page);
    });
    first.signal('SIGKILL');
    await first.ended;
  } finally {
    silent.end();
  }
  await start(written(true));
  await until('they are passed on', () => storedTraces() === TRACES);
}, 60_000);
