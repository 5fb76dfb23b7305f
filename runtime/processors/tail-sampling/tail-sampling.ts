/**
 * Holds whole traces, decides by policies which of them are kept, and passes those on.
 *
 *   consume → arrival: to a held trace │ after its decision: on, or gone
 *   tick    → wheel: whose turn is it  → decider: votes → writer: payloads → outbox → next
 */
import { isDeepStrictEqual } from 'util';
import { Arrival, type PassingSpans } from './arrival';
import { HeldTraces } from './held-traces';
import { NONE } from './id-table';
import { MemoryBound } from './memory-bound';
import { Outbox } from './outbox';
import { NOT_SAMPLED } from './policies/policy';
import { ReleaseWriter } from './release-writer';
import { firstRules, nextRules, type Rules } from './rules';
import { SpanArena } from './span-arena';
import { SpanMarker } from './span-marker';
import { SplitTraces } from './split-traces';
import { StragglerMover } from './straggler-mover';
import { StressWatch } from './stress-watch';
import { TailSamplingMetrics, type ReleaseReason } from './tail-sampling-metrics';
import { epochOf, setEpoch } from './trace-table';
import { WaitingRequests } from './waiting-requests';
import type { Timer } from '../../clock';
import type { Processor, ProcessorContext } from '../../component';
import type { TailSamplingSettings } from '../../config';
import { RetryableError } from '../../errors';
import { createPayload, type Payload } from '../../pipeline/payload';
import { processMemory, type MemorySource } from '../../telemetry/process-memory';
import { readTotalMemory } from '../../telemetry/total-memory';

const TICK_MS = 1000;
/** Longest time in milliseconds that decisions keep the process from anything else. */
const SLICE_MS = 8;
/** Traces that are decided between two looks at the clock. */
const TRACES_PER_LOOK = 32;
/** What held spans may take unless the configuration says: half of what the process leaves. */
const USUAL_SHARE = 0.5;
const PROCESS_BYTES = 64 * 1024 * 1024;
const LEAST_BYTES = 8 * 1024 * 1024;
/** The attribute of spans that were kept by the id of their trace alone: which share was kept. */
const STRESS_ATTRIBUTE = 'tailsampling.stress_relief_percentage';

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

/** Names of policies in metrics begin with the processor's own name, if it has one. */
function policyPrefix(id: string): string {
  const slash = id.indexOf('/');
  return slash < 0 ? '' : `${id.slice(slash + 1)}.`;
}

/** Bytes that held spans may take of so much memory. */
function usualBytes(totalMemory: number): number {
  return Math.max(LEAST_BYTES, Math.floor((totalMemory - PROCESS_BYTES) * USUAL_SHARE));
}

