/** What verdicts in a journal say, and which builds can read it. */
import { join } from 'node:path';
import type { FoundArrival } from './arrival-record';
import { decodeFacts, encodeFacts, UnknownRecordError, type Facts } from './fact-record';
import { Journal } from './journal';
import { JOURNAL_WORDS, JournalLog } from './journal-log';
import { JournalMetrics } from './journal-metrics';
import { KnownFacts } from './known-facts';
import { RetryableError } from '../../../errors';
import { createPayload, type Payload } from '../../../pipeline/payload';
import { WriteFaults } from '../../../storage/write-faults';
import { settleDisk } from '../../../testing/disk-turns';
import { SamplerLives, untilDisk, type SamplerLife } from '../../../testing/journalled-sampler';
import { RecordingConsumer } from '../../../testing/recording-consumer';

const KEYED = (key: string): object => ({
  name: key, type: 'string_attribute', string_attribute: { key, values: ['yes'] },
});
const CONFIG = {
  decision_wait: '3s',
  usetracestate: true,
  recordpolicy: true,
  policies: [KEYED('x'), {
    name: 'mix',
    type: 'composite',
    composite: {
      max_total_spans_per_second: 1000,
      policy_order: ['inside'],
      composite_sub_policy: [KEYED('inside')],
    },
  }],
};

let lives: SamplerLives;

beforeEach(() => {
  lives = new SamplerLives();
});

afterEach(() => lives.end());

/** One trace that `key` keeps, and what left of it or was refused. */
async function decided(key: string, next = new RecordingConsumer()): Promise<Buffer> {
  const attempts: Payload[] = [];
  const consume = next.consume.bind(next);
  next.consume = (payload) => {
    attempts.push(payload);
    return consume(payload);
  };
  const life = await lives.next(CONFIG, next);
  await life.give({ trace: 'a', span: 'a1', attributes: { [key]: 'yes' } });
  await life.pass(5000);
  await settleDisk();
  return Buffer.concat(attempts[0].chunks);
}

const attributes = ({ context: { next } }: SamplerLife): string[] => [
  'tailsampling.composite_policy', 'tailsampling.policy', 'tailsampling.cached_decision', 'th:0',
].filter((word) => next.bytes.includes(word));

test.each(['x', 'inside'])('what leaves again after a kill is written on as before: %s', async (
  key) => {
  const next = new RecordingConsumer();
  next.refuse(() => new RetryableError('next: must have room, got none'));
  const before = await decided(key, next);
  const second = await lives.next(CONFIG);
  await untilDisk('it leaves', () => second.sent().length > 0);
  expect(second.context.next.bytes.toString('hex')).toBe(before.toString('hex'));
  expect(before.includes(key === 'x' ? 'tailsampling.policy' : 'tailsampling.composite_policy'))
    .toBe(true);
});

test('late spans after a kill name the policy that had kept their trace', async () => {
  await decided('x');
  const second = await lives.next({ ...CONFIG, policies: [KEYED('other')] });
  await second.give({ trace: 'a', span: 'a2' });
  expect(attributes(second)).toEqual(
    ['tailsampling.policy', 'tailsampling.cached_decision', 'th:0']);
  const third = await lives.next({ ...CONFIG, policies: [KEYED('other')] });
  await third.give({ trace: 'a', span: 'a3' });
  expect(third.context.next.bytes.includes('other')).toBe(false);
  expect(attributes(third)).toEqual(
    ['tailsampling.policy', 'tailsampling.cached_decision', 'th:0']);
});

const ID = Int32Array.from([1, 2, 3, 4]);
const ARRIVAL: FoundArrival = {
  number: 6,
  time: 0,
  first: 1,
  last: 0,
  late: new Int32Array(),
  request: new Uint8Array(),
  spans: 1,
};

