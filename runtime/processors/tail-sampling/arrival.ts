/** Takes the spans of requests: to their trace, after its decision, or into a new trace. */
import { CACHED_FLAGS, CACHED_VERDICT, type HeldTraces } from './held-traces';
import type { MemoryBound } from './memory-bound';
import { NOT_SAMPLED, PENDING, SAMPLED } from './policies/policy';
import type { ReleaseWriter } from './release-writer';
import { CHAIN_WORDS, clearChain, FRESH, type SpanArena } from './span-arena';
import { SpanGroups } from './span-groups';
import type { SpansElsewhere } from './spans-elsewhere';
import type { StressRelief } from './stress-relief';
import type { TailSamplingMetrics } from './tail-sampling-metrics';
import type { FactGatherer } from './trace-facts';
import {
  BY_ID, BYTES, CHAIN, DECISION, epochOf, FLAGS, FRAMES, hasFlag, LEARNED, ROOT_SEEN, setEpoch,
  SPANS, TOO_LARGE,
} from './trace-table';
import type { ReleaseNote, Verdicts } from './verdicts';
import { NONE } from '../../otlp/id-table';
import { SpanIndex } from '../../otlp/span-index';
import { fieldLength } from '../../wire/writer';

const MOST_BYTES = 0xffff_ffff;

/** What arrivals are made from. */
export interface ArrivalOptions {
  /** The traces. */
  readonly traces: HeldTraces;
  /** Where spans are held. */
  readonly arena: SpanArena;
  /** Where arrivals are counted. */
  readonly metrics: TailSamplingMetrics;
  /** Takes spans that come late. */
  readonly writer: ReleaseWriter;
  /** Takes those that are marked because the id alone decided; only with stress relief. */
  readonly markedWriter?: ReleaseWriter;
  /** What is written on late spans; absent where nothing is. */
  readonly verdicts?: Verdicts;
  /** Bytes at which a trace is given up; 0 is no limit. */
  readonly maximumTraceSizeBytes: number;
  /** Whether a trace is decided sooner once its root was seen. */
  readonly asksRoot: boolean;
  /** Whether it is then decided later when more of it comes. */
  readonly asksQuiet: boolean;
  /** Is told of traces that grow. */
  readonly bound: MemoryBound;
  /** Decides new traces by their ids while it is active. */
  readonly stress?: StressRelief;
  /** Counts decisions by ids. */
  counted(decision: number): void;
  /** Decides by the spans that came last; PENDING where that does not. Only for span-ingest. */
  readonly decideSoFar?: (words: Int32Array, trace: number) => number;
}

/** Spans on their way out: one chain. */
export class PassingSpans {
  /** The chain. */
  public readonly chain = new Int32Array(CHAIN_WORDS);
  /** Number of spans in it; whoever takes them sets it to 0. */
  public spans = 0;

  public constructor(
    /** Takes them. */
    public readonly writer: ReleaseWriter,
  ) {
    clearChain(this.chain, 0);
  }
}

/** Writes down which spans leave at once. */
export interface ArrivalJournal {
  /** Those of the kept trace whose id stands in `ids` from `at` are about to. */
  late(ids: Int32Array, at: number): void;
  /** All of them have left. */
  passedOn(): void;
}

/** Takes up what an earlier process held. */
export interface ArrivalReplay {
  /** Whether these spans of the trace whose id stands in `ids` from `at` are still to be taken. */
  wants(ids: Int32Array, at: number, spans: number): boolean;
  /** What is written on them if they are not late, but leave again; undefined for all others. */
  noteOf(ids: Int32Array, at: number): ReleaseNote | undefined;
}

/** Takes requests. */
export class Arrival {
  /** Spans of kept traces that were decided before, to be passed on now. */
  public readonly late: PassingSpans;
  /** Those of traces that were kept by their ids alone. */
  public readonly byId: PassingSpans;
  /** Takes the spans of traces that are for other pods; absent where there is no pool. */
  public elsewhere?: SpansElsewhere;
  /** Absent where there is no journal. */
  public journal?: ArrivalJournal;
  /** Present while a journal is replayed. */
  public replay?: ArrivalReplay;
  /** How long ago the spans came that arrive now, in milliseconds. */
  public ageMs = 0;
  /** Number of spans that have arrived. */
  public spans = 0;
  private hops = 0;
  private isForwarded = false;
  private readonly index = new SpanIndex();
  private readonly groups = new SpanGroups();

  public constructor(
    private readonly options: ArrivalOptions,
    /** Reads what policies ask about; replaced with the policies. */
    public facts: FactGatherer,
  ) {
    this.late = new PassingSpans(options.writer);
    this.byId = new PassingSpans(options.markedWriter ?? options.writer);
  }

