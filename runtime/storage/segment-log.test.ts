import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { RequestLog, Totals } from './storage';
import { settle } from '../testing/fake-clock';
import {
  deleteDirectories, filesOf, makeDirectory, numbered, numberOf, openLog, openStorage, readAll,
} from '../testing/file-storage';
import { randomNumbers } from '../testing/random-numbers';

afterEach(deleteDirectories);

const segmentsOf = (directory: string): string[] =>
  filesOf(directory, '.queue').filter((file) => /^\d/.test(basename(file)));

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 1000) throw new Error('must come true, got nothing in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Writes requests 0 to `count` - 1 and ends as a process does that stops in order. */
async function fill(
  directory: string, count: number, bytes = 100, use: (log: RequestLog) => unknown = () => 0,
): Promise<void> {
  const world = await openStorage(directory);
  const log = await openLog(world);
  for (let i = 0; i < count; i++) await log.append(numbered(i, bytes, 2));
  await use(log);
  await world.storage.stop();
}

async function numbersIn(directory: string): Promise<number[]> {
  const world = await openStorage(directory);
  const numbers = (await readAll(await openLog(world))).map(numberOf);
  await world.storage.stop();
  return numbers;
}

describe('a log', () => {
  it('gives requests back in order, with their metadata, at once and after a restart', async () => {
    const directory = makeDirectory();
    const world = await openStorage(directory);
    const log = await openLog(world);
    const given = [0, 1, 2].map((i) => numbered(i));
    await Promise.all(given.map((payload) => log.append(payload)));
    expect(await readAll(log)).toEqual(given);
    await world.storage.stop();

    const again = await openStorage(directory);
    const reopened = await openLog(again);
    expect(reopened.found).toEqual({ requests: 3, items: 3, bytes: 300 });
    expect(await readAll(reopened)).toEqual(given);
    await again.storage.stop();
  });

  it('does not give back what is done', async () => {
    const directory = makeDirectory();
    await fill(directory, 4, 100, async (log) => {
      for (let i = 0; i < 4; i++) {
        const stored = await log.next();
        if (i !== 2) stored?.done();
      }
    });
    expect(await numbersIn(directory)).toEqual([2]);
  });

  it('spreads over files, and deletes each when all in it is done', async () => {
    const directory = makeDirectory();
    const world = await openStorage(directory);
    const log = await openLog(world);
    for (let i = 0; i < 30; i++) await log.append(numbered(i, 100_000));
    expect(segmentsOf(directory).length).toBe(10);
    for (let i = 0; i < 29; i++) (await log.next())?.done();
    await until(() => segmentsOf(directory).length === 1);
    (await log.next())?.done();
    await until(() => segmentsOf(directory).length === 0);
    await log.append(numbered(30));
    expect((await readAll(log)).map(numberOf)).toEqual([30]);
    await world.storage.stop();
  });

  it('reads from disk what came while the reader was behind, and goes on in order', async () => {
    const directory = makeDirectory();
    const world = await openStorage(directory);
    const log = await openLog(world);
    const read: number[] = [];
    let next = 0;
    const random = randomNumbers(7);
    while (next < 150) {
      const more = Math.floor(random() * 30);
      for (let i = 0; i < more; i++, next++) await log.append(numbered(next, 500_000));
      for (let i = Math.floor(random() * 25); i > 0 && log.hasUnread; i--) {
        const stored = await log.next();
        read.push(numberOf(stored!.payload));
        stored!.done();
      }
    }
    read.push(...(await readAll(log)).map(numberOf));
    expect(read).toEqual([...Array(next).keys()]);
    await world.storage.stop();
  });

  it('has room again when all is done, although requests are refused all the time', async () => {
    const world = await openStorage(makeDirectory(), { maxSize: 300_000 });
    const log = await openLog(world);
    await log.append(numbered(0, 200_000));
    (await log.next())?.done();
    let refused = 0;
    let isTaken = false;
    while (!isTaken && refused < 100_000) {
      await log.append(numbered(1, 200_000)).then(() => { isTaken = true; }, () => { refused++; });
    }
    expect(isTaken).toBe(true);
    expect((await readAll(log)).map(numberOf)).toEqual([1]);
    await world.storage.stop();
  });

  it('refuses what would make its files larger than max_size, until some are gone', async () => {
    const world = await openStorage(makeDirectory(), { maxSize: 300_000 });
    const log = await openLog(world);
    await log.append(numbered(0, 200_000));
    await expect(log.append(numbered(1, 200_000))).rejects.toMatchObject({
      name: 'RetryableError',
      message: expect.stringMatching(/must be at most max_size \(300000 bytes\), got 4\d{5}$/),
    });
    (await log.next())?.done();
    await until(() => world.metrics.value('otelgw_exporter_queue_disk_bytes') === 0);
    await log.append(numbered(2, 200_000));
    expect((await readAll(log)).map(numberOf)).toEqual([2]);
    expect(world.metrics.value('otelgw_exporter_queue_write_failures')).toBe(1);
    await world.storage.stop();
  });
});

describe('a damaged file', () => {
  it('costs only the request that is damaged, and is told with its place and bytes', async () => {
    const directory = makeDirectory();
    await fill(directory, 5);
    const [file] = segmentsOf(directory);
    const bytes = readFileSync(file);
    const record = bytes.length / 5;
    bytes[2 * record + 60] ^= 1;
    writeFileSync(file, bytes);
    const world = await openStorage(directory);
    const lost: Totals = { requests: 0, items: 0, bytes: 0 };
    const log = await openLog(world, lost);
    expect((await readAll(log)).map(numberOf)).toEqual([0, 1, 3, 4]);
    expect(lost).toEqual({ requests: 1, items: 2, bytes: 100 });
    expect(world.log.lines).toContainEqual({
      level: 'error',
      message: 'A file of the sending queue is damaged. What is damaged is lost.',
      fields: { file, offset: 2 * record, bytes: record },
    });
    expect(world.metrics.value('otelgw_exporter_queue_damaged_bytes')).toBe(record);
    await world.storage.stop();
  });

  it('that is cut off costs what is cut off', async () => {
    const directory = makeDirectory();
    await fill(directory, 5);
    const [file] = segmentsOf(directory);
    truncateSync(file, statSync(file).size - 1);
    expect(await numbersIn(directory)).toEqual([0, 1, 2, 3]);
  });

  it('does not yield what somebody put into a request', async () => {
    const directory = makeDirectory();
    await fill(directory, 1);
    const [inner] = segmentsOf(directory).map((file) => readFileSync(file));
    const other = makeDirectory();
    const world = await openStorage(other);
    const log = await openLog(world);
    const evil = { ...numbered(1), chunks: [inner], sizeBytes: inner.length };
    await log.append(evil);
    await world.storage.stop();
    const [file] = segmentsOf(other);
    const bytes = readFileSync(file);
    bytes[0] ^= 1;
    writeFileSync(file, bytes);
    expect(await numbersIn(other)).toEqual([]);
  });

  it('gives all that is whole, wherever it is flipped, cut or filled', async () => {
    const random = randomNumbers(11);
    const whole = 40;
    for (let round = 0; round < 60; round++) {
      const directory = makeDirectory();
      await fill(directory, whole, 10 + Math.floor(random() * 9_000));
      const files = segmentsOf(directory);
      const file = files[Math.floor(random() * files.length)];
      const bytes = readFileSync(file);
      const changed = damage(bytes, round, random);
      writeFileSync(file, changed);
      const hit = recordsHit(files, file, bytes, changed, whole);
      const expected = [...Array(whole).keys()].filter((number) => !hit.has(number));
      const world = await openStorage(directory);
      const numbers = (await readAll(await openLog(world))).map(numberOf);
      expect({ round, numbers }).toEqual({ round, numbers: expected });
      expect(hit.size === 0 || world.log.messages('error').length > 0).toBe(true);
      await world.storage.stop();
      deleteDirectories();
    }
  });
});

/** `bytes` with a bit flipped, a stretch overwritten, or the end missing. */
function damage(bytes: Buffer, round: number, random: () => number): Buffer {
  const changed = Buffer.from(bytes);
  const at = Math.floor(random() * bytes.length);
  const length = 1 + Math.floor(random() ** 4 * (bytes.length - at - 1));
  if (round % 3 === 0) changed[at] ^= 1 << Math.floor(random() * 8);
  if (round % 3 === 1) changed.fill(round % 2 === 0 ? 0 : 0xff, at, at + length);
  return round % 3 === 2 ? changed.subarray(0, at) : changed;
}

/** Numbers of the requests of `file` whose bytes are not what they were. */
function recordsHit(
  files: readonly string[], file: string, bytes: Buffer, changed: Buffer, whole: number,
): Set<number> {
  const sizes = files.map((name) => (name === file ? bytes.length : statSync(name).size));
  const total = sizes.reduce((sum, size) => sum + size);
  // Numbers above 9 have a name that is one byte longer, so lengths are two.
  const shorter = (total - (whole - 10)) / whole;
  const before = sizes.slice(0, files.indexOf(file)).reduce((sum, size) => sum + size, 0);
  const hit = new Set<number>();
  for (let number = 0, at = -before; number < whole; number++) {
    const end = at + shorter + (number < 10 ? 0 : 1);
    const isHere = at >= 0 && end <= bytes.length;
    if (isHere && !bytes.subarray(at, end).equals(changed.subarray(at, end))) hit.add(number);
    at = end;
  }
  return hit;
}

describe('marks of what is done', () => {
  it('that are damaged or foreign lose nothing', async () => {
    const directory = makeDirectory();
    await fill(directory, 4, 100, async (log) => {
      (await log.next())?.done();
      (await log.next())?.done();
    });
    const [done] = filesOf(directory, '.done');
    const bytes = readFileSync(done);
    bytes[8] ^= 1;
    writeFileSync(done, bytes);
    appendFileSync(done, Buffer.alloc(19, 7));
    expect(await numbersIn(directory)).toEqual([1, 2, 3]);
  });
});

describe('compaction', () => {
  const compaction = {
    onStart: false,
    onRebound: true,
    reboundNeededThresholdMib: 1,
    reboundTriggerThresholdMib: 1,
    maxTransactionSize: 1,
    checkInterval: 20,
    cleanupOnStart: true,
  };

  it('makes files smaller of which little is left, and loses nothing', async () => {
    const directory = makeDirectory();
    const settings = { compaction: { ...compaction, directory } };
    const world = await openStorage(directory, settings);
    const log = await openLog(world);
    for (let i = 0; i < 200; i++) await log.append(numbered(i, 10_000));
    const held = [];
    while (log.hasUnread) {
      const stored = await log.next();
      if (stored !== undefined && numberOf(stored.payload) % 20 === 7) held.push(stored);
      else stored?.done();
    }
    const bytes = () => world.metrics.value('otelgw_exporter_queue_disk_bytes') ?? 0;
    await until(() => bytes() < 200_000);
    held.shift()?.done();
    held.pop()?.done();
    await world.storage.stop();
    expect(await numbersIn(directory)).toEqual([27, 47, 67, 87, 107, 127, 147, 167]);
    expect(filesOf(directory, '').filter((file) => file.includes('tempdb'))).toEqual([]);
  });

  it('at the start writes anew what is left of files', async () => {
    const directory = makeDirectory();
    await fill(directory, 20, 5_000, async (log) => {
      for (let i = 0; i < 20; i++) {
        const stored = await log.next();
        if (i % 7 !== 3) stored?.done();
      }
    });
    const before = statSync(segmentsOf(directory)[0]).size;
    const world = await openStorage(directory, {
      compaction: { ...compaction, directory, onStart: true, onRebound: false },
    });
    const log = await openLog(world);
    expect(statSync(segmentsOf(directory)[0]).size).toBeLessThan(before / 5);
    expect((await readAll(log)).map(numberOf)).toEqual([3, 10, 17]);
    await world.storage.stop();
    expect(await numbersIn(directory)).toEqual([3, 10, 17]);
    await settle();
  });
});