/** A record of version 1: one kept trace in parcels 3 to 4, of which `done` were taken over. */
function oldRecord(done: readonly number[], isAgain: boolean): Uint8Array {
  const bytes = Buffer.alloc(40 + 32 + 28 + 8 * done.length);
  [1, 1, 0, done.length, 0, 0].forEach((count, i) => bytes.writeUInt32LE(count, 4 * i));
  bytes.writeDoubleLE(1000, 24);
  bytes.writeDoubleLE(9, 32);
  [3, 4, 6].forEach((number, i) => bytes.writeDoubleLE(number, 40 + 8 * i));
  bytes.writeUInt32LE(1, 64);
  bytes.writeUInt32LE(Number(isAgain), 68);
  [...ID, 0, 0x800000, 5].forEach((word, i) => bytes.writeInt32LE(word, 72 + 4 * i));
  done.forEach((number, i) => bytes.writeDoubleLE(number, 100 + 8 * i));
  return bytes;
}

test.each([
  ['a parcel is missing', [3], false, true],
  ['all are taken', [3, 4], false, false],
  ['one that left again is missing', [4], true, true],
  ['all that left again are taken', [3, 4], true, false],
])('a journal of version 1 is read: %s', (_what, done, isAgain, isUndone) => {
  const known = new KnownFacts();
  known.add(decodeFacts(createPayload('traces', [oldRecord(done, isAgain)], 1)));
  expect(known.isUndone(ARRIVAL, ID, 0)).toBe(isUndone);
  const verdicts: unknown[] = [];
  known.eachVerdict((...verdict) => verdicts.push(verdict));
  expect(verdicts).toEqual([[1, 2, 3, 4, {
    isKept: true, flags: 0, high: 0x800000, low: 5, policy: '', part: '',
  }]]);
});

test('what left again is over by its own parcels', () => {
  const facts: Facts = {
    time: 0,
    arrivals: 9,
    groups: [{ first: 3, last: 3, upTo: 6, count: 1 }],
    kept: Int32Array.from([...ID, 0, 0, 0, 0]),
    dropped: new Int32Array(),
    done: [11],
    held: [],
    elsewhere: [],
    again: [
      { arrival: 6, first: 11, last: 11, ids: ID }, { arrival: 5, first: 10, last: 10, ids: ID },
    ],
    names: [],
  };
  const known = new KnownFacts();
  known.add(decodeFacts(encodeFacts(facts)));
  expect(known.isUndone(ARRIVAL, ID, 0)).toBe(false);
  expect(known.isUndone({ ...ARRIVAL, number: 5 }, ID, 0)).toBe(true);
  expect(known.parcels).toBe(11);
});

test('facts of an earlier process take no memory once all of that is taken up', async () => {
  await decided('x');
  const { context, directory } = lives.make(CONFIG);
  const journal = await Journal.open({
    settings: { directory, maxMib: 16 },
    context,
    wheel: { openBatch: 1, nextBatch: 0, closedBatches: 1 },
    remembered: 10,
  });
  const { known: { size }, time } = journal;
  journal.replayed();
  expect([size, journal.known.size]).toEqual([1, 0]);
  expect(journal.time).toBe(time);
  await journal.close(false);
});

test('a journal of a later version is refused in a sentence', async () => {
  const life = lives.make(CONFIG);
  const { context, directory, sampler } = life;
  const metrics = new JournalMetrics(context.metrics, 'other');
  const log = await JournalLog.open({
    folder: join(directory, 'facts'),
    segmentBytes: 1000,
    maxBytes: 0,
    log: context.log,
    metrics,
    faults: new WriteFaults(JOURNAL_WORDS, context.log),
    diskBytes: () => 0,
    onWritten: () => undefined,
  });
  const record = Buffer.alloc(64);
  record.writeUInt32LE(3);
  await log.append(createPayload('traces', [record], 1));
  await log.close();
  await expect(sampler.start()).rejects.toThrow(
    'processors.tail_sampling.journal.directory: must hold a journal that can be opened, got '
    + `${directory}: its records must be of version 2 at most, got version 3`);
  expect(() => decodeFacts(createPayload('traces', [record], 1))).toThrow(UnknownRecordError);
});
