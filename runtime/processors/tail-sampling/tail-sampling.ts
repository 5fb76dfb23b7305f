/**
 * Holds whole traces, decides by policies which of them are kept, and passes those on.
 *
 *   consume → arrival: to a held trace │ after its decision: on, or gone
 *   tick    → wheel: whose turn is it  → decider: votes → writer: payloads → outbox → next
 */
import { Arrival } from './arrival';
import { HeldTraces } from './held-traces';
import { Intake } from './intake';
import { SamplerJournal } from './journal/sampler-journal';
import { MemoryBound, usualBytes } from './memory-bound';
import { Outbox } from './outbox';
import { joinPool } from './peer-holder';
import { DROPPED, NOT_SAMPLED } from './policies/policy';
import type { ReleaseWriter } from './release-writer';
import { createReleaseWriters } from './release-writers';
import { firstRules, mustDifferInPolicies, nextRules, policyPrefix, type Rules } from './rules';
import { SpanArena } from './span-arena';
import { SplitTraces } from './split-traces';
import { StragglerMover } from './straggler-mover';
import { createStressWatch, type StressWatch } from './stress-watch';
import { TailSamplingMetrics, type ReleaseReason } from './tail-sampling-metrics';
import { epochOf, setEpoch } from './trace-table';
import type { Verdicts } from './verdicts';
import { WaitingRequests } from './waiting-requests';
import type { Timer } from '../../clock';
import type { Processor, ProcessorContext } from '../../component';
import type { TailSamplingSettings } from '../../config';
import { RetryableError } from '../../errors';
import { NONE } from '../../otlp/id-table';
import type { TracePeers } from '../../peers/trace-peers';
import type { Payload } from '../../pipeline/payload';
import { processMemory, type MemorySource } from '../../telemetry/process-memory';
import { readTotalMemory } from '../../telemetry/total-memory';

const TICK_MS = 1000;
/** Longest time in milliseconds that decisions keep the process from anything else. */
const SLICE_MS = 8;
/** Traces that are decided between two looks at the clock. */
const TRACES_PER_LOOK = 32;

/** What tests replace. */
export interface TailSamplingOverrides {
  /** The memory; this process's when not given. */
  readonly memory?: MemorySource;
  /** Bytes that there are. */
  readonly totalMemory?: () => number;
}

/** Makes a tail sampler. */
export function createTailSamplingProcessor(
  settings: TailSamplingSettings, context: ProcessorContext, given: TailSamplingOverrides = {},
): Processor {
  const { memory = processMemory, totalMemory = readTotalMemory } = given;
  return new TailSampling(settings, context, memory, totalMemory());
}

class TailSampling implements Processor {
  private readonly metrics: TailSamplingMetrics;
  private readonly arena = new SpanArena();
  private readonly outbox: Outbox;
  private readonly writer: ReleaseWriter;
  private readonly markedWriter?: ReleaseWriter;
  private readonly verdicts?: Verdicts;
  private readonly traces: HeldTraces;
  private readonly bound: MemoryBound;
  private readonly stress?: StressWatch;
  private readonly arrival: Arrival;
  private readonly intake: Intake;
  private peers?: TracePeers;
  private journal?: SamplerJournal;
  private readonly stragglers: StragglerMover;
  private readonly waiting: WaitingRequests;
  private readonly isIngest: boolean;
  private rules: Rules;
  private timer?: Timer;
  private deciding = false;
  /** Whether the traces of the tick are looked at before any is decided. */
  private considering = false;
  private tickOwed = false;
  private tickBegan = 0;
  private whenDecided?: () => void;
  private isStopping = false;
  private stopping?: Promise<void>;

