/**
 * A disk that fails under a running sampler: nobody is kept out, nothing is lost while the process
 * lives, and when the disk works again the journal has what was decided meanwhile.
 */
import { RetryableError } from '../../../errors';
import { settleDisk } from '../../../testing/disk-turns';
import { type DiskError, type FailingDisk, failingDisk } from '../../../testing/failing-disk';
import { SamplerLives, type SamplerLife } from '../../../testing/journalled-sampler';

jest.mock('node:fs/promises', () => jest.requireActual<{ failingDisk: FailingDisk }>(
  '../../../testing/failing-disk').failingDisk.fs);

const OURS = 'otelgw_tail_sampling_journal_';
const FAILING = 'The journal cannot be written. Spans are taken without it until it can.';
const AGAIN = 'The journal can be written again.';
const SOME = {
  decision_wait: '3s',
  policies: [
    { name: 'some', type: 'string_attribute', string_attribute: { key: 'k', values: ['yes'] } },
  ],
};
/** Of traces that are not known, all are kept. */
const ALL = { ...SOME, policies: [{ name: 'all', type: 'always_sample' }] };
const KEEP = { k: 'yes' };

let lives: SamplerLives;

beforeEach(() => {
  failingDisk.begin();
  lives = new SamplerLives();
});

afterEach(async () => {
  failingDisk.heal();
  await lives.end();
});

/** One trace that is kept and one that is not, of which the rest comes later. */
async function giveBoth(life: SamplerLife, name: string): Promise<void> {
  await life.give(
    { trace: `k${name}`, span: `k${name}`, attributes: KEEP }, { trace: `d${name}`, span: 'd' });
}

/** Traces are decided, and late spans come, while the disk may fail. */
async function live(life: SamplerLife): Promise<void> {
  await giveBoth(life, '2');
  await life.pass(2000);
  await giveBoth(life, '3');
  await life.pass(3000);
  await life.give({ trace: 'k1', span: 'k1-late' }, { trace: 'd1', span: 'd1-late' });
  await life.pass(3000);
  await giveBoth(life, '4');
}

const SENT = ['k1', 'k1-late', 'k2', 'k3'];

async function begun(failing?: Parameters<FailingDisk['begin']>[0]): Promise<SamplerLife> {
  failingDisk.begin();
  await lives.end();
  lives = new SamplerLives();
  const life = await lives.next(SOME);
  await giveBoth(life, '1');
  failingDisk.begin(failing);
  return life;
}

async function countOfOperations(): Promise<number> {
  const life = await begun();
  await live(life);
  return failingDisk.operations.length;
}

/** What the next process does of which everything but the verdicts is over. */
async function verdictsFollowed(): Promise<readonly string[]> {
  const next = await lives.next(ALL);
  for (const trace of ['k1', 'd1', 'k2', 'd2', 'k3', 'd3']) {
    await next.give({ trace, span: `${trace}-2` });
  }
  await next.pass(1000);
  return next.sent().sort();
}

describe.each(['EIO', 'ENOSPC'] as const)('a disk that fails with %s', (code: DiskError) => {
  test.each(['once', 'until it works'])('%s, at any step, has all verdicts in the end', async (
    how) => {
    const problems: string[] = [];
    const failed = new Set<string>();
    const count = await countOfOperations();
    for (let wanted = 0; wanted < count; wanted += 1) {
      const life = await begun((_operation, _path, at) =>
        (at === wanted || at > wanted && how !== 'once' ? code : undefined));
      await live(life);
      failingDisk.failed.forEach((operation) => failed.add(operation));
      failingDisk.heal();
      await life.pass(1500);
      await giveBoth(life, '5');
      await settleDisk();
      const where = `at ${wanted}: `;
      const sent = life.sent().sort().join();
      if (sent !== SENT.join()) problems.push(`${where}sent ${sent}`);
      const { log, metrics } = life.context;
      const waiting = metrics.value(`${OURS}waiting_verdicts`);
      if (waiting !== 0) problems.push(`${where}${waiting} verdicts wait`);
      const lines = log.messages('error').filter((line) => line === FAILING).length;
      const ends = log.messages('info').filter((line) => line === AGAIN).length;
      if (lines !== ends || lines > 1 + Number(how === 'once')) {
        problems.push(`${where}told ${lines} and ${ends}`);
      }
      const followed = (await verdictsFollowed()).join();
      if (followed !== 'k1-2,k2-2,k3-2') problems.push(`${where}then ${followed}`);
    }
    expect(problems).toEqual([]);
    expect([...failed]).toEqual(expect.arrayContaining(['writev', 'open']));
  }, 60_000);
});

