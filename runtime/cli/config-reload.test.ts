import { renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigReload } from './config-reload';
import type { CollectorReading, CollectorSettings } from '../config';
import { FakeClock } from '../testing/fake-clock';
import { deleteDirectories, makeDirectory } from '../testing/file-storage';
import { RecordingLogger } from '../testing/recording-logger';

afterEach(deleteDirectories);

const SETTINGS = {} as CollectorSettings;
const RIGHT: CollectorReading = { settings: SETTINGS, problems: [], warnings: [] };
const WRONG: CollectorReading = {
  problems: [{ at: ['processors'], path: 'processors', message: 'must be a map, got 1' }],
  warnings: [],
};

interface Given {
  readonly configs?: readonly string[];
  readonly read?: () => Promise<CollectorReading>;
  readonly apply?: () => readonly string[];
}

function reloadOf({ configs = [], read, apply }: Given) {
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const reload = new ConfigReload({
    configs,
    clock,
    log,
    read: read ?? (() => Promise.resolve(RIGHT)),
    apply: apply ?? (() => ['tail_sampling']),
  });
  return { reload, clock, log };
}

test.each<[string, Given, string, string, object]>([
  ['what changes is said', {}, 'info', 'The new configuration is in force.',
    { changed: 'tail_sampling' }],
  ['so is that nothing does', { apply: () => [] }, 'info',
    'The configuration means what it meant before.', {}],
  ['a wrong one is not taken', { read: () => Promise.resolve(WRONG) }, 'error',
    'The new configuration is wrong; the old one stays.',
    { problems: 'processors: must be a map, got 1' }],
  ['one that cannot be read is not taken', { read: () => Promise.reject(new Error('gone')) },
    'error', 'The new configuration is not taken; the old one stays until a restart.',
    { error: 'gone' }],
  ['one that needs a restart is not taken', {
    apply: () => { throw new Error('must be what it was'); },
  }, 'error', 'The new configuration is not taken; the old one stays until a restart.',
  { error: 'must be what it was' }],
])('%s', async (_name, given, level, message, fields) => {
  const { reload, log } = reloadOf(given);
  reload.start();
  await reload.reload();
  expect(log.lines).toEqual([{ level, message, fields }]);
});

test('what is asked for while it reads is read once more, and no oftener', async () => {
  let reads = 0;
  const { reload } = reloadOf({
    read: () => {
      reads += 1;
      return Promise.resolve(RIGHT);
    },
  });
  reload.start();
  await Promise.all([reload.reload(), reload.reload(), reload.reload()]);
  expect(reads).toBe(2);
});

test('what is asked for before the start is read at the start, and nothing after the end',
  async () => {
    let reads = 0;
    const { reload } = reloadOf({
      read: () => {
        reads += 1;
        return Promise.resolve(RIGHT);
      },
    });
    await reload.reload();
    expect(reads).toBe(0);
    reload.start();
    expect(reads).toBe(1);
    await reload.reload();
    expect(reads).toBe(2);
    reload.stop();
    await reload.reload();
    expect(reads).toBe(2);
  });

test('a ConfigMap whose link is swapped is read again', async () => {
  const directory = makeDirectory();
  const at = (name: string): string => join(directory, name);
  writeFileSync(at('one'), 'one');
  writeFileSync(at('two'), 'two');
  symlinkSync(at('one'), at('config.yaml'));
  const done = new Promise<void>((resolve) => {
    const { reload, clock } = reloadOf({
      configs: [`file:${at('config.yaml')}`, 'env:NONE', 'yaml:{}'],
      apply: () => {
        reload.stop();
        resolve();
        return [];
      },
    });
    reload.watch();
    reload.start();
    symlinkSync(at('two'), at('new'));
    renameSync(at('new'), at('config.yaml'));
    void clock.advance(1000);
  });
  await done;
});

test('a file that is gone when it is to be watched ends nothing', () => {
  const { reload, log } = reloadOf({ configs: ['/nowhere/config.yaml'] });
  reload.watch();
  reload.stop();
  expect(log.messages('error')).toEqual(['The configuration is not watched.']);
});
