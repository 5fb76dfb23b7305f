/**
 * Holds whole traces, decides by policies which of them are kept, and passes those on.
 *
 *   consume → arrival: to a held trace │ after its decision: on, or gone
 *   tick    → wheel: whose turn is it  → decider: votes → writer: payloads → outbox → next
 */
import { Arrival } from './arrival';
import { Decider } from './decider';
import { FactQuestions } from './fact-questions';
import { HeldTraces } from './held-traces';
import { NONE } from './id-table';
import { Outbox } from './outbox';
import { DROPPED } from './policies/policy';
import { ReleaseMarker } from './release-marker';
import { ReleaseWriter } from './release-writer';
import { ScopeRecords } from './scope-records';
import { SpanArena } from './span-arena';
import { StragglerMover } from './straggler-mover';
import { TailSamplingMetrics } from './tail-sampling-metrics';
import { FactGatherer } from './trace-facts';
import { BITS } from './trace-table';
import { VERDICT_WORDS, Verdicts } from './verdicts';
import type { Timer } from '../../clock';
import type { Processor, ProcessorContext } from '../../component';
import type { TailSamplingSettings } from '../../config';
import { RetryableError } from '../../errors';
import type { Payload } from '../../pipeline/payload';

const TICK_MS = 1000;
/** Longest time in milliseconds that decisions keep the process from anything else. */
const SLICE_MS = 8;
/** Traces that are decided between two looks at the clock. */
const TRACES_PER_LOOK = 32;

/** Makes a tail sampler. */
export function createTailSamplingProcessor(
  settings: TailSamplingSettings, context: ProcessorContext,
): Processor {
  return new TailSampling(settings, context);
}

/** Names of policies in metrics begin with the processor's own name, if it has one. */
function policyPrefix(id: string): string {
  const slash = id.indexOf('/');
  return slash < 0 ? '' : `${id.slice(slash + 1)}.`;
}

class TailSampling implements Processor {
  private readonly metrics: TailSamplingMetrics;
  private readonly arena = new SpanArena();
  private readonly outbox: Outbox;
  private readonly writer: ReleaseWriter;
  private readonly traces: HeldTraces;
  private readonly decider: Decider;
  private readonly arrival: Arrival;
  private readonly stragglers: StragglerMover;
  private timer?: Timer;
  private deciding = false;
  /** Whether the traces of the tick are looked at before any is decided. */
  private considering = false;
  private tickOwed = false;
  private tickBegan = 0;
  private whenDecided?: () => void;
  private stopping?: Promise<void>;

  public constructor(
    private readonly settings: TailSamplingSettings, private readonly context: ProcessorContext,
  ) {
    const { id, clock, log, next } = context;
    const { arena } = this;
    const asksRoot = settings.decisionWaitAfterRootReceived > 0;
    const metrics = new TailSamplingMetrics(context.metrics, id);
    const questions = new FactQuestions();
    this.metrics = metrics;
    this.outbox = new Outbox({ next, clock, log, lost: metrics.lost('refused') });
    const adjustsCounts = settings.usetracestate;
    this.decider = new Decider({
      policies: settings.policies,
      prefix: policyPrefix(id),
      sampleOnFirstMatch: settings.sampleOnFirstMatch,
      adjustsCounts,
      questions,
      clock,
      metrics,
    });
    const records = settings.recordpolicy ? new ScopeRecords(this.decider.policies) : undefined;
    const isMarking = adjustsCounts || records !== undefined;
    this.writer = new ReleaseWriter(arena, (payload) => this.outbox.send(payload), isMarking
      ? new ReleaseMarker({ adjustsCounts, records, unparseable: metrics.unparseable })
      : undefined);
    const verdicts = isMarking
      ? new Verdicts(this.decider, records, BITS + questions.words) : undefined;
    this.traces = new HeldTraces({
      settings,
      bitWords: questions.words + (isMarking ? VERDICT_WORDS : 0),
      arena,
      writer: this.writer,
      verdicts,
      clock,
      metrics,
    });
    this.stragglers = new StragglerMover(arena, this.traces.table, this.traces.wheel);
    this.arrival = new Arrival({
      traces: this.traces,
      arena,
      facts: new FactGatherer(questions, asksRoot),
      metrics,
      writer: this.writer,
      verdicts,
      asksSize: questions.asksSize,
      maximumTraceSizeBytes: settings.maximumTraceSizeBytes,
      asksRoot,
    });
  }

  public get pendingItems(): number {
    return this.traces.spans + this.outbox.items;
  }

  public start(): Promise<void> {
    this.timer = this.context.clock.every(TICK_MS, () => this.tick());
    return Promise.resolve();
  }

  public consume(payload: Payload): void {
    if (this.stopping !== undefined) {
      throw new RetryableError(
        `${this.context.id}: must be running to take spans, got ${payload.items} after its end`);
    }
    const { arrival } = this;
    this.traces.lookAtClock();
    try {
      for (const chunk of payload.chunks) arrival.take(chunk);
    } finally {
      if (arrival.lateSpans > 0) this.passOnLate();
    }
  }

  public stop(): Promise<void> {
    this.stopping ??= this.finish();
    return this.stopping;
  }

  private passOnLate(): void {
    this.metrics.releasedLate.add(this.arrival.lateSpans);
    this.arrival.lateSpans = 0;
    this.writer.add(this.arrival.late, 0);
    this.writer.flush();
  }

  /** As upstream's, a tick that comes while the last one is at work waits, and a third is gone. */
  private tick(): void {
    if (this.deciding) this.tickOwed = true;
    else this.beginTick();
  }

  private beginTick(): void {
    this.deciding = true;
    this.tickBegan = this.context.clock.monotonic();
    this.traces.wheel.turn();
    this.considering = this.decider.hasBudgets;
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
    this.writer.flush();
    if (isLast) this.endTick();
    else if (this.outbox.isFull) this.outbox.onRoom(() => this.decideSlice());
    else setImmediate(() => this.decideSlice());
  }

  /** Whether there was no trace left to look at. */
  private considerOne(): boolean {
    const { wheel, table } = this.traces;
    const trace = wheel.look();
    if (trace === NONE) {
      this.decider.spend();
    } else if (this.decider.consider(table.words, trace) === DROPPED) {
      wheel.remove(trace);
      this.traces.settle(trace, DROPPED);
    }
    return trace === NONE;
  }

  /** Whether there was no trace left to decide. */
  private decideOne(): boolean {
    const { wheel, table } = this.traces;
    const trace = wheel.take();
    if (trace !== NONE) this.traces.settle(trace, this.decider.decide(table.words, trace));
    return trace === NONE;
  }

  private endTick(): void {
    const { metrics, traces } = this;
    this.decider.report();
    this.stragglers.move();
    metrics.tooEarly.add(traces.wheel.takeMissing());
    metrics.tracesOnMemory.set(traces.table.size);
    metrics.heldSpans.set(traces.spans);
    metrics.heldBytes.set(this.arena.slabs.reservedBytes);
    metrics.tickDuration.record(Math.floor(this.context.clock.monotonic() - this.tickBegan));
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
