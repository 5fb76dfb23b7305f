/** The traces that wait for a decision, and those whose decision is remembered with them. */
import { DecisionCache, NOTE } from './decision-cache';
import { DecisionWheel } from './decision-wheel';
import { FingerprintCache } from './fingerprint-cache';
import { AS_LATE } from './journal/fact-record';
import type { FactWriter } from './journal/fact-writer';
import type { VerdictBefore } from './journal/known-facts';
import { NOT_SAMPLED, PENDING, SAMPLED } from './policies/policy';
import type { ReleaseWriter } from './release-writer';
import type { SpanArena } from './span-arena';
import type { SplitTraces } from './split-traces';
import type { ReleaseReason, TailSamplingMetrics } from './tail-sampling-metrics';
import {
  ARRIVED, BY_ID, CHAIN, DECIDED, DECISION, FLAGS, LEARNED, setEpoch, SPANS, TOO_LARGE,
  TraceTable,
} from './trace-table';
import { VERDICT_WORDS, type ReleaseNote, type Verdicts } from './verdicts';
import type { Clock } from '../../clock';
import type { TailSamplingSettings } from '../../config';
import { NONE } from '../../otlp/id-table';
import type { VerdictNote } from '../../peers/verdict-note';

const SECOND = 1000;
/** Decisions remembered unless the configuration says how many, as shares of num_traces. */
const SAMPLED_PER_TRACE = 2;
const NOT_SAMPLED_PER_TRACE = 4;
/** At most so many of each kind: 64 MiB for those not kept, however many traces there may be. */
const MOST_USUAL = 2 ** 22;

const FLAG_WORDS = 1;
/** Word of a record in the cache of kept traces that holds its flags: BY_ID, LEARNED or none. */
export const CACHED_FLAGS = NOTE;
/** The first word of the verdict in such a record. */
export const CACHED_VERDICT = NOTE + FLAG_WORDS;
/** What other pods are told of traces that their ids keep, where no verdicts are written. */
const NOTED_BY_ID: VerdictNote = { high: 0, low: 0, policy: '', isById: true };

/** What traces are held with. */
export interface HeldTracesOptions {
  /** The processor's settings. */
  readonly settings: TailSamplingSettings;
  /** Number of words of a record for what is gathered about a trace, and for its verdict. */
  readonly factWords: number;
  /** Remembers why traces were kept, where that is written on their spans. */
  readonly verdicts?: Verdicts;
  /** Counts traces that look as if they had been split, if anybody does. */
  readonly splitTraces?: SplitTraces;
  /** Where spans are held. */
  readonly arena: SpanArena;
  /** Takes the spans of traces that are kept. */
  readonly writer: ReleaseWriter;
  /** Takes those of traces that were kept by their ids alone; only with stress relief. */
  readonly markedWriter?: ReleaseWriter;
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
  public readonly notSampledCache: FingerprintCache;
  /** Number of spans that wait for a decision. */
  public spans = 0;
  /** Number of traces that wait for a decision. */
  public undecided = 0;
  /** Number of the rules that the facts of new traces are answers to. */
  public epoch = 0;
  /** Number of verdicts that are remembered. */
  public readonly remembered: number;
  /** Is told of every verdict that is made here; a pool of samplers asks for them. */
  public decided?: (
    w0: number, w1: number, w2: number, w3: number, isKept: boolean, note?: VerdictNote,
  ) => void;
  /** Writes every verdict down; absent where there is no journal. */
  public journal?: FactWriter;
  /** Milliseconds of which records keep 32 bits: differences up to 49 days are right. */
  private now = 0;
  private readonly limit: number;

  public constructor(private readonly options: HeldTracesOptions) {
    const { settings, factWords, verdicts } = options;
    const { decisionWait, decisionWaitAfterRootReceived, decisionQuietPeriod } = settings;
    this.limit = Math.max(1, settings.numTraces);
    this.table = new TraceTable(factWords, this.limit);
    this.wheel = new DecisionWheel(
      this.table, decisionWait, decisionWaitAfterRootReceived, decisionQuietPeriod);
    const { sampledCacheSize, nonSampledCacheSize } = cacheSizes(settings, this.limit);
    this.sampledCache = new DecisionCache(
      sampledCacheSize, FLAG_WORDS + (verdicts === undefined ? 0 : VERDICT_WORDS));
    this.notSampledCache = new FingerprintCache(nonSampledCacheSize);
    this.remembered = Math.max(
      this.limit, Math.max(0, sampledCacheSize) + Math.max(0, nonSampledCacheSize));
  }