  public constructor(
    private settings: TailSamplingSettings, private readonly context: ProcessorContext,
    memory: MemorySource, totalMemory: number,
  ) {
    const { id, clock, log, next } = context;
    const { arena } = this;
    const metrics = new TailSamplingMetrics(context.metrics, id);
    this.metrics = metrics;
    this.isIngest = settings.samplingStrategy === 'span-ingest';
    this.outbox = new Outbox({ next, clock, log, lost: metrics.lost('refused') });
    this.rules = firstRules(settings, { prefix: policyPrefix(id), clock, metrics });
    const { sketchAt, factWords } = this.rules;
    const { writer, markedWriter, verdicts } = createReleaseWriters({
      settings, rules: this.rules, arena, metrics, send: (payload) => this.outbox.send(payload),
    });
    this.writer = writer;
    this.markedWriter = markedWriter;
    this.verdicts = verdicts;
    this.traces = new HeldTraces({
      settings,
      factWords,
      arena,
      writer,
      markedWriter,
      verdicts,
      clock,
      metrics,
      splitTraces: sketchAt === undefined ? undefined : new SplitTraces(metrics, sketchAt),
    });
    this.bound = new MemoryBound({
      maxBytes: settings.maxBytes ?? usualBytes(totalMemory),
      slabs: arena.slabs,
      traces: this.traces,
      clock,
      decide: (trace) => this.decideEarly(trace),
      flush: () => this.flush(),
      isBlocked: () => this.outbox.isFull,
    });
    this.stress = createStressWatch(
      settings, { clock, log, memory, metrics, totalMemory, bound: this.bound });
    this.stragglers = new StragglerMover(arena, this.traces.table, this.traces.wheel);
    this.arrival = this.arrivalOf(metrics);
    this.intake = new Intake(this.arrival, this.traces, this.bound, metrics);
    this.waiting = new WaitingRequests(metrics.waitingRequests, (payload) => this.take(payload));
  }

  public get pendingItems(): number {
    // What a journal has is not lost.
    return this.journal?.isWritten === true ? 0 : this.traces.spans + this.outbox.items;
  }

  public async start(): Promise<void> {
    const { context, settings, traces, arrival, intake, bound, outbox, verdicts } = this;
    const journal = settings.journal && await SamplerJournal.open(
      settings.journal, context, { traces, arrival, intake, outbox, verdicts });
    this.journal = journal;
    // In a pool, what comes of it is placed when the pool is joined.
    if (settings.peers === undefined) await journal?.replay();
    const isClosed = (): boolean => this.isStopping || journal?.isReplaying === true;
    const parts = { settings, traces, arrival, intake, bound, isClosed, journal };
    if (settings.peers !== undefined) this.peers = joinPool(settings.peers, context, parts);
    this.timer = context.clock.every(TICK_MS, () => this.tick());
  }

  public consume(payload: Payload): void | Promise<void> {
    if (this.isStopping) {
      throw new RetryableError(
        `${this.context.id}: must be running to take spans, got ${payload.items} after its end`);
    }
    if (this.settings.blockOnOverflow && (this.traces.isFull || this.waiting.count > 0)) {
      return this.waiting.add(payload);
    }
    return this.take(payload);
  }

  /** Other policies can be taken on. What is held stays, and is decided by them. */
  public reconfigure(settings: TailSamplingSettings): () => void {
    mustDifferInPolicies(this.context.id, this.settings, settings);
    const rules = nextRules(settings, this.rules);
    return () => {
      this.rules.decider.report();
      this.rules = rules;
      this.arrival.facts = rules.facts;
      this.verdicts?.follow(rules.decider);
      this.traces.epoch = rules.epoch;
      // What is left of a tick that is under way is told to the new budgets from the start.
      this.considering = this.deciding && rules.decider.hasBudgets;
      if (this.considering) this.traces.wheel.lookAgain();
      this.context.log.info('Policies were replaced; what is held stays.', {
        policies_before: this.settings.policies.length,
        policies: settings.policies.length,
        held_spans: this.traces.spans,
      });
      this.settings = settings;
    };
  }

  public stop(): Promise<void> {
    this.isStopping = true;
    this.stopping ??= this.finish();
    return this.stopping;
  }

  public async answered(): Promise<void> {
    await this.journal?.close();
  }