describe('while the disk fails', () => {
  test('each reason is told once, and counted', async () => {
    let code: DiskError = 'ENOSPC';
    const life = await begun((operation) => (operation === 'writev' ? code : undefined));
    await giveBoth(life, '2');
    await life.pass(5000);
    code = 'EIO';
    await life.pass(2000);
    const { log, metrics } = life.context;
    expect(log.messages('error')).toEqual([FAILING, FAILING]);
    expect(log.messages('info')).not.toContain(AGAIN);
    expect(metrics.value(`${OURS}unwritten_spans`)).toBe(2);
    expect(metrics.value(`${OURS}waiting_verdicts`)).toBe(4);
    expect(metrics.value(`${OURS}write_failures`)).toBeGreaterThan(2);
    failingDisk.heal();
    await life.pass(2000);
    await giveBoth(life, '3');
    expect(log.messages('info')).toContain(AGAIN);
    expect(metrics.value(`${OURS}waiting_verdicts`)).toBe(0);
  });

  test('it is asked once a second, however much is decided', async () => {
    const life = await begun((operation) => (operation === 'writev' ? 'EIO' : undefined));
    for (let i = 0; i < 40; i += 1) {
      await life.give({ trace: `t${i}`, span: `s${i}`, attributes: KEEP });
      await life.pass(250);
    }
    expect(failingDisk.failed.length).toBeLessThanOrEqual(2 * 11);
  });

  test('an end writes what waits, if the disk works by then', async () => {
    const life = await begun((operation) => (operation === 'writev' ? 'EIO' : undefined));
    await life.pass(5000);
    failingDisk.heal();
    const stopping = life.sampler.stop();
    await settleDisk();
    await stopping;
    expect(await verdictsFollowed()).toEqual(['k1-2']);
  });
});

test('numbers of what cannot be read at a start are not used again', async () => {
  const first = await lives.next(ALL);
  first.context.next.refuse(() => new RetryableError('next: must have room, got none'));
  await first.give({ trace: 'a', span: 'a1' });
  await first.pass(5000);
  failingDisk.begin((operation, path) =>
    (operation === 'read' && path.endsWith('.queue') ? 'EIO' : undefined));
  const second = await lives.next(ALL);
  failingDisk.heal();
  await second.give({ trace: 'b', span: 'b1' });
  await second.pass(5000);
  expect(second.sent()).toEqual(['b1']);
  const third = await lives.next(ALL);
  await settleDisk();
  expect(third.sent()).toEqual(['a1']);
});

test.each<[string, boolean, string[]]>([
  ['taken after all does not leave again', false, []],
  ['refused leaves with the next process', true, ['a']],
])('what the next component has not answered at the end and is then %s',
  async (_name, isRefused, again) => {
    const first = await lives.next(ALL);
    await first.give({ trace: 'a', span: 'a' });
    const release = first.context.next.hold();
    if (isRefused) first.context.next.refuse(() => new RetryableError('exporter is stopped'));
    await first.pass(5000);
    const stopping = first.sampler.stop();
    await first.pass(8500);
    await stopping;
    release();
    await first.context.clock.advance(0);
    await first.sampler.answered?.();
    const second = await lives.next(ALL);
    await second.pass(1000);
    expect(second.sent()).toEqual(again);
  });
