/**
 * Every operation on the disk fails once, and from then on, and with every error: whoever was told
 * that a request is kept gets it, nobody else was told so, and when the disk works the log does.
 */
import type { RequestLog } from './storage';
import { RetryableError } from '../errors';
import {
  failingDisk, type DiskError, type FailingDisk, type Failing,
} from '../testing/failing-disk';
import { FakeClock } from '../testing/fake-clock';
import {
  deleteDirectories, filesOf, makeDirectory, numbered, numberOf, openLog, openStorage,
  type StorageWorld,
} from '../testing/file-storage';

jest.mock('node:fs/promises', () => jest.requireActual<{ failingDisk: FailingDisk }>(
  '../testing/failing-disk').failingDisk.fs);

afterEach(deleteDirectories);

const BYTES = 90_000;
const COMPACTION = {
  onStart: false,
  onRebound: true,
  reboundNeededThresholdMib: 0,
  reboundTriggerThresholdMib: 1,
  maxTransactionSize: 1,
  checkInterval: 5_000,
  cleanupOnStart: true,
};

/** One process and what it promised, in `directory`. */
class Run {
  public readonly kept = new Set<number>();
  public readonly done = new Set<number>();
  public readonly refused: unknown[] = [];
  public readonly startFailures: string[] = [];
  public readable = 0;
  private readonly clock = new FakeClock();
  private world?: StorageWorld;
  private log?: RequestLog;
  private next = 0;

  public constructor(private readonly directory: string, private readonly fsync: boolean) {}

  /** Warnings and errors that were logged. */
  public get lines(): readonly string[] {
    return [...this.world?.log.messages('warn') ?? [], ...this.world?.log.messages('error') ?? []];
  }

  /** Opens the log; when that fails, once more with a disk that works. */
  public async open(): Promise<void> {
    try {
      await this.tryToOpen();
    } catch (error) {
      this.startFailures.push(String(error));
      failingDisk.heal();
      await this.world?.storage.stop();
      await this.tryToOpen();
    }
  }

  public async append(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const number = this.next++;
      await this.log!.append(numbered(number, BYTES)).then(
        () => this.kept.add(number), (error: unknown) => this.refused.push(error));
    }
  }

  /** Reads `count` requests and is done with all but every third. */
  public async read(count: number): Promise<number[]> {
    const numbers: number[] = [];
    for (let tries = 0; numbers.length < count && this.log!.hasUnread && tries < 200; tries++) {
      const stored = await this.log!.next();
      if (stored === undefined) {
        await this.pass(1_000);
        continue;
      }
      const number = numberOf(stored.payload);
      numbers.push(number);
      if (number % 3 === 0) continue;
      stored.done();
      this.done.add(number);
    }
    return numbers;
  }

  public async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await failingDisk.quiet();
  }

  public async stop(): Promise<void> {
    await this.world?.storage.stop();
  }

  /** What is not as it should be, now that the disk works. */
  public async complaints(): Promise<string[]> {
    const { startFailures, refused } = this;
    const complaints = [
      ...startFailures.filter((text) =>
        !/^Error: extensions\.file_storage\.\S+: must .* got /.test(text)),
      ...refused.filter((error) => !(error instanceof RetryableError)
        || !/must be able to write to .*, got /.test(error.message)).map(String),
    ];
    const isTold = this.lines.length + startFailures.length > 0;
    if (!isTold && !failingDisk.failedPaths.every(isOfNoMoment)) complaints.push('nobody was told');
    refused.length = 0;
    await this.append(2);
    complaints.push(...refused.map((error) => `refuses later: ${String(error)}`));
    await this.pass(60_000);
    const newest = Math.max(...this.kept);
    if (!(await this.read(100)).includes(newest)) complaints.push('does not read the newest');
    return complaints;
  }

  private async tryToOpen(): Promise<void> {
    this.world = await openStorage(this.directory, {
      fsync: this.fsync, compaction: { ...COMPACTION, directory: this.directory },
    }, this.clock);
    this.log = await openLog(this.world, undefined, () => { this.readable += 1; });
  }
}

/** Names of sockets that are left over, and the question for a database of upstream's. */
function isOfNoMoment(path: string): boolean {
  return /lock\.\d+\.|traces$/.test(path);
}

/** A life with everything in it: files that are begun, ended, read, compacted and deleted. */
async function live(run: Run): Promise<void> {
  await run.open();
  await run.append(8);
  await run.read(4);
  await run.append(2);
  await run.pass(200);
  await run.read(5);
  await run.pass(5_000);
  await run.append(1);
}

