/**
 * A queue on a disk that fails, under a whole process: calls to the kernel fail by a library that
 * is loaded before the C library. `runtime/storage/segment-log-failures.test.ts` has every step.
 */
import { CollectorProcess, until } from '../testing/collector-process';
import { FailingFolder, onFailingDisk } from '../testing/failing-kernel';
import { deleteDirectories } from '../testing/file-storage';
import {
  hex, peerThatIsAway, startWithQueue, type Peer, type Running,
} from '../testing/queue-on-disk';

let peer: Peer;
let folder: FailingFolder;

beforeEach(async () => {
  peer = await peerThatIsAway();
  folder = new FailingFolder();
});
afterEach(() => {
  CollectorProcess.killAll();
  peer.close();
});
afterAll(deleteDirectories);

const start = (): Promise<Running> => startWithQueue(
  folder.path, peer, { fsync: true, env: folder.env });

/** Kills the collector; the next one delivers all of `ids`. */
async function restartAndDeliver({ collector }: Running, ids: readonly number[]): Promise<void> {
  collector.signal('SIGKILL');
  await collector.ended;
  peer.isOpen = true;
  await start();
  await until('all that was accepted arrives', () => ids.every((id) => peer.arrived.has(hex(id))));
}

onFailingDisk.each(['pwrite', 'fdatasync', 'open', 'fsync'])(
  'a disk whose %s fails refuses for now, and takes again when it works', async (call) => {
    const running = await start();
    // Only a new file is opened, and its folder synced.
    const isOfFiles = call === 'open' || call === 'fsync';
    const accepted = isOfFiles ? [] : [1];
    for (const id of accepted) expect(await running.send(id)).toBe(200);
    folder.fail(call);
    for (const id of [2, 3, 4]) expect(await running.send(id)).toBe(503);
    folder.heal(call);
    for (const id of [5, 6]) expect(await running.send(id)).toBe(200);
    const { stderr } = running.collector;
    expect(stderr).toMatch(/must be able to write to .*, got EIO/);
    expect(stderr.match(/The sending queue cannot be written/g)).toHaveLength(1);
    expect(stderr).toContain('The sending queue can be written again.');
    await restartAndDeliver(running, [...accepted, 5, 6]);
    for (const id of [2, 3, 4]) expect(peer.arrived).not.toContain(hex(id));
  });

onFailingDisk('what cannot be read waits for the disk, and what comes meanwhile is sent',
  async () => {
    const first = await start();
    for (const id of [1, 2, 3]) expect(await first.send(id)).toBe(200);
    first.collector.signal('SIGKILL');
    await first.collector.ended;
    peer.isOpen = true;
    folder.fail('pread');
    const second = await start();
    expect(second.collector.stderr)
      .toContain('A file of the sending queue cannot be read. It stays for the next start.');
    expect(await second.send(4)).toBe(200);
    await until('the new one arrives', () => peer.arrived.has(hex(4)));
    expect([1, 2, 3].filter((id) => peer.arrived.has(hex(id)))).toEqual([]);
    folder.heal('pread');
    await restartAndDeliver(second, [1, 2, 3, 4]);
  });

onFailingDisk('files that cannot be deleted are deleted later', async () => {
  const running = await start();
  peer.isOpen = true;
  folder.fail('unlink');
  for (const id of [1, 2]) expect(await running.send(id)).toBe(200);
  await until('both arrive', () => peer.arrived.size === 2);
  await until('it is told', () =>
    running.collector.stderr.includes('Files of the sending queue cannot be tidied up.'));
  folder.heal('unlink');
  await until('the disk is empty', async () =>
    /otelgw_exporter_queue_disk_bytes\S* 0$/m.test(await running.metrics()));
});