  /** Whether there is no room for another trace that is not decided. */
  public get isFull(): boolean {
    return this.undecided >= this.limit;
  }

  /** Looks at the clock: what follows happens now. Asking for each trace would be dear. */
  public lookAtClock(): number {
    const now = this.options.clock.monotonic();
    this.now = Math.floor(now) | 0;
    return now;
  }

  /**
   * A record for a new trace, which makes room by letting the oldest one go. Its first span came so
   * many milliseconds ago.
   */
  public create(w0: number, w1: number, w2: number, w3: number, heldMs = 0): number {
    // A request that was let in is taken whole: senders wait before the next one.
    const makesRoom = this.table.size >= this.limit && !this.options.settings.blockOnOverflow;
    if (makesRoom) this.evict(this.table.oldest);
    const trace = this.table.insert(w0, w1, w2, w3, this.now - heldMs | 0);
    setEpoch(this.table.words, trace, this.epoch);
    this.wheel.add(trace, Math.floor(heldMs / SECOND));
    this.undecided += 1;
    this.options.metrics.newTraces.add(1);
    return trace;
  }

  /** PENDING, SAMPLED or what stands for the contrary; undefined for a trace that nobody knows. */
  public decisionOf(w0: number, w1: number, w2: number, w3: number): number | undefined {
    const { table, sampledCache, notSampledCache } = this;
    const found = table.find(w0, w1, w2, w3);
    if (found !== NONE) return table.words[found + DECISION];
    if (sampledCache.has(w0, w1, w2, w3)) return SAMPLED;
    return notSampledCache.has(w0, w1, w2, w3) ? NOT_SAMPLED : undefined;
  }

  /**
   * Another sampler has decided about a trace, which follows if it waits here. `note` is what that
   * one writes on its spans.
   */
  public learn(
    w0: number, w1: number, w2: number, w3: number, isKept: boolean, note?: VerdictNote,
  ): void {
    const before = this.decisionOf(w0, w1, w2, w3);
    const decision = isKept ? SAMPLED : NOT_SAMPLED;
    const flag = note === undefined ? LEARNED : note.isById ? BY_ID : 0;
    if (before === undefined) {
      const released = this.writeDown(w0, w1, w2, w3, decision, flag, note);
      if (isKept) this.journal?.remember(w0, w1, w2, w3, flag, released);
      else this.journal?.drop(w0, w1, w2, w3);
    } else if (before === PENDING) {
      const trace = this.table.find(w0, w1, w2, w3);
      this.table.words[trace + FLAGS] |= flag;
      this.conclude(trace, decision, 'peer', note);
    }
  }

  /** What other samplers are told of a kept trace; undefined where there is nothing to tell. */
  public noteOf(w0: number, w1: number, w2: number, w3: number): VerdictNote | undefined {
    const { table, sampledCache, options: { verdicts } } = this;
    const found = table.find(w0, w1, w2, w3);
    const isHere = found !== NONE;
    const record = isHere ? found : sampledCache.find(w0, w1, w2, w3);
    if (record === NONE) return undefined;
    const { words } = isHere ? table : sampledCache;
    const flags = words[record + (isHere ? FLAGS : CACHED_FLAGS)];
    if ((flags & LEARNED) !== 0) return undefined;
    const isById = (flags & BY_ID) !== 0;
    if (verdicts === undefined) return isById ? NOTED_BY_ID : undefined;
    return verdicts.told(words, record + (isHere ? verdicts.word : CACHED_VERDICT), isById);
  }

