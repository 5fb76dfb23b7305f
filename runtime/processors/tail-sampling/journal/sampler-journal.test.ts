/** What a sampler holds outlives it. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { RetryableError } from '../../../errors';
import { settleDisk } from '../../../testing/disk-turns';
import {
  filesOf, nameOf, recordsIn, SamplerLives, untilDisk, type SamplerLife,
} from '../../../testing/journalled-sampler';
import { RecordingConsumer } from '../../../testing/recording-consumer';
import { findSpans } from '../../../testing/span-builder';

const ALL = { decision_wait: '4s', policies: [{ name: 'all', type: 'always_sample' }] };
const NONE = {
  ...ALL,
  policies: [{ name: 'none', type: 'status_code', status_code: { status_codes: ['ERROR'] } }],
};
const OURS = 'otelgw_tail_sampling_journal_';

let lives: SamplerLives;

beforeEach(() => {
  lives = new SamplerLives();
});

afterEach(() => lives.end());

/** Waits until so many spans were passed on. */
function arrived(life: SamplerLife, count: number): Promise<void> {
  return untilDisk(`${count} spans`, () => life.sent().length >= count);
}

/** Waits until so many records of what was decided and taken over are on disk. */
function written(life: SamplerLife, records: number): Promise<void> {
  return untilDisk(`${records} records`, () => recordsIn(life.directory, 'facts') >= records);
}

/** Lets time pass until no spans are on disk, at most a minute. */
async function emptied(life: SamplerLife): Promise<void> {
  for (let second = 0; second < 60; second += 1) {
    if (filesOf(life.directory, 'spans').length === 0) return;
    await life.pass(1000);
  }
  throw new Error(`no files: must come true, got ${filesOf(life.directory, 'spans').join()}`);
}

function refusing(): RecordingConsumer {
  const next = new RecordingConsumer();
  next.refuse(() => new RetryableError('next: must be there, got nobody'));
  return next;
}

/** Takes all but what a span of this name is in. */
function consumerBut(refused: string): RecordingConsumer {
  const next = new RecordingConsumer();
  const consume = next.consume.bind(next);
  next.consume = (payload) => {
    if (findSpans(payload.chunks[0]).every(({ spanId }) => nameOf(spanId) !== refused)) {
      return consume(payload);
    }
    throw new RetryableError('next: must have room, got none');
  };
  return next;
}

