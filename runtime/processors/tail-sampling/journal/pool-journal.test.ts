/** A pool of samplers of which one is killed, and comes back with its journal. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLACE_HERE } from '../../../peers/trace-peers';
import { settleDisk } from '../../../testing/disk-turns';
import { untilDisk } from '../../../testing/journalled-sampler';
import { SamplerPool, type PoolSampler } from '../../../testing/sampler-pool';
import { findSpans, numberedSpan, type TestSpan } from '../../../testing/span-builder';

const SPANS = 6;
const TRACES = 60;
const ADDRESSES = ['10.0.0.1:4317', '10.0.0.2:4317', '10.0.0.3:4317'];
/** Keeps traces that are there as a whole: half of one is not kept. */
const WHOLE = {
  decision_wait: '6s',
  decision_cache: { sampled_cache_size: 1000, non_sampled_cache_size: 1000 },
  policies: [{ name: 'whole', type: 'span_count', span_count: { min_spans: SPANS } }],
};

let root: string;
let lives = 0;
let pool: SamplerPool;
let samplers: PoolSampler[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'otelgw-pool-'));
  pool = new SamplerPool(WHOLE);
  samplers = [];
  for (const address of ADDRESSES) samplers.push(await pool.join(address, directory()));
  await pool.clock.advance(30_000);
});

afterEach(async () => {
  await pool.close();
  rmSync(root, { recursive: true, force: true });
});

function directory(): string {
  lives += 1;
  return join(root, String(lives));
}

/** Lets time pass in steps, between which disks get their turns. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    await pool.clock.advance(100);
    await settleDisk();
  }
}

/**
 * Gives the spans of this number of all traces, to the samplers that are there in turn: in one
 * request to each, or each in a request of its own.
 */
async function give(span: number, areApart = false): Promise<void> {
  const some = pool.samplers.filter(({ peers }) => !peers.isFull);
  await Promise.all(some.map((sampler, i) => {
    const mine = Array.from({ length: TRACES }, (_, trace) => trace)
      .filter((trace) => (trace + span) % some.length === i);
    const list = mine.map((trace) => numberedSpan(trace, span));
    return areApart ? Promise.all(list.map((one) => sampler.ask([one]))) : sampler.ask(list);
  }));
}

/** Kills one, and starts it again at its address with the files that it leaves. */
async function restart(killed: PoolSampler): Promise<void> {
  pool.kill(killed);
  await pool.join(killed.address, copyOf(killed));
}

function copiesOfSpans(): Map<string, number> {
  const copies = new Map<string, number>();
  for (const { spanId } of pool.passedOn) copies.set(spanId, (copies.get(spanId) ?? 0) + 1);
  return copies;
}

test.each(ADDRESSES.map((address, i) => [address, i] as const))(
  'loses no span, and splits no trace, when %s is killed in the middle of traces', async (_, i) => {
    for (let span = 0; span < SPANS / 2; span += 1) await give(span);
    await pass(500);
    await restart(samplers[i]);
    for (let span = SPANS / 2; span < SPANS; span += 1) await give(span);
    await pass(40_000);
    const copies = copiesOfSpans();
    expect(copies.size).toBe(TRACES * SPANS);
    expect([...copies.values()].filter((count) => count > 1)).toEqual([]);
  });