  /**
   * Remembers a decision by the id alone, about a trace of which no span is held. Gives what is
   * written on its spans if it is kept and anything is.
   */
  public remember(
    w0: number, w1: number, w2: number, w3: number, decision: number,
  ): ReleaseNote | undefined {
    const { metrics, verdicts } = this.options;
    metrics.newTraces.add(1);
    metrics.letGo('stress_relief');
    this.decided?.(
      w0, w1, w2, w3, decision === SAMPLED, verdicts?.toldById() ?? NOTED_BY_ID);
    const note = this.writeDown(w0, w1, w2, w3, decision, BY_ID);
    if (decision === SAMPLED) this.journal?.remember(w0, w1, w2, w3, BY_ID, note);
    else this.journal?.drop(w0, w1, w2, w3);
    return note;
  }

  /** An earlier process decided about a trace, of which no span is held yet. */
  public recall(
    w0: number, w1: number, w2: number, w3: number, { isKept, flags, ...note }: VerdictBefore,
  ): void {
    this.lookAtClock();
    this.writeDown(w0, w1, w2, w3, isKept ? SAMPLED : NOT_SAMPLED, flags, {
      ...note, isById: (flags & BY_ID) !== 0,
    });
  }

  /** Writes down the decision about a trace, and passes its spans on or lets them go. */
  public settle(trace: number, decision: number, reason: ReleaseReason): void {
    const { words } = this.table;
    const { decided, options: { verdicts } } = this;
    decided?.(
      words[trace], words[trace + 1], words[trace + 2], words[trace + 3], decision === SAMPLED,
      decision === SAMPLED ? verdicts?.toldOfDecided() : undefined);
    this.conclude(trace, decision, reason);
  }

  /** Gives a trace up that has become too large: it is not kept, and no policy is asked. */
  public giveUp(trace: number): void {
    this.options.metrics.tooLarge.add(1);
    this.table.words[trace + FLAGS] |= TOO_LARGE;
    this.settle(trace, NOT_SAMPLED, 'too_large');
  }

