/** Tail samplers of a pool in one process: real processors, messages in memory, a fake clock. */
import type { Extension, Processor } from '../component';
import { processorContext } from './component-context';
import { FakeClock } from './fake-clock';
import { tailSettings, type RawConfig } from './oracle-traces';
import { RecordingConsumer } from './recording-consumer';
import { findSpans, spans, type FoundSpan, type TestSpan } from './span-builder';
import { makeUpstreamRing } from '../extensions/trace-peers/upstream-ring';
import { PeerUnreachable, type PeerTransport } from '../peers/peer-transport';
import type { TraceHolder } from '../peers/trace-holder';
import { TracePeers } from '../peers/trace-peers';
import type { TracePool } from '../peers/trace-pool';
import { createPayload } from '../pipeline/payload';
import {
  createTailSamplingProcessor, type TailSamplingOverrides,
} from '../processors/tail-sampling/tail-sampling';

/** Longest delay of the resolver of this pool, in milliseconds. */
const VIEW_DELAY_MS = 1000;

/** A sampler of a pool. */
export interface PoolSampler {
  /** Its address. */
  readonly address: string;
  /** The processor. */
  readonly sampler: Processor;
  /** Its part of the pool. */
  readonly peers: TracePeers;
  /** What the pool asks of it. */
  readonly holder: TraceHolder;
  /** Its log and metrics, and what it passed on. */
  readonly context: ReturnType<typeof processorContext> & { readonly next: RecordingConsumer };
  /** Gives it spans in one request. */
  give(list: readonly TestSpan[]): void;
}

/** A pool. */
export class SamplerPool {
  /** The time of all. */
  public readonly clock = new FakeClock();
  /** Those that run. */
  public readonly samplers: PoolSampler[] = [];
  /** Those that have run. */
  public readonly ended: PoolSampler[] = [];
  private readonly ready = new Set<string>();
  private lives = 0;

  public constructor(
    private readonly config: RawConfig, private readonly given?: TailSamplingOverrides,
  ) {}

  /** Starts a sampler that has not joined yet. */
  public async add(address: string): Promise<PoolSampler> {
    let peers: TracePeers | undefined;
    let holder: TraceHolder | undefined;
    const pool: TracePool = {
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      attach: (attached, decisionWaitMs) => {
        holder = attached;
        return peers = this.peersOf(address, attached, decisionWaitMs);
      },
    };
    const find = (id: string): Extension | undefined => id === 'trace_peers' ? pool : undefined;
    const next = new RecordingConsumer();
    const context = processorContext(
      'tail_sampling', 'traces', next, { clock: this.clock, extension: find });
    const settings = { ...tailSettings(this.config), peers: 'trace_peers' };
    const sampler = createTailSamplingProcessor(settings, context, this.given);
    await sampler.start();
    if (peers === undefined || holder === undefined) {
      throw new Error('tail_sampling: must join its pool, got no word');
    }
    const started = {
      address, sampler, peers, holder, context: { ...context, next }, give: giverOf(sampler),
    };
    this.samplers.push(started);
    return started;
  }

  /** Starts one, lets it join, and calls it ready. */
  public async join(address: string): Promise<PoolSampler> {
    const started = await this.add(address);
    await this.until(started.peers.begin(this.view()));
    this.ready.add(address);
    this.tell();
    return started;
  }

  /** Lets one leave and ends it. */
  public async leave(leaving: PoolSampler): Promise<void> {
    this.ready.delete(leaving.address);
    this.tell();
    await this.until(leaving.peers.leave());
    await leaving.sampler.stop();
    this.samplers.splice(this.samplers.indexOf(leaving), 1);
    this.ended.push(leaving);
    this.tell();
  }

  /** Ends all. */
  public async close(): Promise<void> {
    for (const { sampler } of this.samplers) await sampler.stop();
  }

  /** All spans that were passed on by anyone. */
  public get passedOn(): FoundSpan[] {
    return [...this.samplers, ...this.ended].flatMap(({ context }) =>
      findSpans(context.next.bytes));
  }

  /** The sum of a metric over all samplers that ran or run. */
  public sum(name: string, attributes: Readonly<Record<string, string>> = {}): number {
    return [...this.samplers, ...this.ended].reduce((sum, { context }) =>
      sum + (context.metrics.value(name, attributes) ?? 0), 0);
  }

  private view() {
    return { ready: [...this.ready], all: this.samplers.map(({ address }) => address) };
  }

  private tell(): void {
    for (const { peers } of this.samplers) peers.view(this.view());
  }

  private async until(promise: Promise<void>): Promise<void> {
    let isDone = false;
    void promise.then(() => { isDone = true; });
    for (let steps = 0; !isDone; steps += 1) {
      if (steps > 2000) throw new Error('the pool: must agree, got nothing in time');
      await this.clock.advance(50);
    }
  }

  private peersOf(address: string, holder: TraceHolder, decisionWaitMs: number): TracePeers {
    this.lives += 1;
    const { log, metrics } = processorContext('trace_peers');
    return new TracePeers({
      id: 'trace_peers',
      identity: { address, incarnation: this.lives },
      clock: this.clock,
      transport: this.transport(),
      holder,
      makeRing: makeUpstreamRing,
      log,
      metrics,
      decisionWaitMs,
      viewDelayMs: VIEW_DELAY_MS,
    });
  }

  private transport(): PeerTransport {
    return {
      send: (address, request) => new Promise((resolve, reject) => {
        this.clock.after(5, () => {
          const to = this.samplers.find((sampler) => sampler.address === address);
          if (to === undefined) reject(new PeerUnreachable('nobody listens', true));
          else resolve(to.peers.receive(request));
        });
      }),
      forget: () => undefined,
    };
  }
}

function giverOf(sampler: Processor): (list: readonly TestSpan[]) => void {
  return (list) => {
    void sampler.consume(createPayload('traces', [spans(list)], list.length));
  };
}
