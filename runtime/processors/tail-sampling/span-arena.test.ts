import { ReleaseWriter } from './release-writer';
import { CHAIN_WORDS, clearChain, FRESH, SpanArena } from './span-arena';
import { NONE } from '../../otlp/id-table';
import { SpanIndex } from '../../otlp/span-index';
import type { Payload } from '../../pipeline/payload';
import { randomNumbers } from '../../testing/random-numbers';
import { itemsIn } from '../../testing/sample-payload';
import { spans, traceIdOf, type TestSpan } from '../../testing/span-builder';

/** An arena with chains by number, and what was released from it. */
class Holder {
  public readonly arena = new SpanArena();
  public readonly sent: Payload[] = [];
  public readonly chains = new Int32Array(4000 * CHAIN_WORDS);
  public readonly writer = new ReleaseWriter(this.arena, (payload) => this.sent.push(payload));
  private readonly index = new SpanIndex();

  public constructor(private readonly isInPieces = false) {
    for (let at = 0; at < this.chains.length; at += CHAIN_WORDS) clearChain(this.chains, at);
  }

  /** Holds each span of a request in the chain that its trace id names. */
  public hold(bytes: Uint8Array, holds = (_chain: number): boolean => true): void {
    const { index } = this;
    index.read(bytes);
    this.arena.begin(index, FRESH, this.isInPieces);
    for (let span = 0; span < index.spanCount; span += 1) {
      if (!holds(numberOf(bytes, index.traceIdAt[span]))) continue;
      const chain = numberOf(bytes, index.traceIdAt[span]) * CHAIN_WORDS;
      this.arena.append(this.chains, chain, bytes,
        index.spanTag[span], index.spanEnd[span], index.scopeOf[span], 1);
    }
    this.arena.end();
  }

  public release(chain: number): string[] {
    this.writer.add(this.chains, chain * CHAIN_WORDS);
    this.writer.flush();
    return itemsIn('traces', Buffer.concat(this.sent.splice(0).flatMap(({ chunks }) => chunks)));
  }
}

function numberOf(bytes: Uint8Array, at: number): number {
  return Buffer.from(bytes.subarray(at, at + 16)).readUInt32BE(12);
}

function idOf(chain: number): string {
  return chain.toString(16).padStart(32, '0');
}

test.each([
  { kind: 'with its request', isInPieces: false },
  { kind: 'piece by piece', isInPieces: true },
])('what is copied $kind and released by chance is what arrived', ({ isInPieces }) => {
  const random = randomNumbers(5);
  const holder = new Holder(isInPieces);
  const model = new Map<number, string[]>();
  for (let step = 0; step < 120; step += 1) {
    const list = Array.from({ length: 1 + Math.floor(random() * 40) }, (_, i): TestSpan => ({
      trace: idOf(Math.floor(random() * 200)),
      span: `${step}.${i}`,
      service: `s${Math.floor(random() * 3)}`,
      scope: `c${Math.floor(random() * 3)}`,
      attributes: { filler: 'x'.repeat(Math.floor(random() * 3000)) },
    }));
    const bytes = spans(list);
    holder.hold(bytes);
    for (const item of itemsIn('traces', bytes)) {
      const { trace_id: id } = (JSON.parse(item) as [unknown, unknown, { trace_id: string }])[2];
      const chain = Buffer.from(id, 'base64').readUInt32BE(12);
      model.set(chain, [...model.get(chain) ?? [], item].sort());
    }
    for (let times = 0; times < 20; times += 1) {
      const chain = Math.floor(random() * 200);
      if (random() < 0.5) holder.arena.drop(holder.chains, chain * CHAIN_WORDS);
      else expect(holder.release(chain)).toEqual(model.get(chain) ?? []);
      model.delete(chain);
    }
  }
  expect(holder.arena.slabs.reservedBytes).toBeGreaterThan(500_000);
});

test('memory is used again when nothing of it is held', () => {
  const holder = new Holder();
  const bytes = spans(Array.from({ length: 500 }, () => ({ trace: idOf(1) })));
  holder.hold(bytes);
  holder.arena.drop(holder.chains, CHAIN_WORDS);
  const reserved = holder.arena.slabs.reservedBytes;
  for (let times = 0; times < 200; times += 1) {
    holder.hold(bytes);
    holder.arena.drop(holder.chains, CHAIN_WORDS);
  }
  expect(holder.arena.slabs.reservedBytes).toBe(reserved);
});