  private arrivalOf(metrics: TailSamplingMetrics): Arrival {
    const { settings, arena, traces, bound, isIngest } = this;
    return new Arrival({
      traces,
      arena,
      metrics,
      writer: this.writer,
      markedWriter: this.markedWriter,
      verdicts: this.verdicts,
      bound,
      stress: this.stress?.relief,
      maximumTraceSizeBytes: settings.maximumTraceSizeBytes,
      asksRoot: settings.decisionWaitAfterRootReceived > 0 || settings.decisionQuietPeriod > 0,
      asksQuiet: settings.decisionQuietPeriod > 0,
      counted: (decision) => this.rules.decider.count(decision),
      decideSoFar: isIngest ? (words, trace) => this.decideSoFar(words, trace) : undefined,
    }, this.rules.facts);
  }

  private take(payload: Payload): void | Promise<void> {
    if (this.isStopping) this.refuse(payload, 'be running');
    if (this.journal?.isReplaying === true) this.refuse(payload, 'have replayed its journal');
    if (this.peers?.isFull === true) this.refuse(payload, 'be in its pool, with room to spare,');
    this.traces.lookAtClock();
    if (!this.bound.makeRoom()) this.refuse(payload, 'hold less than max_bytes');
    return this.intake.takePayload(payload);
  }

  private refuse({ items }: Payload, what: string): never {
    this.metrics.refused.add(items);
    throw new RetryableError(`${this.context.id}: must ${what} to take spans; try again later`);
  }

  /** As upstream's, a tick that comes while the last one is at work waits, and a third is gone. */
  private tick(): void {
    // Traces of which some spans are taken up are not decided before the rest is.
    if (this.journal?.isReplaying === true) return;
    this.stress?.look(this.deciding ? this.tickBegan : undefined);
    if (this.deciding) this.tickOwed = true;
    else this.beginTick();
  }

  private beginTick(): void {
    this.deciding = true;
    this.tickBegan = this.context.clock.monotonic();
    this.traces.wheel.turn();
    this.considering = this.rules.decider.hasBudgets;
    this.decideSlice();
  }

  /** Decides until the batch is empty, the time is up, or too much waits to be passed on. */
  private decideSlice(): void {
    const until = this.traces.lookAtClock() + SLICE_MS;
    let isLast = false;
    for (let untilLook = TRACES_PER_LOOK; ; untilLook -= 1) {
      const isTimeUp = untilLook === 0 && this.traces.lookAtClock() >= until;
      if (isTimeUp || this.outbox.isFull) break;
      if (untilLook === 0) untilLook = TRACES_PER_LOOK;
      isLast = this.considering ? this.considerOne() : this.decideOne();
      if (isLast && !this.considering) break;
      if (isLast) this.considering = isLast = false;
    }
    this.metrics.heldSpans.set(this.traces.spans);
    this.flush();
    this.letWaitingIn();
    if (isLast) this.endTick();
    else if (this.outbox.isFull) this.outbox.onRoom(() => this.decideSlice());
    else setImmediate(() => this.decideSlice());
  }

  /** Whether there was no trace left to look at. */
  private considerOne(): boolean {
    const { traces, rules } = this;
    const trace = traces.wheel.look();
    if (trace === NONE) {
      rules.decider.spend();
      return true;
    }
    this.readAgain(trace);
    if (rules.decider.consider(traces.table.words, trace) === DROPPED) {
      traces.settle(trace, DROPPED, this.reasonFor(trace));
    }
    return false;
  }

  /** Whether there was no trace left to decide. */
  private decideOne(): boolean {
    const trace = this.traces.wheel.take();
    if (trace === NONE) return true;
    const { traces, rules } = this;
    const reason = this.reasonFor(trace);
    if (this.isIngest) {
      this.endIngest(trace, reason);
    } else {
      this.readAgain(trace);
      traces.settle(trace, rules.decider.decide(traces.table.words, trace), reason);
    }
    return false;
  }