/** What the next process finds. */
async function found(directory: string): Promise<number[]> {
  const world = await openStorage(directory);
  const log = await openLog(world);
  const numbers: number[] = [];
  while (log.hasUnread) {
    const stored = await log.next();
    if (stored === undefined) break;
    numbers.push(numberOf(stored.payload));
  }
  await world.storage.stop();
  return numbers;
}

async function countOfOperations(): Promise<number> {
  failingDisk.begin();
  const run = new Run(makeDirectory(), true);
  await live(run);
  const { length } = failingDisk.operations;
  await run.stop();
  expect(run.refused).toEqual([]);
  return length;
}

const OPERATIONS = [
  'open', 'writev', 'datasync', 'sync', 'rename', 'unlink', 'close', 'read', 'readdir', 'mkdir',
];
const once = (code: DiskError, wanted: number): Failing =>
  (_operation, _path, at) => (at === wanted ? code : undefined);
const fromThenOn = (code: DiskError, wanted: number): Failing =>
  (_operation, _path, at) => (at >= wanted ? code : undefined);

const CASES = [
  ['once', 'EIO', 'an end in order', once],
  ['from then on', 'EIO', 'an end in order', fromThenOn],
  ['once', 'EIO', 'a loss of power', once],
  ['from then on', 'EIO', 'a loss of power', fromThenOn],
  ['once', 'ENOSPC', 'a loss of power', once],
] as const;

describe('a log', () => {
  it.each(CASES)('loses nothing that it kept when an operation fails %s with %s, before %s',
    async (_, code, end, failing) => {
      const failed = new Set<string>();
      const problems: string[] = [];
      const count = await countOfOperations();
      for (let at = 0; at < count; at++) {
        const directory = makeDirectory();
        failingDisk.begin(failing(code, at));
        const run = new Run(directory, true);
        await live(run);
        failingDisk.failed.forEach((operation) => failed.add(operation));
        const where = `${code} at ${at}, ${failingDisk.failed[0]}: `;
        failingDisk.heal();
        problems.push(...(await run.complaints()).map((complaint) => where + complaint));
        if (end === 'a loss of power') failingDisk.losePower();
        await run.stop();
        if (end === 'a loss of power') failingDisk.losePower();
        failingDisk.begin();
        const numbers = new Set(await found(directory));
        const lost = [...run.kept].filter((kept) => !run.done.has(kept) && !numbers.has(kept));
        if (lost.length > 0) problems.push(`${where}lost ${lost.join()}`);
        deleteDirectories();
      }
      expect(problems).toEqual([]);
      for (const operation of OPERATIONS) expect(failed).toContain(operation);
    }, 120_000);

  it('goes on with other files while one cannot be read, and comes back to it', async () => {
    const directory = makeDirectory();
    failingDisk.begin();
    const first = new Run(directory, false);
    await first.open();
    await first.append(9);
    await first.stop();
    const run = new Run(directory, false);
    await run.open();
    const [bad] = filesOf(directory, '.queue').filter((file) => !file.endsWith('traces.queue'));
    failingDisk.heal((operation, path) => (
      path === bad && ['open', 'read'].includes(operation) ? 'EIO' : undefined));
    expect(await run.read(6)).toEqual([3, 4, 5, 6, 7, 8]);
    await run.pass(600_000);
    expect(run.lines).toEqual(['A file of the sending queue cannot be read. It is tried again.']);
    expect(run.readable).toBe(1);
    failingDisk.heal();
    await run.pass(60_000);
    expect(await run.read(3)).toEqual([0, 1, 2]);
    await run.stop();
  });

  it('starts without a file that cannot be read, which the next start sends', async () => {
    const directory = makeDirectory();
    failingDisk.begin();
    const first = new Run(directory, false);
    await first.open();
    await first.append(6);
    await first.stop();
    const [bad] = filesOf(directory, '.queue').filter((file) => !file.endsWith('traces.queue'));
    failingDisk.heal((operation, path) => (
      path === bad && operation === 'read' ? 'EIO' : undefined));
    const run = new Run(directory, false);
    await run.open();
    expect(await run.read(6)).toEqual([3, 4, 5]);
    expect(run.lines)
      .toEqual(['A file of the sending queue cannot be read. It stays for the next start.']);
    await run.stop();
    failingDisk.heal();
    expect(await found(directory)).toEqual([0, 1, 2, 3]);
  });
});
