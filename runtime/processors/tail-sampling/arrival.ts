/** Takes the spans of requests: to their trace, after its decision, or into a new trace. */
import { NOTE } from './decision-cache';
import type { HeldTraces } from './held-traces';
import { NONE } from './id-table';
import { PENDING, SAMPLED } from './policies/policy';
import type { ReleaseWriter } from './release-writer';
import { CHAIN_WORDS, clearChain, type SpanArena } from './span-arena';
import { SpanGroups } from './span-groups';
import type { TailSamplingMetrics } from './tail-sampling-metrics';
import type { FactGatherer } from './trace-facts';
import { BYTES, CHAIN, DECISION, SPANS, TOO_LARGE } from './trace-table';
import type { ReleaseNote, Verdicts } from './verdicts';
import { SpanIndex } from '../../otlp/span-index';
import { fieldLength } from '../../wire/writer';

const MOST_BYTES = 0xffff_ffff;

/** What arrivals are made from. */
export interface ArrivalOptions {
  /** The traces. */
  readonly traces: HeldTraces;
  /** Where spans are held. */
  readonly arena: SpanArena;
  /** Reads what policies ask about. */
  readonly facts: FactGatherer;
  /** Where arrivals are counted. */
  readonly metrics: TailSamplingMetrics;
  /** Takes late spans that something is written on. */
  readonly writer: ReleaseWriter;
  /** What is written on late spans; absent where nothing is. */
  readonly verdicts?: Verdicts;
  /** Whether a policy asks for the size of traces. */
  readonly asksSize: boolean;
  /** Bytes at which a trace is given up; 0 is no limit. */
  readonly maximumTraceSizeBytes: number;
  /** Whether a trace is decided sooner once its root was seen. */
  readonly asksRoot: boolean;
}

/** Takes requests. */
export class Arrival {
  /** Spans of kept traces that were decided before, to be passed on now: one chain. */
  public readonly late = new Int32Array(CHAIN_WORDS);
  /** Number of spans in that chain; whoever takes them sets it to 0. */
  public lateSpans = 0;
  private readonly index = new SpanIndex();
  private readonly groups = new SpanGroups();

  public constructor(private readonly options: ArrivalOptions) {
    clearChain(this.late, 0);
  }

  /**
   * Takes one ExportTraceServiceRequest.
   *
   * @throws MalformedError when it is none. What stood before the fault was taken.
   */
  public take(bytes: Uint8Array): void {
    const { index, groups } = this;
    const { arena, facts } = this.options;
    index.read(bytes);
    arena.begin(index);
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
      arena.end();
    }
  }

  private takeGroup(bytes: Uint8Array, group: number): void {
    const { traces } = this.options;
    const { ids } = this.groups;
    const id = group * 4;
    const found = traces.table.find(ids[id], ids[id + 1], ids[id + 2], ids[id + 3]);
    if (found === NONE && this.followsCache(bytes, group)) return;
    const trace = found === NONE
      ? traces.create(ids[id], ids[id + 1], ids[id + 2], ids[id + 3])
      : found;
    if (traces.table.words[trace + DECISION] === PENDING) this.hold(bytes, group, trace);
    else this.followDecision(bytes, group, trace);
  }

  private followsCache(bytes: Uint8Array, group: number): boolean {
    const { traces: { sampledCache, notSampledCache }, metrics, verdicts } = this.options;
    const { ids, size } = this.groups;
    const id = group * 4;
    const known = sampledCache.find(ids[id], ids[id + 1], ids[id + 2], ids[id + 3]);
    if (known !== NONE) {
      metrics.earlySampled.add(size[group]);
      this.passOn(bytes, group, verdicts?.cached(sampledCache.words, known + NOTE));
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
      this.passOn(bytes, group, verdicts?.late(words, trace));
    }
    if (words[trace + TOO_LARGE] === 0) {
      metrics.lateSpanAge.record(traces.secondsSinceDecision(trace));
    }
  }

  private passOn(bytes: Uint8Array, group: number, note: ReleaseNote | undefined): void {
    this.append(bytes, group, this.late, 0);
    this.lateSpans += this.groups.size[group];
    // What is written on them differs from trace to trace.
    if (note !== undefined) this.options.writer.add(this.late, 0, note);
  }

  private hold(bytes: Uint8Array, group: number, trace: number): void {
    const { traces, facts, maximumTraceSizeBytes, asksRoot, asksSize } = this.options;
    const { words } = traces.table;
    if (maximumTraceSizeBytes > 0 || asksSize) {
      const size = (words[trace + BYTES] >>> 0) + this.sizeOf(group);
      if (maximumTraceSizeBytes > 0 && size > maximumTraceSizeBytes) {
        traces.giveUp(trace);
        return;
      }
      words[trace + BYTES] = Math.min(size, MOST_BYTES);
    }
    this.readFacts(bytes, group, words, trace);
    this.append(bytes, group, words, trace + CHAIN);
    words[trace + SPANS] += this.groups.size[group];
    traces.spans += this.groups.size[group];
    if (asksRoot && facts.rootSeen) traces.wheel.rootSeen(trace);
  }

  private readFacts(bytes: Uint8Array, group: number, words: Int32Array, trace: number): void {
    const { facts } = this.options;
    const { spanBody, spanEnd } = this.index;
    const { first, next } = this.groups;
    facts.begin(words, trace);
    for (let span = first[group]; span !== NONE; span = next[span]) {
      facts.readSpan(bytes, spanBody[span], spanEnd[span]);
    }
    facts.end(words, trace);
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

  /** Size of a group as a request of its own, which upstream makes of it. */
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
    return fieldLength(size);
  }
}