test.each([
  ['kept', 'rest', SPANS],
  ['dropped', 'begin', 0],
])('what a pod held that was away for long follows what others have %s since', async (
  _verdict, kind, spansOfTrace) => {
  await pool.close();
  pool = new SamplerPool({
    ...WHOLE,
    policies: [{
      name: kind, type: 'string_attribute', string_attribute: { key: 'kind', values: [kind] },
    }],
  });
  samplers = [];
  for (const address of ADDRESSES) samplers.push(await pool.join(address, directory()));
  await pool.clock.advance(30_000);
  const [, killed] = samplers;
  const mine = Array.from({ length: TRACES }, (_, trace) => trace).filter((trace) =>
    killed.peers.locate(...wordsOf(numberedSpan(trace, 0).trace), 0, false) === PLACE_HERE);
  const spanOf = (trace: number, span: number): TestSpan => ({
    ...numberedSpan(trace, span), attributes: { kind: span < SPANS / 2 ? 'begin' : 'rest' },
  });
  const [first] = samplers;
  for (let span = 0; span < SPANS / 2; span += 1) {
    await first.ask(mine.map((trace) => spanOf(trace, span)));
    await pass(200);
  }
  pool.kill(killed);
  const left = copyOf(killed);
  pool.unready(killed.address);
  for (let span = SPANS / 2; span < SPANS; span += 1) {
    await first.ask(mine.map((trace) => spanOf(trace, span)));
  }
  await pass(60_000);
  await pool.join(killed.address, left);
  await pass(30_000);
  expect(mine.length).toBeGreaterThan(TRACES / 6);
  const copies = copiesOfSpans();
  expect(copies.size).toBe(mine.length * spansOfTrace);
  expect([...copies.values()].filter((count) => count > 1)).toEqual([]);
}, 30_000);

test('late spans follow verdicts that a killed sampler had answered for', async () => {
  for (let span = 0; span < SPANS; span += 1) await give(span);
  await pass(20_000);
  expect(copiesOfSpans().size).toBe(TRACES * SPANS);
  await restart(samplers[1]);
  await give(SPANS);
  await pass(40_000);
  const copies = copiesOfSpans();
  expect(copies.size).toBe(TRACES * (SPANS + 1));
  expect([...copies.values()].filter((count) => count > 1)).toEqual([]);
});

test.each([
  ['with others', false], ['in requests of their own', true],
])('spans that wait for a silent pod, %s, are sent to it by the next life', async (_, areApart) => {
  // Nobody is told that it is gone: its address is listed, and nothing answers there.
  pool.kill(samplers[2]);
  for (let span = 0; span < SPANS; span += 1) await give(span, areApart);
  await pass(300);
  const [first] = samplers;
  await restart(first);
  await pool.join(ADDRESSES[2], copyOf(samplers[2]));
  await pass(60_000);
  const copies = copiesOfSpans();
  expect(copies.size).toBe(TRACES * SPANS);
  expect([...copies.values()].filter((count) => count > 1)).toEqual([]);
});

test('what waited for a pod that is gone, and was held and taken then, is over', async () => {
  await pool.close();
  const policies = [{ name: 'all', type: 'always_sample' }];
  pool = new SamplerPool({ decision_wait: '30s', policies });
  samplers = [];
  for (const address of ADDRESSES) samplers.push(await pool.join(address, directory()));
  await pool.clock.advance(60_000);
  const [first] = samplers;
  const all = Array.from({ length: TRACES }, (_, trace) => numberedSpan(trace, 0));
  const own = (span: TestSpan): boolean =>
    first.peers.locate(...wordsOf(span.trace), 0, false) === PLACE_HERE;
  const later = all.filter(own);
  pool.kill(samplers[2]);
  await first.ask(all.filter((span) => !own(span)));
  // In the same file, and decided later: it keeps the file.
  await pass(2500);
  await first.ask(later);
  await pass(300);
  pool.kill(first);
  const second = await pool.join(first.address, copyOf(first));
  while (second.context.next.items === 0) await pass(500);
  await restart(second);
  await pass(60_000);
  const copies = copiesOfSpans();
  expect(later.length).toBeGreaterThan(0);
  expect(copies.size).toBe(TRACES);
  expect([...copies.values()].filter((count) => count > 1)).toEqual([]);
}, 30_000);

