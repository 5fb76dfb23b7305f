/** What a pool of samplers asks of this one and tells it (docs/trace-peers.md). */
import type { Arrival } from './arrival';
import type { HeldTraces } from './held-traces';
import type { Intake } from './intake';
import type { ElsewhereParcels } from './journal/elsewhere-parcels';
import type { SamplerJournal } from './journal/sampler-journal';
import type { MemoryBound } from './memory-bound';
import { PENDING, SAMPLED } from './policies/policy';
import { SpansElsewhere } from './spans-elsewhere';
import type { ComponentContext } from '../../component';
import type { TailSamplingSettings } from '../../config';
import {
  DECIDED_DROPPED, DECIDED_KEPT, HELD, UNKNOWN, type TraceHolder,
} from '../../peers/trace-holder';
import type { TracePeers } from '../../peers/trace-peers';
import { tracePool } from '../../peers/trace-pool';
import type { VerdictNote } from '../../peers/verdict-note';

/** On top of decision_wait, until the tick by which a trace is decided at the latest. */
const TICK_MS = 1000;

/** What a pool is joined with. */
export interface PeerHolderOptions {
  /** The processor's settings. */
  readonly settings: TailSamplingSettings;
  /** The traces. */
  readonly traces: HeldTraces;
  /** Takes spans, and is told that some are for other pods. */
  readonly arrival: Arrival;
  /** Takes requests. */
  readonly intake: Intake;
  /** Says whether there is memory for more. */
  readonly bound: MemoryBound;
  /** Whether the processor takes nothing any more, or not yet. */
  readonly isClosed: () => boolean;
  /** What is held, on disk. */
  readonly journal?: SamplerJournal;
}

/**
 * Joins the pool that the extension `id` makes.
 *
 * @throws Error when there is no such extension, or another sampler is in its pool.
 */
export function joinPool(
  id: string, context: ComponentContext, options: PeerHolderOptions,
): TracePeers {
  const { settings, arrival, traces, journal } = options;
  const holder = new PeerHolder(options);
  const longestWaitMs = Math.max(TICK_MS, settings.decisionWait) + TICK_MS;
  const peers = tracePool(id, context).attach(holder, longestWaitMs);
  holder.peers = peers;
  arrival.elsewhere = new SpansElsewhere(peers);
  arrival.elsewhere.journal = journal?.journal;
  traces.decided = (w0, w1, w2, w3, isKept, note) =>
    peers.decided(w0, w1, w2, w3, isKept, note);
  return peers;
}

class PeerHolder implements TraceHolder {
  public peers?: TracePeers;

  public constructor(private readonly options: PeerHolderOptions) {}

  public get isIdle(): boolean {
    return this.options.traces.undecided === 0;
  }

  public stateOf(w0: number, w1: number, w2: number, w3: number): number {
    const decision = this.options.traces.decisionOf(w0, w1, w2, w3);
    if (decision === undefined) return UNKNOWN;
    if (decision === PENDING) return HELD;
    return decision === SAMPLED ? DECIDED_KEPT : DECIDED_DROPPED;
  }

  /** As for senders, a request is let in as long as there is room at all. */
  public hasRoom(): boolean {
    const { traces, bound, settings, isClosed } = this.options;
    if (isClosed() || settings.blockOnOverflow && traces.isFull) return false;
    traces.lookAtClock();
    return bound.makeRoom();
  }

  /** What an earlier life answered for and held is this one's now. */
  public async joined(): Promise<void> {
    const { journal } = this.options;
    journal?.eachOwnVerdict((w0, w1, w2, w3, { isKept }) => this.peers?.decided(
      w0, w1, w2, w3, isKept, isKept ? this.noteOf(w0, w1, w2, w3) : undefined));
    await journal?.replay();
  }

  public take(
    request: Uint8Array, hops: number, isForwarded: boolean,
  ): void | Promise<void> {
    const written = this.options.intake.takeAndTell([request], hops, isForwarded);
    this.parcels?.moved(request, written ?? Promise.resolve(false));
    return written?.then(() => undefined);
  }

  public taken(request: Uint8Array): void {
    this.parcels?.taken(request);
  }

  public hold(
    w0: number, w1: number, w2: number, w3: number, chunks: readonly Uint8Array[], since: number,
  ): void {
    const { traces, intake } = this.options;
    traces.create(w0, w1, w2, w3, Math.max(0, traces.lookAtClock() - since));
    intake.place(chunks);
    this.parcels?.held(chunks);
  }

  public learn(
    w0: number, w1: number, w2: number, w3: number, isKept: boolean, note?: VerdictNote,
  ): void {
    const { traces } = this.options;
    traces.lookAtClock();
    traces.learn(w0, w1, w2, w3, isKept, note);
  }

  public noteOf(w0: number, w1: number, w2: number, w3: number): VerdictNote | undefined {
    return this.options.traces.noteOf(w0, w1, w2, w3);
  }

  /** `learn` was told before: what is taken finds the verdict. */
  public follow(
    _w0: number, _w1: number, _w2: number, _w3: number, chunks: readonly Uint8Array[],
  ): void {
    for (const chunk of chunks) void this.take(chunk, 0, false);
  }

  private get parcels(): ElsewhereParcels | undefined {
    return this.options.journal?.journal.elsewhere;
  }
}
