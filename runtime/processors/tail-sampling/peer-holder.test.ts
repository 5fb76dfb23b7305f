/** Several samplers of one pool: what one of them does is what one sampler alone would do. */
import { crc32 } from 'zlib';
import { RetryableError } from '../../errors';
import { buildRing, endpointOf } from '../../routing/hash-ring';
import { SamplerPool, type PoolSampler } from '../../testing/sampler-pool';
import { numberedSpan, spans, type TestSpan } from '../../testing/span-builder';

const DECIDED = 'otelcol_processor_tail_sampling_global_count_traces_sampled';
const SPANS = 6;
/** Keeps traces that are there as a whole: half of one is not kept. */
const WHOLE = {
  decision_wait: '4s',
  policies: [{ name: 'whole', type: 'span_count', span_count: { min_spans: SPANS } }],
};
const CACHES = { decision_cache: { sampled_cache_size: 1000, non_sampled_cache_size: 1000 } };

function idOf(trace: number): string {
  return numberedSpan(trace, 0).trace;
}

/** So many spans of each of these traces, numbered from `first` on; two resources. */
function spansOf(traces: readonly number[], first: number, count: number): TestSpan[] {
  return traces.flatMap((trace) => Array.from({ length: count }, (_, i) => ({
    ...numberedSpan(trace, first + i),
    service: trace % 2 === 0 ? 'even' : 'odd',
  })));
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);
/** Every third trace never gets all of its spans. */
const isWhole = (trace: number): boolean => trace % 3 !== 0;

let pool: SamplerPool;

/** Gives one span of each trace, the whole ones one more, each in turn to another sampler. */
function spread(samplers: readonly PoolSampler[], traces: readonly number[], span: number): void {
  const some = span === SPANS - 1 ? traces.filter(isWhole) : traces;
  samplers.forEach((sampler, i) => {
    const mine = some.filter((trace) => (trace + span) % samplers.length === i);
    if (mine.length > 0) sampler.give(spansOf(mine, span, 1));
  });
}

/** Number of spans that should leave: each once, of whole traces only. */
function expectWhole(traces: readonly number[], spansEach: number): void {
  const ids = pool.passedOn.map(({ traceId, spanId }) => `${traceId} ${spanId}`);
  const wanted = spansOf(traces.filter(isWhole), 0, spansEach)
    .map(({ trace, span }) => `${trace} ${span}`);
  expect(ids.sort()).toEqual(wanted.sort());
  expect(pool.sum(DECIDED)).toBe(traces.length);
}

afterEach(() => pool.close());

describe.each([
  ['with caches', CACHES], ['without caches', {}],
  ['with adjusted counts', { ...CACHES, usetracestate: true }],
])('a pool of samplers %s', (_, more) => {
  test('decides each trace once, and late spans follow wherever they come', async () => {
    pool = new SamplerPool({ ...WHOLE, ...more });
    const samplers = [await pool.join('10.0.0.1:4317'), await pool.join('10.0.0.2:4317'),
      await pool.join('10.0.0.3:4317')];
    await pool.clock.advance(30_000);
    const traces = numbers(0, 60);
    for (let span = 0; span < SPANS; span += 1) spread(samplers, traces, span);
    await pool.clock.advance(10_000);
    expectWhole(traces, SPANS);
    for (const sampler of samplers) {
      expect(sampler.context.metrics.value(DECIDED)).toBeGreaterThan(5);
    }
    for (const late of [0, 1, 2]) {
      spread([...samplers.slice(late), ...samplers.slice(0, late)], traces, SPANS + late);
      await pool.clock.advance(2000);
    }
    expectWhole(traces, SPANS + 3);
  });

  test('goes on so when one joins and one leaves in the middle of traces', async () => {
    pool = new SamplerPool({ ...WHOLE, ...more });
    const [a, b] = [await pool.join('10.0.0.1:4317'), await pool.join('10.0.0.2:4317')];
    await pool.clock.advance(30_000);
    const traces = numbers(0, 60);
    spread([a, b], traces, 0);
    await pool.clock.advance(500);
    const c = await pool.join('10.0.0.3:4317');
    spread([b, c, a], traces, 1);
    await pool.clock.advance(500);
    spread([c, a, b], traces, 2);
    const leaving = pool.leave(a);
    spread([a, b, c], traces, 3);
    await pool.clock.advance(200);
    spread([c, a, b], traces, 4);
    spread([b, a, c], traces, 5);
    await leaving;
    await pool.clock.advance(5000);
    expectWhole(traces, SPANS);
    spread([c, b], traces, SPANS);
    await pool.clock.advance(3000);
    expectWhole(traces, SPANS + 1);
    expect(b.peers.isFull || c.peers.isFull).toBe(false);
  });
});

test('senders are asked to come again until the pool is joined, and after the end', async () => {
  pool = new SamplerPool(WHOLE);
  const a = await pool.add('10.0.0.1:4317');
  expect(() => a.give(spansOf([1], 0, 1))).toThrow(RetryableError);
  expect(a.context.metrics.value('otelgw_tail_sampling_refused_spans')).toBe(1);
  await a.peers.begin({ ready: [a.address] });
  a.give(spansOf([1], 0, SPANS));
  await a.sampler.stop();
  expect(pool.passedOn).toHaveLength(SPANS);
  expect(() => a.give(spansOf([1], 0, 1))).toThrow(RetryableError);
});