describe('after a kill', () => {
  test('what was held is held again, and decided with what comes then', async () => {
    const first = await lives.next(ALL);
    await first.give({ trace: 'a', span: 'a1' }, { trace: 'b', span: 'b1' });
    await first.give({ trace: 'a', span: 'a2' });
    const second = await lives.next(ALL);
    await second.give({ trace: 'a', span: 'a3' });
    expect(second.sent()).toEqual([]);
    await second.pass(6000);
    await arrived(second, 4);
    expect(second.sent().sort()).toEqual(['a1', 'a2', 'a3', 'b1']);
    expect(second.context.metrics.value(`${OURS}replayed_spans`)).toBe(3);
  });

  test('the wait of a trace goes on where it was, and time stood still meanwhile', async () => {
    const first = await lives.next({ ...ALL, decision_wait: '10s' });
    await first.give({ trace: 'a', span: 'a1' });
    await first.pass(7000);
    await first.give({ trace: 'b', span: 'b1' });
    const second = await lives.next({ ...ALL, decision_wait: '10s' });
    await second.pass(2000);
    expect(second.sent()).toEqual([]);
    await second.pass(2000);
    await arrived(second, 1);
    expect(second.sent()).toEqual(['a1']);
  });

  test.each([
    ['kept', ALL, NONE, ['a2']],
    ['dropped', NONE, ALL, []],
  ])('late spans of a trace that was %s follow', async (_verdict, before, after, sent) => {
    const first = await lives.next(before);
    await first.give({ trace: 'a', span: 'a1' });
    await first.pass(6000);
    await written(first, 1);
    const second = await lives.next(after);
    await second.give({ trace: 'a', span: 'a2' });
    await second.pass(6000);
    await arrived(second, sent.length);
    expect(second.sent()).toEqual(sent);
  });

  test('what the next component had taken does not leave again', async () => {
    const first = await lives.next(ALL);
    await first.give({ trace: 'a', span: 'a1' });
    await first.pass(6000);
    await first.give({ trace: 'a', span: 'a2' });
    // The verdict, and that each of two payloads was taken.
    await written(first, 3);
    const second = await lives.next(ALL);
    await second.pass(6000);
    expect(second.sent()).toEqual([]);
  });

  test('what it had not taken leaves again at once, late spans too', async () => {
    const first = await lives.next(ALL, refusing());
    await first.give({ trace: 'a', span: 'a1' });
    await first.pass(6000);
    await written(first, 1);
    await first.give({ trace: 'a', span: 'a2' });
    const second = await lives.next(NONE);
    await arrived(second, 2);
    expect(second.sent()).toEqual(['a1', 'a2']);
    await untilDisk('both are done', () => recordsIn(second.directory, 'facts') >= 5
      || second.context.next.items > 2);
    const third = await lives.next(ALL);
    await third.pass(6000);
    expect(third.sent()).toEqual([]);
  });

  test('what left beside the rest of a trace that was refused does not leave again', async () => {
    const next = consumerBut('a1');
    const first = await lives.next(ALL, next);
    // Of b, the one span leaves with a, the other one with c.
    for (const [trace, span, kib] of [['a', 'a1', 1200], ['b', 'b1', 600], ['b', 'b2', 600],
      ['c', 'c1', 600]] as const) {
      await first.give({ trace, span, attributes: { filler: 'x'.repeat(kib * 1024) } });
    }
    await first.pass(6000);
    await arrived(first, 2);
    expect(first.sent()).toEqual(['b2', 'c1']);
    await settleDisk();
    const second = await lives.next(NONE);
    await arrived(second, 3);
    await settleDisk();
    expect(second.sent()).toEqual(['a1', 'b1', 'b2']);
  });

  test('a second one loses nothing of what left again', async () => {
    const first = await lives.next(ALL, refusing());
    await first.give({ trace: 'a', span: 'a1' });
    await first.pass(6000);
    await written(first, 1);
    await lives.next(ALL, refusing());
    const third = await lives.next(NONE);
    await arrived(third, 1);
    expect(third.sent()).toEqual(['a1']);
  });

  test.each(['a1', 'b1'])('a second one has nothing leave again but what was refused: %s', async (
    refused) => {
    const first = await lives.next(ALL, refusing());
    await first.give({ trace: 'a', span: 'a1' });
    await first.pass(6000);
    await written(first, 1);
    await first.give({ trace: 'b', span: 'b1' });
    await first.pass(6000);
    await written(first, 2);
    const second = await lives.next(ALL, consumerBut(refused));
    await arrived(second, 1);
    await settleDisk();
    const third = await lives.next(NONE);
    await settleDisk();
    expect([...second.sent(), ...third.sent()].sort()).toEqual(['a1', 'b1']);
    expect(third.sent()).toEqual([refused]);
  });

  test('spans leave only after the verdict is on disk', async () => {
    const next = new RecordingConsumer();
    const first = await lives.next(ALL, next);
    await first.give({ trace: 'a', span: 'a1' });
    let copied: SamplerLife | undefined;
    const release = next.hold();
    const consume = next.consume.bind(next);
    next.consume = (payload) => {
      // The moment at which it leaves: what is on disk now is what a kill would leave.
      copied ??= lives.make(NONE);
      return consume(payload);
    };
    await first.pass(6000);
    await untilDisk('the moment', () => copied !== undefined);
    await copied?.sampler.start();
    await arrived(copied!, 1);
    expect(copied?.sent()).toEqual(['a1']);
    release();
  });

  test('a threshold is written on late spans as before', async () => {
    const config = {
      ...ALL,
      usetracestate: true,
      policies: [{
        name: 'half', type: 'probabilistic', probabilistic: { sampling_percentage: 50 },
      }],
    };
    const trace = 'ffffffffffffffffffffffffffffffff';
    const first = await lives.next(config);
    await first.give({ trace, span: 'a1' });
    await first.pass(6000);
    await written(first, 1);
    const second = await lives.next(config);
    await second.give({ trace, span: 'a2' });
    await arrived(second, 1);
    expect(second.context.next.bytes.includes('th:8')).toBe(true);
  });
});