  /** Lets the record of a decided trace go, if it is still there. */
  public forget(trace: number): void {
    const { enabled } = this.table.words[trace + DECISION] === SAMPLED
      ? this.sampledCache : this.notSampledCache;
    if (!enabled) this.remove(trace);
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
      this.journal?.drop(words[gone], words[gone + 1], words[gone + 2], words[gone + 3]);
      this.wheel.remove(gone);
      this.table.remove(gone);
      this.options.metrics.letGo('shutdown');
    }
    this.undecided = 0;
    this.spans = 0;
    return dropped;
  }

  /** Seconds since the trace was decided. */
  public secondsSinceDecision(trace: number): number {
    return this.secondsSince(this.table.words[trace + DECIDED]);
  }

  /** Milliseconds since the trace's first span. */
  public millisecondsHeld(trace: number): number {
    return this.now - this.table.words[trace + ARRIVED] >>> 0;
  }

  private writeDown(
    w0: number, w1: number, w2: number, w3: number, decision: number, flag: number,
    note?: VerdictNote,
  ): ReleaseNote | undefined {
    const { verdicts } = this.options;
    const { sampledCache, notSampledCache, table } = this;
    const sampled = decision === SAMPLED;
    if (sampled && sampledCache.enabled) {
      const known = sampledCache.add(w0, w1, w2, w3);
      sampledCache.words[known + CACHED_FLAGS] = flag;
      return this.noteDown(sampledCache.words, known + CACHED_VERDICT, note);
    }
    if (!sampled && notSampledCache.enabled) {
      notSampledCache.add(w0, w1, w2, w3);
      return undefined;
    }
    if (table.size >= this.limit) this.evict(table.oldest);
    const trace = table.insert(w0, w1, w2, w3, this.now);
    const { words } = table;
    words[trace + DECISION] = decision;
    words[trace + DECIDED] = this.now;
    words[trace + FLAGS] |= flag;
    return sampled ? this.noteDown(words, trace + (verdicts?.word ?? 0), note) : undefined;
  }

  private noteDown(words: Int32Array, at: number, note?: VerdictNote): ReleaseNote | undefined {
    const { verdicts } = this.options;
    return note === undefined ? verdicts?.byId(words, at) : verdicts?.learned(words, at, note);
  }

  private conclude(
    trace: number, decision: number, reason: ReleaseReason, note?: VerdictNote,
  ): void {
    const { arena, metrics, splitTraces } = this.options;
    const { words } = this.table;
    splitTraces?.look(words, trace, reason);
    metrics.letGo(reason);
    this.wheel.remove(trace);
    this.undecided -= 1;
    words[trace + DECISION] = decision;
    words[trace + DECIDED] = this.now;
    this.spans -= words[trace + SPANS];
    if (decision === SAMPLED) {
      metrics.releasedByDecision.add(words[trace + SPANS]);
      this.release(trace, note);
    } else {
      arena.drop(words, trace + CHAIN);
      this.journal?.drop(words[trace], words[trace + 1], words[trace + 2], words[trace + 3]);
    }
    if (this.isCached(trace, decision)) this.remove(trace);
  }

  private release(trace: number, told?: VerdictNote): void {
    const { journal, options: { writer, markedWriter } } = this;
    const { words } = this.table;
    const flags = words[trace + FLAGS] & (LEARNED | BY_ID);
    const to = (flags & BY_ID) !== 0 ? markedWriter ?? writer : writer;
    const isApart = journal !== undefined && to !== writer;
    // What one parcel of the journal stands for must leave with one writer.
    if (isApart) writer.flush();
    const note = this.releaseNote(trace, told);
    const left = journal?.parcels ?? 0;
    to.add(words, trace + CHAIN, note);
    journal?.keep(words, trace, told === undefined ? flags : flags | AS_LATE, note, left);
    if (isApart) to.flush();
  }

  private releaseNote(trace: number, told?: VerdictNote): ReleaseNote | undefined {
    const { verdicts } = this.options;
    const { words } = this.table;
    // Where another pod does not say why it keeps a trace, its spans leave as they came.
    if (verdicts === undefined || (words[trace + FLAGS] & LEARNED) !== 0) return undefined;
    if (told === undefined) return verdicts.decided(words, trace);
    const at = trace + verdicts.word;
    verdicts.learned(words, at, told);
    // They are late: that other pod has passed on what it had.
    return this.sampledCache.enabled ? verdicts.cached(words, at) : verdicts.late(words, trace);
  }

  /** Whether a cache remembers the decision about a trace, so that its record can go. */
  private isCached(trace: number, decision: number): boolean {
    const { sampledCache, notSampledCache, table: { words } } = this;
    const cache = decision === SAMPLED ? sampledCache : notSampledCache;
    if (!cache.enabled) return false;
    const known = cache.add(
      words[trace], words[trace + 1], words[trace + 2], words[trace + 3]);
    if (known === undefined) return true;
    sampledCache.words[known + CACHED_FLAGS] = words[trace + FLAGS] & (LEARNED | BY_ID);
    this.options.verdicts?.copy(words, trace, sampledCache.words, known + CACHED_VERDICT);
    return true;
  }

  private evict(trace: number): void {
    const { words } = this.table;
    if (words[trace + DECISION] === PENDING) {
      this.spans -= words[trace + SPANS];
      this.options.arena.drop(words, trace + CHAIN);
      this.wheel.lose(trace);
      words[trace + FLAGS] = 0;
      this.undecided -= 1;
      this.options.metrics.letGo('num_traces');
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

/** How many decisions of each kind are remembered. */
function cacheSizes(
  { decisionCache, blockOnOverflow }: TailSamplingSettings, limit: number,
): { readonly sampledCacheSize: number; readonly nonSampledCacheSize: number } {
  const usual = {
    sampledCacheSize: Math.min(MOST_USUAL, SAMPLED_PER_TRACE * limit),
    nonSampledCacheSize: Math.min(MOST_USUAL, NOT_SAMPLED_PER_TRACE * limit),
  };
  if (decisionCache === undefined) return usual;
  if (!blockOnOverflow) return decisionCache;
  // A trace leaves its room to another only when something else remembers its decision.
  const { sampledCacheSize, nonSampledCacheSize } = decisionCache;
  return {
    sampledCacheSize: sampledCacheSize > 0 ? sampledCacheSize : usual.sampledCacheSize,
    nonSampledCacheSize: nonSampledCacheSize > 0 ? nonSampledCacheSize : usual.nonSampledCacheSize,
  };
}
