/** Lives of random length: what was acknowledged arrives, verdicts stay, and little comes twice. */
import { RetryableError } from '../../../errors';
import type { Payload } from '../../../pipeline/payload';
import { settleDisk } from '../../../testing/disk-turns';
import { nameOf, SamplerLives, type SamplerLife } from '../../../testing/journalled-sampler';
import { randomNumbers } from '../../../testing/random-numbers';
import { RecordingConsumer } from '../../../testing/recording-consumer';
import { findSpans, type TestSpan } from '../../../testing/span-builder';

const LIVES = 6;
const STEPS = 25;
/** Traces whose number is even are kept; others when enough of them is there in time. */
const CONFIG = {
  decision_wait: '3s',
  policies: [
    { name: 'even', type: 'string_attribute', string_attribute: { key: 'kind', values: ['even'] } },
    { name: 'enough', type: 'span_count', span_count: { min_spans: 5 } },
  ],
};

/** A next component that may be slow or refuse, and knows what it took without having said so. */
class MoodyConsumer extends RecordingConsumer {
  public readonly open = new Set<Payload>();
  /** What it has said that it took. */
  public readonly answered = new Set<Payload>();
  public isDead = false;

  public constructor(private readonly random: () => number) {
    super();
  }

  public async consume(payload: Payload): Promise<void> {
    this.calls += 1;
    this.open.add(payload);
    if (this.isDead || this.random() < 0.2) {
      throw new RetryableError('next: must have time, got none');
    }
    this.payloads.push(payload);
    const turns = Math.floor(this.random() * 20);
    for (let turn = 0; turn < turns; turn += 1) await new Promise((r) => setImmediate(r));
    this.open.delete(payload);
    this.answered.add(payload);
  }
}

/** What was acknowledged, and what may come twice. */
class Ledger {
  public readonly acknowledged = new Map<string, string>();
  public readonly copies = new Map<string, number>();
  private readonly excused = new Set<string>();
  private traces = 0;
  private spans = 0;

  public constructor(private readonly random: () => number) {}

  public request(): TestSpan[] {
    if (this.traces === 0 || this.random() < 0.3) this.traces += 1;
    return Array.from({ length: 1 + Math.floor(this.random() * 4) }, () => {
      const trace = Math.max(0, this.traces - Math.floor(this.random() ** 2 * 12));
      const attributes = { kind: trace % 2 === 0 ? 'even' : 'odd' };
      return { trace: `t${trace}`, span: `s${this.spans++}`, attributes };
    });
  }

  /** This span may come twice. */
  public excuse(span: string): void {
    this.excused.add(span);
  }

  public arrive(life: SamplerLife): void {
    for (const span of life.sent()) this.copies.set(span, (this.copies.get(span) ?? 0) + 1);
  }

  /** What should be there and is not: all of even traces, all or nothing of others. */
  public get missing(): string[] {
    const begun = new Set([...this.acknowledged].filter(([span]) => this.copies.has(span))
      .map(([, trace]) => trace));
    return [...this.acknowledged].filter(([span, trace]) => !this.copies.has(span)
      && (begun.has(trace) || Number(trace.slice(1)) % 2 === 0)).map(([span]) => span);
  }

  public get twice(): string[] {
    return [...this.copies].filter(([span, count]) => count > 1 && !this.excused.has(span))
      .map(([span]) => span);
  }
}

/** What was passed on of which the note may not be on disk yet. */
async function notNoted(next: MoodyConsumer): Promise<Payload[]> {
  const noted = new Set(next.answered);
  await settleDisk();
  return next.payloads.filter((payload) => !noted.has(payload));
}

async function live(
  life: SamplerLife, ledger: Ledger, next: MoodyConsumer, random: () => number,
): Promise<void> {
  for (let step = 0; step < STEPS; step += 1) {
    const list = ledger.request();
    void life.give(...list).then(() => {
      // What is acknowledged after the kill is not.
      if (next.isDead) return;
      for (const { trace, span } of list) ledger.acknowledged.set(span!, trace);
    });
    if (random() < 0.6) await life.context.clock.advance(Math.floor(random() * 600));
    if (random() < 0.3) await settleDisk();
  }
}

test.each([1, 2, 3, 4, 5, 6])('with seed %i', async (seed) => {
  const random = randomNumbers(seed);
  const ledger = new Ledger(random);
  const lives = new SamplerLives();
  for (let life = 0; life < LIVES; life += 1) {
    const next = new MoodyConsumer(random);
    const running = await lives.next(CONFIG, next);
    await live(running, ledger, next, random);
    // A note of what was answered just now may be on its way.
    const mayRepeat = random() < 0.6 ? await notNoted(next) : next.payloads;
    for (const { chunks } of mayRepeat) {
      for (const { spanId } of findSpans(chunks[0])) ledger.excuse(nameOf(spanId));
    }
    lives.freeze();
    next.isDead = true;
    ledger.arrive(running);
  }
  const last = await lives.next(CONFIG);
  await last.pass(20_000);
  ledger.arrive(last);
  expect(ledger.acknowledged.size).toBeGreaterThan(LIVES * STEPS);
  expect(ledger.missing).toEqual([]);
  expect(ledger.twice).toEqual([]);
  await lives.end();
});
