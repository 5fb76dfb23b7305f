import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileStorageExtension } from './file-storage';
import { componentContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';
import { FakeClock } from '../../testing/fake-clock';
import {
  deleteDirectories, makeDirectory, numbered, numberOf, openLog, openStorage, readAll,
  storageSettings,
} from '../../testing/file-storage';

afterEach(deleteDirectories);

componentSuite('file_storage', {
  kind: 'extension',
  make: () => {
    const context = componentContext('file_storage');
    const settings = storageSettings(makeDirectory());
    return { component: createFileStorageExtension(settings, context), clock: context.clock };
  },
});

describe('file_storage', () => {
  it('keeps each exporter and signal in a folder of its own, whatever its name', async () => {
    const directory = makeDirectory();
    const world = await openStorage(directory);
    await openLog(world);
    expect(readdirSync(directory)).toContain('exporter_otlp_grpc_a~0020b_traces.queue');
    await world.storage.stop();
  });

  it('makes its directory with the permissions that it is told, when it is told to', async () => {
    const directory = join(makeDirectory(), 'a', 'b');
    const settings = { createDirectory: true, directoryPermissions: '0700' };
    const { storage } = await openStorage(directory, settings);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    await storage.stop();
  });

  it.each([
    ['is not there', (path: string) => path],
    ['is a file', (path: string) => { writeFileSync(path, ''); return path; }],
  ])('does not start where its directory %s, and names it', async (_name, prepare) => {
    const path = prepare(join(makeDirectory(), 'queue'));
    await expect(openStorage(path)).rejects.toThrow(
      /^extensions\.file_storage\.directory: must be a directory that can be read and written.*got/,
    );
  });

  it('does not share its directory, and waits for the other at most its timeout', async () => {
    const directory = makeDirectory();
    const first = await openStorage(directory);
    await expect(openStorage(directory)).rejects.toThrow(
      'extensions.file_storage.directory: must be used by one process only, got '
      + `${directory}, which another one uses`);
    const second = openStorage(directory, { timeout: 10_000 });
    await first.storage.stop();
    await (await second).storage.stop();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('takes over the lock of a process that is gone', async () => {
    const directory = makeDirectory();
    writeFileSync(join(directory, 'lock.sock'), '');
    const { storage } = await openStorage(directory);
    await expect(openStorage(directory)).rejects.toThrow('must be used by one process only');
    await storage.stop();
  });

  it('locks directories whose names are longer than addresses of sockets', async () => {
    const directory = join(makeDirectory(), 'd'.repeat(120));
    mkdirSync(directory);
    const { storage } = await openStorage(directory);
    await expect(openStorage(directory)).rejects.toThrow('must be used by one process only');
    await storage.stop();
    await (await openStorage(directory)).storage.stop();
  });

  it('removes what an interrupted compaction left, when it is told to', async () => {
    const directory = makeDirectory();
    writeFileSync(join(directory, 'tempdb-7'), '');
    writeFileSync(join(directory, 'other'), '');
    const { compaction } = storageSettings(directory);
    const { storage } = await openStorage(
      directory, { compaction: { ...compaction, cleanupOnStart: true } });
    await storage.stop();
    expect(readdirSync(directory)).toEqual(['other']);
  });

  it('leaves the database of the Go collector alone, and says so', async () => {
    const directory = makeDirectory();
    const database = join(directory, 'exporter_otlp_grpc_a~0020b_traces');
    writeFileSync(database, 'bbolt');
    const world = await openStorage(directory);
    await openLog(world);
    expect(existsSync(database)).toBe(true);
    expect(world.log.lines[0]).toMatchObject(
      { level: 'warn', fields: { file: database, bytes: 5 } });
    await world.storage.stop();
  });

  it('with fsync keeps requests all the same', async () => {
    const directory = makeDirectory();
    const world = await openStorage(directory, { fsync: true });
    const log = await openLog(world);
    await Promise.all([1, 2, 3].map((number) => log.append(numbered(number))));
    await world.storage.stop();
    const again = await openStorage(directory, { fsync: true }, new FakeClock());
    expect((await readAll(await openLog(again))).map(numberOf)).toEqual([1, 2, 3]);
    await again.storage.stop();
  });
});
