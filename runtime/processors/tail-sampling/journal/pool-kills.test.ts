/** Pools with journals whose pods are killed by chance: nothing is lost, split or doubled. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settleDisk } from '../../../testing/disk-turns';
import { randomNumbers } from '../../../testing/random-numbers';
import { SamplerPool, type PoolSampler } from '../../../testing/sampler-pool';
import { numberedSpan } from '../../../testing/span-builder';

const SPANS = 6;
const ROUNDS = 3;
const STEP_MS = 200;
const ADDRESSES = ['10.0.0.1:4317', '10.0.0.2:4317', '10.0.0.3:4317'];
const CONFIG = {
  decision_wait: '10s',
  decision_cache: { sampled_cache_size: 10_000, non_sampled_cache_size: 10_000 },
};
/** A part of a trace is not kept. */
const WHOLE = [{ name: 'whole', type: 'span_count', span_count: { min_spans: SPANS } }];
const ALL = [{ name: 'all', type: 'always_sample' }];

/** Spans of some traces at a time, each to any sampler, again until one takes it. */
class Senders {
  /** Spans that were acknowledged. */
  public promised = 0;
  private traces = 0;
  private open: { readonly trace: number; span: number }[] = [];

  public constructor(private readonly pool: SamplerPool, private readonly random: () => number) {}

  /** Brings some more, and begins traces if `isGoingOn`. */
  public async step(isGoingOn = true): Promise<void> {
    for (let i = 0; isGoingOn && i < 3; i += 1) this.open.push({ trace: this.traces++, span: 0 });
    for (const next of this.open) if (this.random() < 0.6) await this.bring(next);
    this.open = this.open.filter(({ span }) => span < SPANS);
    await pass(this.pool, STEP_MS);
  }

  public async finish(): Promise<void> {
    while (this.open.length > 0) await this.step(false);
  }

  private async bring(next: { readonly trace: number; span: number }): Promise<void> {
    const there = this.pool.samplers.filter(({ peers }) => !peers.isFull);
    if (there.length === 0) return;
    const sampler = there[Math.floor(this.random() * there.length)];
    await sampler.ask([numberedSpan(next.trace, next.span)]);
    next.span += 1;
    this.promised += 1;
  }
}

async function pass(pool: SamplerPool, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    await pool.clock.advance(100);
    await settleDisk();
  }
}

let root: string;
let lives = 0;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'otelgw-pool-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function directory(): string {
  lives += 1;
  return join(root, String(lives));
}

/** Kills a sampler; gives what it leaves. */
function kill(pool: SamplerPool, killed: PoolSampler): string {
  pool.kill(killed);
  const left = directory();
  cpSync(killed.directory!, left, {
    recursive: true, filter: (path) => !path.endsWith('.sock'),
  });
  return left;
}

test.each([
  [1, ALL], [2, WHOLE], [3, ALL], [4, WHOLE],
])('with seed %i', async (seed, policies) => {
  const random = randomNumbers(seed);
  const pool = new SamplerPool({ ...CONFIG, policies });
  for (const address of ADDRESSES) await pool.join(address, directory());
  await pool.clock.advance(40_000);
  const senders = new Senders(pool, random);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let i = random() * 12; i > 0; i -= 1) await senders.step();
    // What is on its way between two pods when one of them is killed may come twice.
    await pass(pool, 400);
    const killed = [...pool.samplers].sort(() => random() - 0.5).slice(0, random() < 0.4 ? 2 : 1);
    const left = killed.map((one) => kill(pool, one));
    for (let i = random() * 6; i > 0; i -= 1) await senders.step();
    await pass(pool, 400);
    await Promise.all(killed.map(({ address }, i) => pool.join(address, left[i])));
    if (random() < 0.5) continue;
    // Again, before or after it could tell anybody.
    if (random() < 0.5) await pass(pool, 400);
    const again = pool.samplers.find(({ address }) => address === killed[0].address)!;
    await settleDisk();
    await pool.join(again.address, kill(pool, again));
  }
  await senders.finish();
  await pass(pool, 60_000);
  const ids = pool.passedOn.map(({ spanId }) => spanId);
  await pool.close();
  expect(senders.promised).toBeGreaterThan(100);
  expect([new Set(ids).size, ids.length]).toEqual([senders.promised, senders.promised]);
}, 60_000);