class TailSampling implements Processor {
  private readonly metrics: TailSamplingMetrics;
  private readonly arena = new SpanArena();
  private readonly outbox: Outbox;
  private readonly writer: ReleaseWriter;
  private readonly markedWriter?: ReleaseWriter;
  private readonly traces: HeldTraces;
  private readonly bound: MemoryBound;
  private readonly stress?: StressWatch;
  private readonly arrival: Arrival;
  private readonly stragglers: StragglerMover;
  private readonly waiting: WaitingRequests;
  private readonly isIngest: boolean;
  private rules: Rules;
  private timer?: Timer;
  private deciding = false;
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
    this.writer = new ReleaseWriter(arena, (payload) => this.outbox.send(payload));
    this.rules = firstRules(settings, { prefix: policyPrefix(id), clock, metrics });
    const { sketchAt, factWords } = this.rules;
    this.traces = new HeldTraces({
      settings,
      factWords,
      arena,
      writer: this.writer,
      clock,
      metrics,
      splitTraces: sketchAt === undefined ? undefined : new SplitTraces(metrics, sketchAt),
    });
    this.bound = new MemoryBound({
      maxBytes: settings.maxBytes ?? usualBytes(totalMemory),
      slabs: arena.slabs,
      traces: this.traces,
      clock,
      decide: (trace) => this.decide(trace, 'max_bytes'),
      flush: () => this.writer.flush(),
      isBlocked: () => this.outbox.isFull,
    });
    if (settings.stressRelief !== undefined) {
      this.stress = new StressWatch(settings.stressRelief, {
        clock, log, memory, metrics, totalMemory, bound: this.bound,
      });
      this.markedWriter = this.markingWriter(settings.stressRelief.samplingPercentage);
    }
    this.stragglers = new StragglerMover(arena, this.traces.table, this.traces.wheel);
    this.arrival = this.arrivalOf(metrics);
    this.waiting = new WaitingRequests(metrics.waitingRequests, (payload) => this.take(payload));
  }

  public get pendingItems(): number {
    return this.traces.spans + this.outbox.items;
  }

  public start(): Promise<void> {
    this.timer = this.context.clock.every(TICK_MS, () => this.tick());
    return Promise.resolve();
  }

  public consume(payload: Payload): void | Promise<void> {
    if (this.isStopping) {
      throw new RetryableError(
        `${this.context.id}: must be running to take spans, got ${payload.items} after its end`);
    }
    if (this.settings.blockOnOverflow && (this.traces.isFull || this.waiting.count > 0)) {
      return this.waiting.add(payload);
    }
    this.take(payload);
  }

  /** Other policies can be taken on. What is held stays, and is decided by them. */
  public reconfigure(settings: TailSamplingSettings): () => void {
    const { policies: now, ...before } = this.settings;
    const { policies, ...after } = settings;
    if (!isDeepStrictEqual(before, after)) {
      throw new Error(`processors.${this.context.id}: must be what it was but for its policies`);
    }
    const rules = nextRules(settings, this.rules);
    return () => {
      this.rules.decider.report();
      this.rules = rules;
      this.settings = settings;
      this.arrival.facts = rules.facts;
      this.traces.epoch = rules.epoch;
      this.context.log.info('Policies were replaced; what is held stays.', {
        policies_before: now.length, policies: policies.length, held_spans: this.traces.spans,
      });
    };
  }

  public stop(): Promise<void> {
    this.isStopping = true;
    this.stopping ??= this.finish();
    return this.stopping;
  }

  private arrivalOf(metrics: TailSamplingMetrics): Arrival {
    const { settings, arena, traces, bound, isIngest } = this;
    return new Arrival({
      traces,
      arena,
      metrics,
      bound,
      stress: this.stress?.relief,
      maximumTraceSizeBytes: settings.maximumTraceSizeBytes,
      asksRoot: settings.decisionWaitAfterRootReceived > 0 || settings.decisionQuietPeriod > 0,
      asksQuiet: settings.decisionQuietPeriod > 0,
      counted: (decision) => this.rules.decider.count(decision),
      decideSoFar: isIngest ? (words, trace) => this.decideSoFar(words, trace) : undefined,
    }, this.rules.facts);
  }

  private markingWriter(percentage: number): ReleaseWriter {
    const marker = new SpanMarker(STRESS_ATTRIBUTE, percentage);
    return new ReleaseWriter(this.arena, ({ chunks, items }) => this.outbox.send(
      createPayload('traces', chunks.map((chunk) => marker.mark(chunk)), items)));
  }

  private take(payload: Payload): void {
    const { arrival } = this;
    this.traces.lookAtClock();
    if (!this.bound.makeRoom()) {
      this.metrics.refused.add(payload.items);
      throw new RetryableError(
        `${this.context.id}: must hold less than max_bytes to take spans; try again later`);
    }
    try {
      for (const chunk of payload.chunks) arrival.take(chunk);
    } finally {
      this.passOn(arrival.late, this.writer);
      if (this.markedWriter !== undefined) this.passOn(arrival.byId, this.markedWriter);
      this.bound.makeRoom();
    }
  }

  /** Passes on what need not wait. */
  private passOn(passing: PassingSpans, writer: ReleaseWriter): void {
    if (passing.spans > 0) {
      this.metrics.releasedLate.add(passing.spans);
      passing.spans = 0;
      writer.add(passing.chain, 0);
    }
    writer.flush();
  }

  /** As upstream's, a tick that comes while the last one is at work waits, and a third is gone. */
  private tick(): void {
    this.stress?.look(this.deciding ? this.tickBegan : undefined);
    if (this.deciding) this.tickOwed = true;
    else this.beginTick();
  }

  private beginTick(): void {
    this.deciding = true;
    this.tickBegan = this.context.clock.monotonic();
    this.traces.wheel.turn();
    this.decideSlice();
  }

  /** Decides until the batch is empty, the time is up, or too much waits to be passed on. */
  private decideSlice(): void {
    const { wheel } = this.traces;
    const until = this.traces.lookAtClock() + SLICE_MS;
    let isLast = false;
    for (let untilLook = TRACES_PER_LOOK; ; untilLook -= 1) {
      const isTimeUp = untilLook === 0 && this.traces.lookAtClock() >= until;
      if (isTimeUp || this.outbox.isFull) break;
      if (untilLook === 0) untilLook = TRACES_PER_LOOK;
      const trace = wheel.take();
      isLast = trace === NONE;
      if (isLast) break;
      this.decide(trace, this.reasonFor(trace));
    }
    this.metrics.heldSpans.set(this.traces.spans);
    this.writer.flush();
    this.letWaitingIn();
    if (isLast) this.endTick();
    else if (this.outbox.isFull) this.outbox.onRoom(() => this.decideSlice());
    else setImmediate(() => this.decideSlice());
  }

  /** Why a trace that was due is decided. */
  private reasonFor(trace: number): ReleaseReason {
    if (this.isStopping) return 'shutdown';
    if (this.traces.wheel.waitedInFull(trace)) return 'decision_wait';
    return this.settings.decisionQuietPeriod > 0 ? 'quiet_period' : 'root_received';
  }

  private decide(trace: number, reason: ReleaseReason): void {
    const { traces, rules } = this;
    const { words } = traces.table;
    if (this.isIngest) {
      // What policies had to say they said when its spans came.
      rules.decider.count(NOT_SAMPLED);
      traces.settle(trace, NOT_SAMPLED, reason);
      traces.forget(trace);
      return;
    }
    if (epochOf(words, trace) !== rules.epoch) {
      this.stragglers.readAgain(words, trace, rules.facts);
      setEpoch(words, trace, rules.epoch);
    }
    traces.settle(trace, rules.decider.decide(words, trace), reason);
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
    while (this.waiting.count > 0) this.waiting.letIn();
    if (this.deciding) await this.decided();
    if (this.settings.dropPendingTracesOnShutdown) {
      this.dropPending();
    } else {
      for (let batch = 0; batch <= this.traces.wheel.closedBatches; batch += 1) {
        this.beginTick();
        if (this.deciding) await this.decided();
      }
    }
    await this.outbox.finish();
  }

  private decided(): Promise<void> {
    return new Promise((resolve) => { this.whenDecided = resolve; });
  }

  private dropPending(): void {
    const spans = this.traces.dropPending();
    if (spans === 0) return;
    this.metrics.lost('shutdown').add(spans);
    this.context.log.info('Undecided spans are dropped, as drop_pending_traces_on_shutdown says.', {
      dropped_spans: spans,
    });
  }
}