  /**
   * Takes one ExportTraceServiceRequest, which so many pods have passed on, and whether one of them
   * did just now.
   *
   * @throws MalformedError when it is none. What stood before the fault was taken.
   */
  public take(bytes: Uint8Array, hops = 0, isForwarded = false): void {
    const { index, groups, facts } = this;
    const { arena } = this.options;
    this.hops = hops;
    this.isForwarded = isForwarded;
    index.read(bytes);
    this.spans += index.spanCount;
    const isInPieces = !isForwarded && this.elsewhere?.expectsMost === true;
    arena.begin(index, FRESH, isInPieces);
    this.elsewhere?.begin(index);
    try {
      for (let from = 0; from < index.spanCount;) {
        const resource = index.resourceOf[index.scopeOf[from]];
        let to = from + 1;
        while (to < index.spanCount && index.resourceOf[index.scopeOf[to]] === resource) to += 1;
        facts.readResource(bytes, index, resource);
        groups.gather(bytes, index, from, to);
        for (let group = 0; group < groups.count; group += 1) this.takeGroup(bytes, group);
        from = to;
      }
    } finally {
      this.elsewhere?.end(bytes, index, isForwarded);
      arena.end();
    }
  }

  /** Number of requests so far that had spans to hold, to pass on or for other pods. */
  public get landings(): number {
    return this.options.arena.landings + (this.elsewhere?.cuts ?? 0);
  }

  /** Has `take` take what is new, though what comes meanwhile is taken up again. */
  public asNew<T>(take: () => T, journal: ArrivalJournal): T {
    const { journal: told, replay } = this;
    this.journal = journal;
    this.replay = undefined;
    try {
      return take();
    } finally {
      this.journal = told;
      this.replay = replay;
    }
  }

  private takeGroup(bytes: Uint8Array, group: number): void {
    const { traces } = this.options;
    const { ids, size } = this.groups;
    const id = group * 4;
    if (this.replay?.wants(ids, id, size[group]) === false) return;
    const found = traces.table.find(ids[id], ids[id + 1], ids[id + 2], ids[id + 3]);
    if (found === NONE) {
      this.takeUnknown(bytes, group);
    } else if (traces.table.words[found + DECISION] === PENDING) {
      this.hold(bytes, group, found);
    } else {
      this.followDecision(bytes, group, found);
    }
  }

  private takeUnknown(bytes: Uint8Array, group: number): void {
    const { traces, stress } = this.options;
    const { ids } = this.groups;
    const id = group * 4;
    if (this.followsCache(bytes, group)) return;
    const parcel = this.elsewhere?.place(ids, id, this.hops, this.isForwarded);
    if (parcel !== undefined) {
      this.elsewhere?.mark(parcel, this.groups.first[group], this.groups.next);
      return;
    }
    if (stress?.active === true) {
      this.decideById(bytes, group, stress);
      return;
    }
    this.hold(bytes, group, traces.create(
      ids[id], ids[id + 1], ids[id + 2], ids[id + 3], this.ageMs));
  }

  private decideById(bytes: Uint8Array, group: number, stress: StressRelief): void {
    const { ids } = this.groups;
    const id = group * 4;
    const span = this.groups.first[group];
    const { spanBody, spanEnd } = this.index;
    const keeps = stress.keepsSpan(ids, id, bytes, spanBody[span], spanEnd[span]);
    const decision = keeps ? SAMPLED : NOT_SAMPLED;
    const note = this.options.traces.remember(
      ids[id], ids[id + 1], ids[id + 2], ids[id + 3], decision);
    this.options.counted(decision);
    if (keeps) this.passOn(bytes, group, this.byId, note);
  }

  private followsCache(bytes: Uint8Array, group: number): boolean {
    const { traces: { sampledCache, notSampledCache }, metrics, verdicts } = this.options;
    const { ids, size } = this.groups;
    const id = group * 4;
    const known = sampledCache.find(ids[id], ids[id + 1], ids[id + 2], ids[id + 3]);
    if (known !== NONE) {
      metrics.earlySampled.add(size[group]);
      const { words } = sampledCache;
      const flags = words[known + CACHED_FLAGS];
      const to = (flags & BY_ID) !== 0 ? this.byId : this.late;
      const isOurs = (flags & LEARNED) === 0;
      this.passOn(
        bytes, group, to, isOurs ? verdicts?.cached(words, known + CACHED_VERDICT) : undefined);
      return true;
    }
    if (!notSampledCache.has(ids[id], ids[id + 1], ids[id + 2], ids[id + 3])) return false;
    metrics.earlyNotSampled.add(size[group]);
    return true;
  }

