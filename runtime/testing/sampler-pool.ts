/** Tail samplers of a pool in one process: real processors, messages in memory, a fake clock. */
import type { Extension, Processor } from '../component';
import { processorContext } from './component-context';
import { settleDisk } from './disk-turns';
import { FakeClock } from './fake-clock';
import { giveSpans, lentCopy, overwrite } from './lent-bytes';
import { tailSettings, type RawConfig } from './oracle-traces';
import { RecordingConsumer } from './recording-consumer';
import { findSpans, type FoundSpan, type TestSpan } from './span-builder';
import { makeUpstreamRing } from '../extensions/trace-peers/upstream-ring';
import type { PeerAnswer, PeerRequest } from '../peers/messages';
import { PeerUnreachable, type PeerTransport } from '../peers/peer-transport';
import type { TraceHolder } from '../peers/trace-holder';
import { TracePeers } from '../peers/trace-peers';
import type { TracePool } from '../peers/trace-pool';
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
  /** Where its journal is, if it has one. */
  readonly directory?: string;
  /** Gives it spans in one request. */
  give(list: readonly TestSpan[]): void;
  /** As `give`; the promise is fulfilled when they are acknowledged. */
  ask(list: readonly TestSpan[]): Promise<void>;
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
  /** Addresses that are listed whether anybody runs there or not. */
  private readonly waited = new Set<string>();
  /** Incarnations that have been killed. */
  private readonly dead = new Set<number>();
  private readonly incarnations = new Map<PoolSampler, number>();
  private lives = 0;

  public constructor(
    private readonly config: RawConfig, private readonly given?: TailSamplingOverrides,
  ) {}

  /** Starts a sampler that has not joined yet, with a journal in `directory` if there is one. */
  public async add(address: string, directory?: string): Promise<PoolSampler> {
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
    const settings = {
      ...tailSettings(this.config),
      peers: 'trace_peers',
      journal: directory === undefined ? undefined : { directory, maxMib: 64 },
    };
    const sampler = createTailSamplingProcessor(settings, context, this.given);
    await sampler.start();
    if (peers === undefined || holder === undefined) {
      throw new Error('tail_sampling: must join its pool, got no word');
    }
    const take = giverOf(sampler);
    const give = (list: readonly TestSpan[]): void => { void take(list); };
    const ask = async (list: readonly TestSpan[]): Promise<void> => take(list);
    const started = {
      address, sampler, peers, holder, directory, context: { ...context, next }, give, ask,
    };
    this.incarnations.set(started, this.lives);
    this.samplers.push(started);
    return started;
  }

  /** Starts one, lets it join, and calls it ready. */
  public async join(address: string, directory?: string): Promise<PoolSampler> {
    const started = await this.add(address, directory);
    await this.until(started.peers.begin(this.view()));
    this.ready.add(address);
    this.tell();
    return started;
  }

  /** Lets one leave and ends it; `meanwhile` is done when it has left and still listens. */
  public async leave(leaving: PoolSampler, meanwhile?: () => Promise<void>): Promise<void> {
    this.ready.delete(leaving.address);
    this.tell();
    await this.until(leaving.peers.leave());
    await meanwhile?.();
    await this.until(leaving.sampler.stop());
    this.samplers.splice(this.samplers.indexOf(leaving), 1);
    this.ended.push(leaving);
    this.tell();
  }

  /** Kills one: it says nothing any more, and what it passes on from now on does not count. */
  public kill(killed: PoolSampler): void {
    this.dead.add(this.incarnations.get(killed) ?? 0);
    killed.context.next.consume = () => Promise.resolve();
    this.samplers.splice(this.samplers.indexOf(killed), 1);
    this.ended.push(killed);
  }

  /** The resolver calls one no longer ready, though it is still listed. */
  public unready(address: string): void {
    this.ready.delete(address);
    this.waited.add(address);
    this.tell();
  }

  /** Ends all. */
  public async close(): Promise<void> {
    for (const { sampler } of this.samplers) await this.until(sampler.stop());
    const killed = this.ended.filter((life) => this.dead.has(this.incarnations.get(life) ?? 0));
    await Promise.all(killed.map(({ sampler }) => this.until(sampler.stop())));
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
    const addresses = [...this.samplers.map(({ address }) => address), ...this.waited];
    return { ready: [...this.ready], all: [...new Set(addresses)] };
  }

  private tell(): void {
    for (const { peers } of this.samplers) peers.view(this.view());
  }

  private async until(promise: Promise<void>): Promise<void> {
    let isDone = false;
    void promise.then(() => { isDone = true; });
    for (let steps = 0; !isDone; steps += 1) {
      if (steps > 2000) throw new Error('the pool: must agree, got nothing in time');
      if (this.samplers.some(({ directory }) => directory !== undefined)) await settleDisk();
      if (isDone) return;
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
      transport: this.transport(this.lives),
      holder,
      makeRing: makeUpstreamRing,
      log,
      metrics,
      decisionWaitMs,
      viewDelayMs: VIEW_DELAY_MS,
    });
  }

  private transport(incarnation: number): PeerTransport {
    return {
      send: (address, request) => new Promise((resolve, reject) => {
        this.clock.after(5, () => {
          const to = this.samplers.find((sampler) => sampler.address === address);
          if (this.dead.has(incarnation)) return;
          if (to === undefined) reject(new PeerUnreachable('nobody listens', true));
          else answerOf(to.peers, request).then(resolve, reject);
        });
      }),
      forget: () => undefined,
    };
  }
}

/** A message comes in bytes of its own, which are soon another's. */
async function answerOf(peers: TracePeers, request: PeerRequest): Promise<PeerAnswer> {
  const { body } = request;
  if (body?.kind !== 'forward') return peers.receive(request);
  const chunks = [lentCopy(Buffer.concat(body.chunks))];
  const answer = peers.receive({ ...request, body: { ...body, chunks } });
  if (answer.written === undefined) overwrite(chunks[0]);
  await answer.written;
  return answer;
}

function giverOf(sampler: Processor): (list: readonly TestSpan[]) => void | Promise<void> {
  return (list) => giveSpans(sampler, list);
}
