/** Queues on disk as operators meet them: restarts, disks that are full, two of one directory. */
import { spawnSync } from 'node:child_process';
import { CollectorProcess, until } from '../testing/collector-process';
import { deleteDirectories, filesOf, makeDirectory } from '../testing/file-storage';
import { hex, peerThatIsAway, startWithQueue, type Peer } from '../testing/queue-on-disk';

const FILLER = 'x'.repeat(100_000);

const peers: Peer[] = [];

afterEach(() => {
  CollectorProcess.killAll();
  for (const peer of peers.splice(0)) peer.close();
  deleteDirectories();
});

async function awayPeer(): Promise<Peer> {
  const peer = await peerThatIsAway();
  peers.push(peer);
  return peer;
}

test('what a signal finds undelivered stays on disk, is told, and is sent by the next process',
  async () => {
    const directory = makeDirectory();
    const peer = await awayPeer();
    const first = await startWithQueue(directory, peer);
    for (let id = 1; id <= 20; id++) expect(await first.send(id)).toBe(200);
    first.collector.signal('SIGTERM');
    const { code, stderr } = await first.collector.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('Requests stay on disk and are sent after the next start.');
    expect(stderr).toMatch(/"?requests"?: ?20/);

    peer.isOpen = true;
    const second = await startWithQueue(directory, peer);
    await until('all arrive', () => peer.arrived.size === 20);
    expect(second.collector.stderr)
      .toContain('The sending queue holds requests of an earlier run.');
    second.collector.signal('SIGTERM');
    expect((await second.collector.ended).code).toBe(0);
    expect(filesOf(directory, '.queue').filter((file) => /-0-[0-9a-f]{8}/.test(file))).toEqual([]);
  });

test('a second process does not start on the same directory, and says why', async () => {
  const directory = makeDirectory();
  const peer = await awayPeer();
  const first = await startWithQueue(directory, peer);
  const second = await startWithQueue(directory, peer);
  const { code, stderr } = await second.collector.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('extensions.file_storage.directory: must be used by one process only,'
    + ` got ${directory}, which another one uses`);
  expect(await first.send(1)).toBe(200);
  first.collector.signal('SIGKILL');
  await first.collector.ended;
  const third = await startWithQueue(directory, peer);
  expect(await third.send(2)).toBe(200);
});

test('a directory that is not there is named, with the way out', async () => {
  const peer = await awayPeer();
  const { collector } = await startWithQueue('/nonexistent/queue', peer);
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
  const peer = await awayPeer();
  const { collector, send, metrics } = await startWithQueue(
    directory, peer, { launcher: smallDisk(directory) });
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