  private followDecision(bytes: Uint8Array, group: number, trace: number): void {
    const { traces, metrics, verdicts } = this.options;
    const { words } = traces.table;
    if (words[trace + DECISION] === SAMPLED) {
      const to = hasFlag(words, trace, BY_ID) ? this.byId : this.late;
      const isOurs = !hasFlag(words, trace, LEARNED);
      this.passOn(bytes, group, to, isOurs ? verdicts?.late(words, trace) : undefined);
    }
    // A trace that was too large had no decision, unless policies were asked of its first spans.
    const wasAsked = this.options.decideSoFar !== undefined && words[trace + SPANS] > 0;
    if (wasAsked || !hasFlag(words, trace, TOO_LARGE)) {
      metrics.lateSpanAge.record(traces.secondsSinceDecision(trace));
    }
  }

  private passOn(bytes: Uint8Array, group: number, to: PassingSpans, note?: ReleaseNote): void {
    const { ids } = this.groups;
    this.append(bytes, group, to.chain, 0);
    to.spans += this.groups.size[group];
    // What is written on them differs from trace to trace.
    if (this.options.verdicts !== undefined) {
      to.writer.add(to.chain, 0, this.replay?.noteOf(ids, group * 4) ?? note);
    }
    this.journal?.late(ids, group * 4);
  }

  private hold(bytes: Uint8Array, group: number, trace: number): void {
    const { traces, bound, maximumTraceSizeBytes, decideSoFar } = this.options;
    const { words } = traces.table;
    const added = this.sizeOf(group);
    const size = (words[trace + BYTES] >>> 0) + added;
    if (maximumTraceSizeBytes > 0 && size > maximumTraceSizeBytes) {
      traces.giveUp(trace);
      return;
    }
    words[trace + BYTES] = Math.min(size, MOST_BYTES);
    words[trace + FRAMES] += fieldLength(added) - added;
    this.readFacts(bytes, group, words, trace);
    this.append(bytes, group, words, trace + CHAIN);
    words[trace + SPANS] += this.groups.size[group];
    traces.spans += this.groups.size[group];
    bound.grew(words, trace);
    this.wait(words, trace);
    if (decideSoFar === undefined) return;
    const decision = decideSoFar(words, trace);
    if (decision !== PENDING) traces.settle(trace, decision, 'span_ingest');
  }

  /** Moves the decision of a trace by what its newest spans say. */
  private wait(words: Int32Array, trace: number): void {
    const { traces: { wheel }, asksRoot, asksQuiet } = this.options;
    const knewRoot = hasFlag(words, trace, ROOT_SEEN);
    if (this.facts.rootSeen) words[trace + FLAGS] |= ROOT_SEEN;
    if (!asksRoot) return;
    if (knewRoot && asksQuiet) wheel.stirred(trace);
    else if (this.facts.rootSeen) wheel.rootSeen(trace);
  }

  private readFacts(bytes: Uint8Array, group: number, words: Int32Array, trace: number): void {
    const { facts } = this;
    const { traces: { epoch }, decideSoFar } = this.options;
    const { spanBody, spanEnd } = this.index;
    const { first, next } = this.groups;
    if (decideSoFar !== undefined) {
      facts.forget(words, trace);
      setEpoch(words, trace, epoch);
    }
    facts.begin(words, trace);
    for (let span = first[group]; span !== NONE; span = next[span]) {
      facts.readSpan(bytes, spanBody[span], spanEnd[span]);
    }
    // What was asked of its first spans is no longer asked: all are read again when it is decided.
    if (epochOf(words, trace) === epoch) facts.end(words, trace);
  }

  /** Adds the spans of a group to a chain, those that stand side by side as one row. */
  private append(bytes: Uint8Array, group: number, words: Int32Array, chain: number): void {
    const { arena } = this.options;
    const { spanTag, spanEnd, scopeOf } = this.index;
    const { first, next } = this.groups;
    for (let span = first[group]; span !== NONE;) {
      const scope = scopeOf[span];
      const start = spanTag[span];
      let end = spanEnd[span];
      let spans = 1;
      span = next[span];
      while (span !== NONE && spanTag[span] === end && scopeOf[span] === scope) {
        end = spanEnd[span];
        spans += 1;
        span = next[span];
      }
      arena.append(words, chain, bytes, start, end, scope, spans);
    }
  }

  /** Size of a group as an entry for its resource, which upstream makes of it. */
  private sizeOf(group: number): number {
    const { spanTag, spanEnd, scopeOf, scopeExtras, resourceExtras, resourceOf } = this.index;
    const { first, next } = this.groups;
    const resource = resourceOf[scopeOf[first[group]]];
    let size = resourceExtras.byteCount[resource];
    for (let span = first[group]; span !== NONE;) {
      const scope = scopeOf[span];
      let inScope = scopeExtras.byteCount[scope];
      for (; span !== NONE && scopeOf[span] === scope; span = next[span]) {
        inScope += spanEnd[span] - spanTag[span];
      }
      size += fieldLength(inScope);
    }
    return size;
  }
}