describe('files', () => {
  test('go when all in them is decided and taken over', async () => {
    const life = await lives.next(ALL);
    for (let second = 0; second < 30; second += 1) {
      await life.give({ trace: `t${second}`, span: `s${second}` });
      await life.pass(1000);
    }
    expect(filesOf(life.directory, 'spans').length).toBeLessThan(10);
    await emptied(life);
  });

  test('stay as long as the next component has not taken what was in them', async () => {
    const next = refusing();
    const life = await lives.next(ALL, next);
    await life.give({ trace: 'a', span: 'a1' });
    await life.pass(20_000);
    expect(filesOf(life.directory, 'spans')).toHaveLength(1);
    next.accept();
    await emptied(life);
  });

  test.each([['a byte', 100], ['the end', undefined]])(
    'of which %s is damaged lose that request only', async (_what, offset) => {
      const first = await lives.next(ALL);
      await first.give({ trace: 'a', span: 'a1' });
      await first.give({ trace: 'b', span: 'b1' });
      const life = lives.make(ALL);
      const [file] = filesOf(life.directory, 'spans');
      const bytes = readFileSync(file);
      if (offset === undefined) {
        truncateSync(file, bytes.length - 3);
      } else {
        bytes[offset] ^= 1;
        writeFileSync(file, bytes);
      }
      await life.sampler.start();
      await life.pass(6000);
      await arrived(life, 1);
      expect(life.sent()).toEqual([offset === undefined ? 'a1' : 'b1']);
      expect(life.context.metrics.value(`${OURS}damaged_places`)).toBe(1);
      expect(life.context.log.messages('error')).toEqual(
        ['A file of the journal is damaged. What is damaged is lost.']);
    });

  test('that are full keep nobody out', async () => {
    const life = await lives.next({ ...ALL, journal: { max_mib: 16 } });
    const attributes = { filler: 'x'.repeat(3_000_000) };
    for (let i = 0; i < 8; i += 1) await life.give({ trace: `t${i}`, span: `s${i}`, attributes });
    const { log, metrics } = life.context;
    expect(log.messages('error')).toEqual(
      ['The journal cannot be written. Spans are taken without it until it can.']);
    expect(metrics.value(`${OURS}unwritten_spans`)).toBe(3);
    expect(life.sampler.pendingItems).toBe(8);
    await life.pass(6000);
    await arrived(life, 8);
    await life.pass(6000);
    await life.give({ trace: 'u', span: 'u1' });
    expect(log.messages('info')).toContain('The journal can be written again.');
    expect(life.sampler.pendingItems).toBe(0);
  });
});

describe('at the end', () => {
  test('nothing is left but verdicts, which late spans follow', async () => {
    const first = await lives.next(ALL);
    await first.give({ trace: 'a', span: 'a1' });
    await first.sampler.stop();
    expect(first.sent()).toEqual(['a1']);
    expect(filesOf(first.directory, 'spans')).toEqual([]);
    const second = await lives.next(NONE);
    await second.give({ trace: 'a', span: 'a2' });
    await arrived(second, 1);
    expect(second.context.metrics.value(`${OURS}replayed_verdicts`)).toBe(1);
  });

  test('what the next component does not take stays, and is not called lost', async () => {
    const first = await lives.next(ALL, refusing());
    await first.give({ trace: 'a', span: 'a1' });
    const stopping = first.sampler.stop();
    await first.pass(20_000);
    await stopping;
    const { log, metrics } = first.context;
    expect(metrics.value('otelgw_tail_sampling_lost_spans', { reason: 'refused' })).toBe(0);
    expect(log.messages('warn')).toContain(
      'Sampled spans stay in the journal for the next process.');
    const second = await lives.next(ALL);
    await arrived(second, 1);
    expect(second.sent()).toEqual(['a1']);
  });

  test('undecided spans that are to be dropped do not come back', async () => {
    const config = { ...ALL, drop_pending_traces_on_shutdown: true };
    const first = await lives.next(config);
    await first.give({ trace: 'a', span: 'a1' });
    await first.sampler.stop();
    const second = await lives.next(config);
    await second.pass(6000);
    expect(second.sent()).toEqual([]);
  });
});

describe('a directory', () => {
  test('is used by one sampler', async () => {
    const first = await lives.next(ALL);
    const second = lives.make(ALL, undefined, first.directory);
    const starting = second.sampler.start();
    starting.catch(() => undefined);
    await untilDisk('the first question', () => second.context.clock.waiting > 0);
    await second.context.clock.advance(2000);
    await expect(starting).rejects.toThrow(
      /^processors\.tail_sampling\.journal\.directory: must be used by one process only, got /);
  });

  test('must be one', async () => {
    const file = `${lives.copy()}-file`;
    writeFileSync(file, '');
    await expect(lives.make(ALL, undefined, file).sampler.start()).rejects.toThrow(
      /^processors\.tail_sampling\.journal\.directory: must be a directory that can be read/);
  });
});
