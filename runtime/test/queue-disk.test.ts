/** Queues on disk as operators meet them: restarts, disks that are full, two of one directory. */
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CollectorProcess, freePorts, get, until } from '../testing/collector-process';
import { deleteDirectories, filesOf, makeDirectory } from '../testing/file-storage';
import { findSpans, spans } from '../testing/span-builder';

const FILLER = 'x'.repeat(100_000);

interface Peer {
  readonly endpoint: string;
  readonly arrived: Set<string>;
  isOpen: boolean;
  close(): void;
}

const ends: (() => void)[] = [];

afterEach(() => {
  CollectorProcess.killAll();
  for (const end of ends.splice(0)) end();
  deleteDirectories();
});

/** A backend that is away until it is opened. */
async function peerThatIsAway(): Promise<Peer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      if (peer.isOpen) {
        for (const { spanId } of findSpans(Buffer.concat(chunks))) peer.arrived.add(spanId);
      }
      response.writeHead(peer.isOpen ? 200 : 503).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const peer: Peer = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived: new Set(),
    isOpen: false,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  ends.push(() => peer.close());
  return peer;
}

interface Running {
  readonly collector: CollectorProcess;
  /** Sends one span and gives the status of the answer. */
  send(id: number, filler?: string): Promise<number>;
  metrics(): Promise<string>;
}

async function start(
  directory: string, peer: Peer, launcher: readonly string[] = [],
): Promise<Running> {
  const [port, health, metrics] = await freePorts(3);
  const yaml = `
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } }
exporters:
  otlp_http:
    endpoint: ${peer.endpoint}
    compression: none
    sending_queue: { storage: file_storage }
    retry_on_failure: { initial_interval: 20ms, max_interval: 100ms, max_elapsed_time: 0s }
extensions:
  health_check: { endpoint: "127.0.0.1:${health}" }
  file_storage: { directory: ${directory}, timeout: 100ms }
service:
  extensions: [health_check, file_storage]
  telemetry:
    metrics:
      readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${metrics} } } } }]
  pipelines:
    traces: { receivers: [otlp], exporters: [otlp_http] }
`;
  const collector = new CollectorProcess(['run', '--config', `yaml:${yaml}`], {}, launcher);
  const ended = collector.ended.then(({ stderr }) => stderr);
  await until('readiness or the end', async () => (await get(health)).status === 200
    || Promise.race([ended, false]).then((text) => text !== false));
  return {
    collector,
    send: (id, filler = '') => fetch(`http://127.0.0.1:${port}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: spans([{ trace: 't', span: hex(id), attributes: { filler } }]),
    }).then(({ status }) => status),
    metrics: async () => (await get(metrics, '/metrics')).body,
  };
}

function hex(id: number): string {
  return id.toString(16).padStart(16, '0');
}

test('what a signal finds undelivered stays on disk, is told, and is sent by the next process',
  async () => {
    const directory = makeDirectory();
    const peer = await peerThatIsAway();
    const first = await start(directory, peer);
    for (let id = 1; id <= 20; id++) expect(await first.send(id)).toBe(200);
    first.collector.signal('SIGTERM');
    const { code, stderr } = await first.collector.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('Requests stay on disk and are sent after the next start.');
    expect(stderr).toMatch(/"?requests"?: ?20/);

    peer.isOpen = true;
    const second = await start(directory, peer);
    await until('all arrive', () => peer.arrived.size === 20);
    expect(second.collector.stderr)
      .toContain('The sending queue holds requests of an earlier run.');
    second.collector.signal('SIGTERM');
    expect((await second.collector.ended).code).toBe(0);
    expect(filesOf(directory, '.queue').filter((file) => /-0-[0-9a-f]{8}/.test(file))).toEqual([]);
  });

test('a second process does not start on the same directory, and says why', async () => {
  const directory = makeDirectory();
  const peer = await peerThatIsAway();
  const first = await start(directory, peer);
  const second = await start(directory, peer);
  const { code, stderr } = await second.collector.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('extensions.file_storage.directory: must be used by one process only,'
    + ` got ${directory}, which another one uses`);
  expect(await first.send(1)).toBe(200);
  first.collector.signal('SIGKILL');
  await first.collector.ended;
  const third = await start(directory, peer);
  expect(await third.send(2)).toBe(200);
});

test('a directory that is not there is named, with the way out', async () => {
  const peer = await peerThatIsAway();
  const { collector } = await start('/nonexistent/queue', peer);
  const { code, stderr } = await collector.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('extensions.file_storage.directory: must be a directory that can be read'
    + ' and written (create_directory: true makes it), got /nonexistent/queue: ENOENT');
});

/** A file system of 2 MiB over `directory`, seen by the process alone. */
function smallDisk(directory: string): string[] {
  return ['unshare', '-rm', 'sh', '-c',
    `mount -t tmpfs -o size=2m tmpfs ${directory} && exec "$@"`, 'sh'];
}

const canMount =
  spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

// Without user namespaces there is no disk that is full for one process only.
(canMount ? test : test.skip)('a full disk refuses for now, loses nothing, and works again when'
  + ' there is room', async () => {
  const directory = makeDirectory();
  const peer = await peerThatIsAway();
  const { collector, send, metrics } = await start(directory, peer, smallDisk(directory));
  const answers: number[] = [];
  for (let id = 0; id < 40; id++) answers.push(await send(id, FILLER));
  const accepted = answers.flatMap((status, id) => (status === 200 ? [hex(id)] : []));
  expect(new Set(answers)).toEqual(new Set([200, 503]));
  expect(accepted.length).toBeGreaterThan(10);
  expect(await metrics()).toMatch(/otelgw_exporter_queue_write_failures\S* [1-9]/);
  expect(collector.stderr).toMatch(/must be able to write to .*, got ENOSPC/);
  // A small one still finds room where a large one did not.
  peer.isOpen = true;
  await until('all that was accepted arrives', () =>
    accepted.every((id) => peer.arrived.has(id)));
  await until('there is room again', async () => await send(100, FILLER) === 200);
  await until('it arrives as well', () => peer.arrived.has(hex(100)));
  expect(collector.stderr).toContain('The sending queue can be written again.');
  const refused = answers.flatMap((status, id) => (status === 503 ? [hex(id)] : []));
  expect(refused.filter((id) => peer.arrived.has(id))).toEqual([]);
});