test('what waits for a pod that does not answer is decided by the one who stops', async () => {
  pool = new SamplerPool(WHOLE);
  const a = await pool.join('10.0.0.1:4317');
  const b = await pool.join('10.0.0.2:4317');
  await pool.clock.advance(30_000);
  pool.kill(b);
  a.give(spansOf(numbers(0, 20), 0, SPANS));
  const stopping = a.sampler.stop();
  await pool.clock.advance(4000);
  await stopping;
  expect(a.context.next.items).toBe(20 * SPANS);
  expect(b.context.next.items).toBe(0);
});

test('a trace that was asked about is as old as its first span', async () => {
  pool = new SamplerPool(WHOLE);
  const { holder, context } = await pool.join('10.0.0.1:4317');
  await pool.clock.advance(500);
  const id = [1, 2, 3, 4] as const;
  const bytes = Buffer.alloc(16);
  id.forEach((word, at) => bytes.writeInt32LE(word, 4 * at));
  const request = spans(Array.from({ length: SPANS }, () => ({ trace: bytes.toString('hex') })));
  holder.hold(...id, [request], pool.clock.monotonic() - 3000);
  await pool.clock.advance(1000);
  expect(context.next.items).toBe(0);
  await pool.clock.advance(1000);
  expect(context.next.items).toBe(SPANS);
});

test('a sampler that has stopped has room for nothing', async () => {
  pool = new SamplerPool(WHOLE);
  const { holder, sampler } = await pool.join('10.0.0.1:4317');
  expect(holder.hasRoom(1)).toBe(true);
  await sampler.stop();
  expect(holder.hasRoom(1)).toBe(false);
});

test('what num_traces lets go begins anew, in one place, as in a sampler alone', async () => {
  pool = new SamplerPool({ ...WHOLE, ...CACHES, num_traces: 5 });
  const [a, b] = [await pool.join('10.0.0.1:4317'), await pool.join('10.0.0.2:4317')];
  await pool.clock.advance(30_000);
  const ring = buildRing([a.address, b.address]);
  const own = numbers(1, 60).filter((trace) => isWhole(trace)
    && endpointOf(ring, crc32(Buffer.from(idOf(trace), 'hex'))) === a.address).slice(0, 6);
  const [first, ...others] = own;
  b.give(spansOf([first], 0, SPANS - 1));
  await pool.clock.advance(100);
  for (const trace of others) a.give(spansOf([trace], 0, SPANS));
  const letGo = () => pool.sum('otelgw_tail_sampling_released_traces', { reason: 'num_traces' });
  expect(letGo()).toBe(1);
  await pool.clock.advance(1000);
  // With what was let go this would be the whole trace.
  b.give(spansOf([first], SPANS - 1, 1));
  await pool.clock.advance(100);
  expect(letGo()).toBe(2);
  await pool.clock.advance(10_000);
  expect(new Set(pool.passedOn.map(({ traceId }) => traceId)))
    .toEqual(new Set(others.slice(1).map(idOf)));
  expect(pool.sum(DECIDED)).toBe(own.length - 1);
  a.give(spansOf([first], SPANS, 1));
  b.give(spansOf([first], SPANS + 1, 1));
  await pool.clock.advance(10_000);
  expect(pool.sum(DECIDED)).toBe(own.length - 1);
  expect(pool.passedOn).toHaveLength(others.slice(1).length * SPANS);
});

test('memory that is short makes peers wait, and nothing is lost', async () => {
  pool = new SamplerPool({
    ...WHOLE, num_traces: 10, block_on_overflow: true, decision_cache: null,
  });
  const a = await pool.join('10.0.0.1:4317');
  const b = await pool.join('10.0.0.2:4317');
  await pool.clock.advance(30_000);
  const traces = numbers(0, 40).filter(isWhole);
  for (const trace of traces) a.give(spansOf([trace], 0, SPANS));
  await pool.clock.advance(60_000);
  expectWhole(traces, SPANS);
  expect(b.context.next.items).toBeGreaterThan(0);
});

test('under stress the id decides at its owner, and others follow', async () => {
  pool = new SamplerPool({
    ...WHOLE, ...CACHES, stress_relief: { sampling_percentage: 50 },
  }, { memory: { used: () => 99, collect: () => undefined }, totalMemory: () => 100 });
  const a = await pool.join('10.0.0.1:4317');
  const b = await pool.join('10.0.0.2:4317');
  await pool.clock.advance(30_000);
  const traces = numbers(0, 40);
  a.give(spansOf(traces, 0, 1));
  await pool.clock.advance(500);
  b.give(spansOf(traces, 1, 1));
  await pool.clock.advance(8000);
  const byTrace = new Map<string, number>();
  for (const { traceId } of pool.passedOn) {
    byTrace.set(traceId, (byTrace.get(traceId) ?? 0) + 1);
  }
  expect(new Set(byTrace.values())).toEqual(new Set([2]));
  expect(byTrace.size).toBeGreaterThan(5);
  expect(byTrace.size).toBeLessThan(35);
});

test('what comes to a pod that has left, before it ends, is decided with the rest', async () => {
  pool = new SamplerPool({ ...WHOLE, ...CACHES });
  const [first, second] = [await pool.join('10.0.0.1:4317'), await pool.join('10.0.0.2:4317')];
  await pool.clock.advance(30_000);
  const traces = numbers(0, 60);
  await pool.leave(first, async () => {
    await second.ask(spansOf(traces, 0, 2));
    await first.ask(spansOf(traces, 2, SPANS - 3));
    await first.ask(spansOf(traces.filter(isWhole), SPANS - 1, 1));
  });
  await pool.clock.advance(10_000);
  expectWhole(traces, SPANS);
});
