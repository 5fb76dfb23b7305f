/**
 * The metrics of the tail sampler: upstream's names, attributes and buckets, and a few of ours.
 *
 * Upstream's do not say which processor they are of, so all of a process count in the same series:
 * counters add up by themselves, and a gauge is the sum of what each processor last said.
 */
import type { Attributes, Counter, Gauge, Histogram, Metrics } from '../../telemetry/metrics';

const PREFIX = 'otelcol_processor_tail_sampling_';
const OURS = 'otelgw_tail_sampling_';
const TIMER_BUCKETS = [
  1, 2, 5, 10, 25, 50, 75, 100, 150, 200, 300, 400, 500, 750,
  1000, 2000, 3000, 4000, 5000, 10000, 20000, 30000, 50000,
];
/** Those that the OpenTelemetry SDK takes where upstream names none. */
const USUAL_BUCKETS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

/** Why traces are let go: `reason` of `otelgw_tail_sampling_released_traces`, by number. */
export const RELEASE_REASONS = [
  'decision_wait', 'root_received', 'quiet_period', 'span_ingest', 'max_bytes', 'num_traces',
  'too_large', 'stress_relief', 'shutdown', 'peer',
] as const;
/** Why a trace is let go. */
export type ReleaseReason = typeof RELEASE_REASONS[number];

/** What is counted of a vote. */
export type Voted = 'traces' | 'spans' | 'bytes';

const COUNTERS = {
  newTraces: ['new_trace_id_received', '{traces}', 'Counts the arrival of new traces'],
  tooEarly: ['sampling_trace_dropped_too_early', '{traces}',
    'Count of traces that were dropped from memory before they could be decided'],
  unparseable: ['count_spans_with_unparseable_tracestate', '{spans}',
    'Count of spans skipped while rewriting the effective `th` because their tracestate could not'
    + ' be parsed'],
  tooLarge: ['traces_dropped_too_large', '{traces}',
    'Count of traces that were dropped because they were too large'],
  evaluationErrors: ['sampling_policy_evaluation_error', '{errors}',
    'Count of sampling policy evaluation errors'],
} as const;

/** One processor's share of a gauge that is the sum over all of them. */
export class SharedGauge {
  private last = 0;

  public constructor(private readonly sum: Gauge) {}

  /** Replaces this processor's share. */
  public set(value: number): void {
    this.sum.add(value - this.last);
    this.last = value;
  }
}

/** What the processor counts with. */
export class TailSamplingMetrics {
  /** Traces of which a first span arrived. */
  public readonly newTraces: Counter;
  /** Traces whose spans made room for newer ones before they were decided. */
  public readonly tooEarly: Counter;
  /** Traces that were given up because of their size. */
  public readonly tooLarge: Counter;
  /** Kept spans whose trace state cannot be read. */
  public readonly unparseable: Counter;
  /** Spans that followed a remembered decision to keep their trace. */
  public readonly earlySampled: Counter;
  /** Spans that followed a remembered decision not to keep it. */
  public readonly earlyNotSampled: Counter;
  /** Duration of each tick in milliseconds. */
  public readonly tickDuration: Histogram;
  /** Seconds from a decision to the spans that come after it. */
  public readonly lateSpanAge: Histogram;
  /** Seconds from a trace's first span to the end of its record. */
  public readonly removalAge: Histogram;
  /** Number of traces with a record. */
  public readonly tracesOnMemory: SharedGauge;
  /** Number of undecided spans. */
  public readonly heldSpans: SharedGauge;
  /** Number of bytes of memory for spans. */
  public readonly heldBytes: SharedGauge;
  /** Spans given to the next component when their trace was decided. */
  public readonly releasedByDecision: Counter;
  /** Spans given to the next component because their trace had been decided. */
  public readonly releasedLate: Counter;
  /** 1 while traces are decided by their ids alone. */
  public readonly stressActive: SharedGauge;
  /** How much stress there is, in percent. */
  public readonly stressLevel: SharedGauge;
  /** Spans that were refused for want of memory. */
  public readonly refused: Counter;
  /** Requests that wait for room. */
  public readonly waitingRequests: SharedGauge;
  private readonly traces: Readonly<Record<ReleaseReason, Counter>>;

  public constructor(
    private readonly metrics: Metrics,
    /** The processor's name in the configuration. */
    private readonly processor: string,
  ) {
    const counter = ([name, unit, description]: readonly [string, string, string]): Counter =>
      metrics.counter({ name: PREFIX + name, unit, description });
    this.newTraces = counter(COUNTERS.newTraces);
    this.tooEarly = counter(COUNTERS.tooEarly);
    this.tooLarge = counter(COUNTERS.tooLarge);
    this.unparseable = counter(COUNTERS.unparseable);
    // Nothing that is here can fail on a trace; dashboards of upstream ask for the series.
    counter(COUNTERS.evaluationErrors);
    this.earlySampled = this.early('true');
    this.earlyNotSampled = this.early('false');
    this.tickDuration = this.histogram('sampling_decision_timer_latency', 'ms',
      'Latency (in milliseconds) of each run of the sampling decision timer', TIMER_BUCKETS);
    this.lateSpanAge = this.histogram('sampling_late_span_age', 's',
      'Time (in seconds) from the sampling decision was taken and the arrival of a late span');
    this.removalAge = this.histogram('sampling_trace_removal_age', 's',
      'Time (in seconds) from arrival of a new trace until its removal from memory');
    this.tracesOnMemory = new SharedGauge(metrics.gauge({
      name: `${PREFIX}sampling_traces_on_memory`,
      unit: '{traces}',
      description: 'Tracks the number of traces current on memory',
    }));
    this.heldSpans = this.held('spans', '{spans}', 'Spans that wait for a decision');
    this.heldBytes = this.held('bytes', 'By', 'Memory that is reserved for spans');
    this.releasedByDecision = this.released('decision');
    this.releasedLate = this.released('late');
    this.stressActive = this.gauge('stress_active', '1',
      'Whether traces are decided by their ids alone now');
    this.stressLevel = this.gauge('stress_level', '%',
      'Use of memory or lateness of decisions, whichever is more; above 100 it is too much');
    this.waitingRequests = this.gauge('waiting_requests', '{requests}',
      'Requests that wait until there is room for their traces');
    this.refused = metrics.counter({
      name: `${OURS}refused_spans`,
      unit: '{spans}',
      description: 'Spans that were refused for now, because memory for held spans was full',
    }, { processor });
    this.traces = Object.fromEntries(RELEASE_REASONS.map((reason) =>
      [reason, this.releasedTraces(reason)])) as Record<ReleaseReason, Counter>;
  }