test('a small sampler reserves little, and what was reserved for a flood is given back', () => {
  const holder = new Holder();
  holder.hold(spans([{ trace: idOf(1) }]));
  expect(holder.arena.slabs.reservedBytes).toBeLessThanOrEqual(256 * 1024);
  const attributes = { filler: 'x'.repeat(100_000) };
  for (let chain = 2; chain < 1000; chain += 1) {
    holder.hold(spans([{ trace: idOf(chain), attributes }]));
  }
  expect(holder.arena.slabs.reservedBytes).toBeGreaterThan(99_000_000);
  for (let chain = 2; chain < 1000; chain += 1) {
    holder.arena.drop(holder.chains, chain * CHAIN_WORDS);
  }
  for (let tick = 0; tick < 2; tick += 1) holder.arena.slabs.tidy();
  expect(holder.arena.slabs.reservedBytes).toBeLessThan(24_000_000);
  expect(holder.release(1)).toHaveLength(1);
});

test('a request larger than any slab is held', () => {
  const holder = new Holder();
  const bytes = spans([
    { trace: idOf(1), attributes: { filler: 'x'.repeat(9_000_000) } }, { trace: idOf(2) },
  ]);
  holder.hold(bytes);
  expect([...holder.release(1), ...holder.release(2)].sort()).toEqual(itemsIn('traces', bytes));
});

test('neighbouring spans of one scope share its bytes, and resources are not repeated', () => {
  const holder = new Holder();
  const bytes = spans([
    { trace: idOf(1), service: 'shop', scope: 'http' },
    { trace: idOf(2), service: 'shop', scope: 'http' },
    { trace: idOf(1), service: 'shop', scope: 'http' },
    { trace: idOf(1), service: 'shop', scope: 'sql' },
  ]);
  holder.hold(bytes);
  holder.writer.add(holder.chains, CHAIN_WORDS);
  holder.writer.flush();
  const text = Buffer.from(holder.sent[0].chunks[0]).toString('latin1');
  expect(['shop', 'http', 'sql'].map((word) => text.split(word).length - 1)).toEqual([1, 1, 1]);
});

test.each([
  ['8192 spans', 20_000, 10, 3],
  ['2 MB', 300, 30_000, 5],
])('a payload ends at %s, even within a trace', (_name, count, filler, payloads) => {
  const holder = new Holder();
  const attributes = { filler: 'x'.repeat(filler) };
  for (let left = count; left > 0; left -= 100) {
    holder.hold(spans(Array.from({ length: 100 }, () => ({ trace: idOf(1), attributes }))));
  }
  holder.writer.add(holder.chains, CHAIN_WORDS);
  holder.writer.flush();
  expect(holder.sent).toHaveLength(payloads);
  expect(Math.max(...holder.sent.map(({ items }) => items))).toBeLessThanOrEqual(8192);
  expect(Math.max(...holder.sent.map(({ sizeBytes }) => sizeBytes))).toBeLessThan(2_100_000);
  expect(holder.sent.reduce((sum, { items }) => sum + items, 0)).toBe(count);
});

test('an empty chain releases nothing', () => {
  const holder = new Holder();
  expect(holder.release(3)).toEqual([]);
  expect([holder.chains[3 * CHAIN_WORDS], traceIdOf('a').length]).toEqual([NONE, 16]);
});

test.each([
  { kind: 'with its request keeps all of it', isInPieces: false, mebibytes: [9, 8] },
  { kind: 'piece by piece keeps what is held', isInPieces: true, mebibytes: [1, 2] },
])('one trace of ten that is copied $kind', ({ isInPieces, mebibytes }) => {
  const used = [{ requests: 800, bytes: 1000 }, { requests: 40, bytes: 20_000 }].map(
    ({ requests, bytes }) => {
      const holder = new Holder(isInPieces);
      const filler = 'x'.repeat(bytes);
      for (let step = 0; step < requests; step += 1) {
        const list = Array.from({ length: 10 }, (_, i): TestSpan => ({
          trace: idOf(i), span: `${step}.${i}`, attributes: { filler },
        }));
        holder.hold(spans(list), (chain) => chain === 3);
      }
      return Math.round(holder.arena.slabs.usedBytes / 2 ** 20);
    });
  expect(used).toEqual(mebibytes);
});