/** A pod that is taking up what an earlier life held of all traces: some of it, so far. */
async function halfWay(): Promise<PoolSampler> {
  await pool.close();
  pool = new SamplerPool(WHOLE);
  const first = await pool.join(ADDRESSES[0], directory());
  const filler = 'x'.repeat(20_000);
  for (let span = 0; span < SPANS; span += 1) {
    await Promise.all(Array.from({ length: TRACES }, (_, trace) =>
      first.ask([{ ...numberedSpan(trace, span), attributes: { filler } }])));
  }
  pool.kill(first);
  const second = await pool.add(ADDRESSES[0], copyOf(first));
  void second.peers.begin({ ready: [], all: [ADDRESSES[0]] });
  await untilDisk('some of it', () => tracesTaken(second) > 0);
  expect(tracesTaken(second)).toBeLessThanOrEqual(TRACES);
  return second;
}

function tracesTaken({ context: { metrics } }: PoolSampler): number {
  return metrics.value('otelcol_processor_tail_sampling_new_trace_id_received') ?? 0;
}

test('a pod that ends while it takes up what it held leaves all of that to the next', async () => {
  const second = await halfWay();
  const stopping = second.sampler.stop();
  await pass(2000);
  await stopping;
  pool.samplers.splice(0);
  expect(tracesTaken(second)).toBeLessThanOrEqual(TRACES);
  expect(findSpans(second.context.next.bytes)).toEqual([]);
  expect(second.context.log.messages('error')).toEqual([]);
  const third = await pool.join(ADDRESSES[0], copyOf(second));
  await pass(20_000);
  expect(new Set(findSpans(third.context.next.bytes).map(({ spanId }) => spanId)).size)
    .toBe(TRACES * SPANS);
});

test('a pod that takes up what it held decides and takes nothing before it has all', async () => {
  const second = await halfWay();
  await expect(second.ask([numberedSpan(0, SPANS)])).rejects.toThrow('have replayed its journal');
  // Few turns for the disk: as far as the sampler goes, the rest takes that long to read.
  for (let tick = 0; tick < 9; tick += 1) {
    await pool.clock.advance(1000);
    await new Promise(setImmediate);
  }
  await pass(20_000);
  const copies = copiesOfSpans();
  expect(copies.size).toBe(TRACES * SPANS);
  expect([...copies.values()].filter((count) => count > 1)).toEqual([]);
});

test('what another pod kept by its id leaves again while nobody has taken it over', async () => {
  await pool.close();
  pool = new SamplerPool({ ...WHOLE, stress_relief: {} });
  const first = await pool.join(ADDRESSES[0], directory());
  const [byId, usual] = [numberedSpan(1, 0), numberedSpan(2, 0)];
  await Promise.all([first.ask([byId]), first.ask([usual])]);
  const { next } = first.context;
  const take = next.consume.bind(next);
  // The next component answers for the one, and not for the other.
  let release = (): void => undefined;
  next.consume = async (payload) => {
    const found = findSpans(Buffer.concat([...payload.chunks]));
    if (found.every(({ spanId }) => spanId !== byId.span)) await take(payload);
    else await new Promise<void>((resolve) => { release = resolve; });
  };
  first.holder.learn(...wordsOf(byId.trace), true, {
    high: 0, low: 0, policy: '', isById: true,
  });
  first.holder.learn(...wordsOf(usual.trace), true);
  await pass(2000);
  expect(pool.passedOn.map(({ spanId }) => spanId)).toEqual([usual.span]);
  await restart(first);
  await pass(2000);
  expect(pool.passedOn.map(({ spanId }) => spanId).sort())
    .toEqual([byId.span, usual.span].sort());
  release();
});

/** The four words of an id. */
function wordsOf(trace: string): [number, number, number, number] {
  const bytes = Buffer.from(trace, 'hex');
  return [0, 4, 8, 12].map((at) => bytes.readInt32LE(at)) as [number, number, number, number];
}

function copyOf({ directory: from }: PoolSampler): string {
  const next = directory();
  cpSync(from!, next, { recursive: true, filter: (path) => !path.endsWith('.sock') });
  return next;
}