  /** Decides a trace for whose spans there is no more room. */
  private decideEarly(trace: number): void {
    const { traces, rules: { decider } } = this;
    const { words } = traces.table;
    if (this.isIngest) return this.endIngest(trace, 'max_bytes');
    this.readAgain(trace);
    const isTold = !this.considering && traces.wheel.isDue(trace);
    const decision = isTold ? decider.decide(words, trace) : decider.decideAlone(words, trace);
    traces.settle(trace, decision, 'max_bytes');
  }

  /** Why a trace that was due is decided. */
  private reasonFor(trace: number): ReleaseReason {
    if (this.isStopping) return 'shutdown';
    if (this.traces.wheel.waitedInFull(trace)) return 'decision_wait';
    return this.settings.decisionQuietPeriod > 0 ? 'quiet_period' : 'root_received';
  }

  /** A trace that nothing kept so far. What policies had to say they said when its spans came. */
  private endIngest(trace: number, reason: ReleaseReason): void {
    this.rules.decider.count(NOT_SAMPLED);
    this.traces.settle(trace, NOT_SAMPLED, reason);
    this.traces.forget(trace);
  }

  /** Reads the spans of a trace again if what was read of them is for policies before. */
  private readAgain(trace: number): void {
    const { words } = this.traces.table;
    if (epochOf(words, trace) === this.rules.epoch) return;
    this.stragglers.readAgain(words, trace, this.rules.facts);
    setEpoch(words, trace, this.rules.epoch);
  }

  private decideSoFar(words: Int32Array, trace: number): number {
    const { clock } = this.context;
    const began = clock.monotonic();
    const decision = this.rules.decider.decideSoFar(words, trace);
    this.metrics.tickDuration.record(Math.floor(clock.monotonic() - began));
    return decision;
  }

  private letWaitingIn(): void {
    while (this.waiting.count > 0 && !this.traces.isFull) this.waiting.letIn();
  }

  private endTick(): void {
    const { metrics, traces } = this;
    this.rules.decider.report();
    this.stragglers.move();
    this.bound.tidy();
    metrics.tooEarly.add(traces.wheel.takeMissing());
    metrics.tracesOnMemory.set(traces.table.size);
    metrics.heldSpans.set(traces.spans);
    metrics.heldBytes.set(this.arena.slabs.reservedBytes);
    this.journal?.ticked();
    const took = this.context.clock.monotonic() - this.tickBegan;
    metrics.tickDuration.record(Math.floor(took));
    this.stress?.ticked(took);
    this.deciding = false;
    const tell = this.whenDecided;
    this.whenDecided = undefined;
    if (tell !== undefined) {
      tell();
    } else if (this.tickOwed) {
      this.tickOwed = false;
      this.beginTick();
    }
  }

  private async finish(): Promise<void> {
    this.timer?.cancel();
    // Else, while nothing is taken, a full outbox would keep what is left from being decided.
    this.outbox.hurry();
    this.journal?.stopReplay();
    await this.peers?.end();
    while (this.waiting.count > 0) this.waiting.letIn();
    if (this.deciding) await this.decided();
    // What is taken up so far is a part of traces: the next process takes all of it up.
    const isPart = this.journal?.isReplaying === true;
    const { dropPendingTracesOnShutdown: drops } = this.settings;
    if (drops && !isPart) this.dropPending();
    for (let batch = 0; !drops && !isPart && batch <= this.traces.wheel.closedBatches; batch += 1) {
      this.beginTick();
      if (this.deciding) await this.decided();
    }
    await this.outbox.finish();
    if (this.outbox.items === 0) await this.journal?.close();
  }

  private decided(): Promise<void> {
    return new Promise((resolve) => { this.whenDecided = resolve; });
  }

  private flush(): void {
    this.writer.flush();
    this.markedWriter?.flush();
  }

  private dropPending(): void {
    this.flush();
    const spans = this.traces.dropPending();
    if (spans === 0) return;
    this.metrics.lost('shutdown').add(spans);
    this.context.log.info('Undecided spans are dropped, as drop_pending_traces_on_shutdown says.', {
      dropped_spans: spans,
    });
  }
}
