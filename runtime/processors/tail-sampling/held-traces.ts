/** The traces that wait for a decision, and those whose decision is remembered with them. */
import { DecisionCache, NOTE } from './decision-cache';
import { DecisionWheel } from './decision-wheel';
import { NONE } from './id-table';
import { NOT_SAMPLED, PENDING, SAMPLED } from './policies/policy';
import type { ReleaseWriter } from './release-writer';
import type { SpanArena } from './span-arena';
import type { TailSamplingMetrics } from './tail-sampling-metrics';
import { ARRIVED, CHAIN, DECIDED, DECISION, SPANS, TOO_LARGE, TraceTable } from './trace-table';
import { VERDICT_WORDS, type Verdicts } from './verdicts';
import type { Clock } from '../../clock';
import type { TailSamplingSettings } from '../../config';

const SECOND = 1000;

/** What traces are held with. */
export interface HeldTracesOptions {
  /** The processor's settings. */
  readonly settings: TailSamplingSettings;
  /** Number of words for the answers to the policies' questions, and for verdicts. */
  readonly bitWords: number;
  /** Remembers why traces were kept, where that is written on their spans. */
  readonly verdicts?: Verdicts;
  /** Where spans are held. */
  readonly arena: SpanArena;
  /** Takes the spans of traces that are kept. */
  readonly writer: ReleaseWriter;
  /** The time. */
  readonly clock: Clock;
  /** Where traces are counted. */
  readonly metrics: TailSamplingMetrics;
}

/** Holds traces. */
export class HeldTraces {
  /** The traces' records. */
  public readonly table: TraceTable;
  /** When they are decided. */
  public readonly wheel: DecisionWheel;
  /** Traces that were kept and let go. */
  public readonly sampledCache: DecisionCache;
  /** Traces that were not kept and let go. */
  public readonly notSampledCache: DecisionCache;
  /** Number of spans that wait for a decision. */
  public spans = 0;
  /** Milliseconds of which records keep 32 bits: differences up to 49 days are right. */
  private now = 0;
  private readonly limit: number;

  public constructor(private readonly options: HeldTracesOptions) {
    const { settings, bitWords } = options;
    const { decisionCache, decisionWait, decisionWaitAfterRootReceived, numTraces } = settings;
    this.limit = Math.max(1, numTraces);
    this.table = new TraceTable(bitWords, this.limit);
    this.wheel = new DecisionWheel(this.table, decisionWait, decisionWaitAfterRootReceived);
    this.sampledCache = new DecisionCache(
      decisionCache.sampledCacheSize, options.verdicts === undefined ? 0 : VERDICT_WORDS);
    this.notSampledCache = new DecisionCache(decisionCache.nonSampledCacheSize);
  }

  /** Looks at the clock: what follows happens now. Asking for each trace would be dear. */
  public lookAtClock(): number {
    const now = this.options.clock.monotonic();
    this.now = Math.floor(now) | 0;
    return now;
  }

  /** A record for a new trace, which makes room by letting the oldest one go. */
  public create(w0: number, w1: number, w2: number, w3: number): number {
    if (this.table.size >= this.limit) this.evict(this.table.oldest);
    const trace = this.table.insert(w0, w1, w2, w3, this.now);
    this.wheel.add(trace);
    this.options.metrics.newTraces.add(1);
    return trace;
  }

  /** Writes down the decision about a trace, and passes its spans on or lets them go. */
  public settle(trace: number, decision: number): void {
    const { arena, metrics, writer, verdicts } = this.options;
    const { words } = this.table;
    words[trace + DECISION] = decision;
    words[trace + DECIDED] = this.now;
    this.spans -= words[trace + SPANS];
    if (decision === SAMPLED) {
      metrics.releasedByDecision.add(words[trace + SPANS]);
      writer.add(words, trace + CHAIN, verdicts?.decided(words, trace));
    } else {
      arena.drop(words, trace + CHAIN);
    }
    const cache = decision === SAMPLED ? this.sampledCache : this.notSampledCache;
    if (!cache.enabled) return;
    const known = cache.add(
      words[trace], words[trace + 1], words[trace + 2], words[trace + 3]);
    if (decision === SAMPLED) verdicts?.copy(words, trace, cache.words, known + NOTE);
    this.remove(trace);
  }

  /** Gives a trace up that has become too large: it is not kept, and no policy is asked. */
  public giveUp(trace: number): void {
    this.options.metrics.tooLarge.add(1);
    this.wheel.remove(trace);
    this.table.words[trace + TOO_LARGE] = 1;
    this.settle(trace, NOT_SAMPLED);
  }

  /** Lets every undecided trace go; gives the number of their spans. */
  public dropPending(): number {
    const { words } = this.table;
    const dropped = this.spans;
    for (let trace = this.table.oldest; trace !== NONE;) {
      const pending = words[trace + DECISION] === PENDING;
      const gone = trace;
      trace = this.table.newerThan(trace);
      if (!pending) continue;
      this.options.arena.drop(words, gone + CHAIN);
      this.wheel.remove(gone);
      this.table.remove(gone);
    }
    this.spans = 0;
    return dropped;
  }

  /** Seconds since the trace was decided. */
  public secondsSinceDecision(trace: number): number {
    return this.secondsSince(this.table.words[trace + DECIDED]);
  }

  private evict(trace: number): void {
    const { words } = this.table;
    if (words[trace + DECISION] === PENDING) {
      this.spans -= words[trace + SPANS];
      this.options.arena.drop(words, trace + CHAIN);
      this.wheel.lose(trace);
    }
    this.remove(trace);
  }

  private remove(trace: number): void {
    this.options.metrics.removalAge.record(this.secondsSince(this.table.words[trace + ARRIVED]));
    this.table.remove(trace);
  }

  private secondsSince(then: number): number {
    return Math.floor((this.now - then >>> 0) / SECOND);
  }
}