  /** A trace was let go. */
  public letGo(reason: ReleaseReason, traces = 1): void {
    this.traces[reason].add(traces);
  }

  /** Traces that look as if they had been split, when they were let go. */
  public split(sign: string, reason: ReleaseReason): Counter {
    return this.metrics.counter({
      name: `${OURS}split_traces`,
      unit: '{traces}',
      description: 'Decided traces that lack their root, or the parents of some of their spans',
    }, { sign, reason, processor: this.processor });
  }

  /** Traces of which more or less would be kept if a policy took effect. */
  public dryRun(policy: string, effect: string): Counter {
    return this.metrics.counter({
      name: `${OURS}dry_run_traces`,
      unit: '{traces}',
      description: 'Traces about which a policy in dry_run would have changed the decision',
    }, { policy, effect, processor: this.processor });
  }

  /** Votes of a policy, by the traces that it voted on, or by what those hold. */
  public votes(policy: string, decision: string, what: Voted = 'traces'): Counter {
    return this.metrics.counter({
      name: `${PREFIX}count_${what}_sampled`,
      unit: what === 'bytes' ? 'By' : `{${what}}`,
      description: `Count of ${what} that were sampled or not per sampling policy`,
    }, { policy, ...outcome(decision) });
  }

  /** Decisions about traces. */
  public decisions(decision: string): Counter {
    return this.metrics.counter({
      name: `${PREFIX}global_count_traces_sampled`,
      unit: '{traces}',
      description: 'Global count of traces that were sampled or not by at least one policy',
    }, outcome(decision));
  }

  /** How often a policy was asked. */
  public executions(policy: string): Counter {
    return this.metrics.counter({
      name: `${PREFIX}sampling_policy_execution_count`,
      unit: '{executions}',
      description: 'Total number of executions of a specific sampling policy',
    }, { policy });
  }

  /** How long a policy took, in microseconds. */
  public executionTime(policy: string): Counter {
    return this.metrics.counter({
      name: `${PREFIX}sampling_policy_execution_time_sum`,
      unit: 'us',
      description: 'Total time spent (in microseconds) executing a specific sampling policy',
    }, { policy });
  }

  /** Traces that are recorded as kept by a policy: each kept trace counts once. */
  public kept(policy: string): Counter {
    return this.metrics.counter({
      name: `${OURS}kept_traces`,
      unit: '{traces}',
      description: 'Traces that were kept, by the policy that is recorded as the reason',
    }, { policy, processor: this.processor });
  }

  /** Spans that were to be passed on, or decided, and are lost. */
  public lost(reason: string): Counter {
    return this.metrics.counter({
      name: `${OURS}lost_spans`,
      unit: '{spans}',
      description: 'Spans that were lost: the next component refused them, or the process ended',
    }, { reason, processor: this.processor });
  }

  private early(sampled: string): Counter {
    return this.metrics.counter({
      name: `${PREFIX}early_releases_from_cache_decision`,
      unit: '{spans}',
      description: 'Number of spans that were able to be immediately released due to a cache hit',
    }, { sampled });
  }

  private released(reason: string): Counter {
    return this.metrics.counter({
      name: `${OURS}released_spans`,
      unit: '{spans}',
      description: 'Spans that were passed on, when their trace was decided or later',
    }, { reason, processor: this.processor });
  }

  private releasedTraces(reason: string): Counter {
    return this.metrics.counter({
      name: `${OURS}released_traces`,
      unit: '{traces}',
      description: 'Traces that wait no more, by the reason why they do not',
    }, { reason, processor: this.processor });
  }

  private held(what: string, unit: string, description: string): SharedGauge {
    return this.gauge(`held_${what}`, unit, description);
  }

  /** A processor that stands in several pipelines is one processor each, of the same name. */
  private gauge(name: string, unit: string, description: string): SharedGauge {
    return new SharedGauge(this.metrics.gauge(
      { name: OURS + name, unit, description }, { processor: this.processor }));
  }

  private histogram(
    name: string, unit: string, description: string, boundaries = USUAL_BUCKETS,
  ): Histogram {
    return this.metrics.histogram({ name: PREFIX + name, unit, description, boundaries });
  }
}

function outcome(decision: string): Attributes {
  return { decision, sampled: String(decision === 'sampled') };
}
