/**
 * The contract of the tail sampler.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import {
  choice, count, duration, flag, list, optional, ratio, text, withoutEffect,
} from '../fields';
import { formatGoDuration } from '../go-duration';
import { givenSection, type Report, type SettingsOf } from '../section';
import { samplingPolicy, type PolicySettings } from './sampling-policy';
import type { SamplingPolicyConfig } from './sampling-policy-config';

/** Remembers what was decided, for spans that come after their trace was let go. */
export interface DecisionCacheConfig {
  /**
   * Number of kept traces to remember; zero remembers none.
   * @default 0
   */
  readonly sampledCacheSize?: number;
  /**
   * Number of dropped traces to remember; zero remembers none.
   * @default 0
   */
  readonly nonSampledCacheSize?: number;
}

/** Decides about new traces by their ids alone while the process is under stress. */
export interface StressReliefConfig {
  /**
   * Level, in percent, from which on new traces are no longer held: the greatest of held bytes in
   * `max_bytes`, memory in use in all memory, and lateness of decisions in `maximum_lag`.
   * @default 90
   */
  readonly activationLevel?: number;
  /**
   * Level, in percent, below which they are held again; at most the activation level.
   * @default 70
   */
  readonly deactivationLevel?: number;
  /**
   * Lateness of decisions that is a level of 100: how long a tick takes, more than nothing.
   * @default Duration.seconds(5)
   */
  readonly maximumLag?: Duration;
  /**
   * Time for which it lasts at least once it is active.
   * @default Duration.seconds(10)
   */
  readonly minimumDuration?: Duration;
  /**
   * Share of new traces to keep while it is active: a percentage from 0 to 100.
   * @default 10
   */
  readonly samplingPercentage?: number;
}

/** Keeps what a sampler holds on disk, so that the next process has it when this one is killed. */
export interface TailSamplingJournalConfig {
  /**
   * Directory of the files, which one sampler uses at a time. It is made where it is missing.
   */
  readonly directory: string;
  /**
   * Size of all files at most, in MiB. Beyond it spans are taken without being written, and that is
   * said and counted.
   * @default 1024
   */
  readonly maxMib?: number;
}

/** Holds whole traces and decides which of them are kept. */
export interface TailSamplingProcessorConfig {
  /**
   * Time from a trace's first span to the decision.
   * @default Duration.seconds(30)
   */
  readonly decisionWait?: Duration;
  /**
   * Time from a trace's root span to the decision, where that is sooner; zero does not ask.
   * @default Duration.millis(0)
   */
  readonly decisionWaitAfterRootReceived?: Duration;
  /**
   * Number of traces that are held at most.
   * @default 50000
   */
  readonly numTraces?: number;
  /**
   * Number of new traces to make room for in advance.
   * @default 0
   */
  readonly expectedNewTracesPerSec?: number;
  /**
   * What is remembered of traces that were decided. Upstream remembers nothing when it is absent.
   * @default - twice `num_traces` kept ones, four times as many dropped ones; 4,194,304 at most
   */
  readonly decisionCache?: DecisionCacheConfig;
  /**
   * Whether policies after the first that keeps a trace are not asked.
   * @default false
   */
  readonly sampleOnFirstMatch?: boolean;
  /**
   * Whether undecided traces are dropped at shutdown rather than decided on what is there.
   * @default false
   */
  readonly dropPendingTracesOnShutdown?: boolean;
  /**
   * Size at which a trace is given up, in bytes of protobuf; zero is without limit.
   * @default 0
   */
  readonly maximumTraceSizeBytes?: number;
  /**
   * Whether `probabilistic` and limiting policies decide by the randomness in trace states, and the
   * threshold with which a trace was kept is written into those of its spans, so that backends
   * count it for all that it stands for. Upstream has it as the feature gate
   * `processor.tailsamplingprocessor.usetracestate`.
   * @default false
   */
  readonly usetracestate?: boolean;
  /**
   * Whether the policy that kept a trace is written on the scopes of its spans. Upstream has it as
   * the feature gate `processor.tailsamplingprocessor.recordpolicy`.
   * @default false
   */
  readonly recordpolicy?: boolean;
  /**
   * Whether the spans of the traces that a policy voted on are counted besides the traces
   * (`count_spans_sampled`). Upstream has it as the feature gate
   * `processor.tailsamplingprocessor.metricstatcountspanssampled`.
   * @default false
   */
  readonly metricstatcountspanssampled?: boolean;
  /**
   * Whether their bytes are counted, too (`count_bytes_sampled`). Upstream has it as the feature
   * gate `processor.tailsamplingprocessor.metricstatcountbytessampled`.
   * @default false
   */
  readonly metricstatcountbytessampled?: boolean;
  /**
   * Extension that makes this and other pods one sampler, such as `trace_peers`.
   * @default - every pod decides by itself
   */
  readonly peers?: string;
  /**
   * Keeping what is held on disk, so that nothing of it is lost when the process is killed.
   * @default - it is held in memory only
   */
  readonly journal?: TailSamplingJournalConfig;
  /**
   * Whether senders wait while `num_traces` undecided traces are held, rather than the oldest one
   * making room.
   * @default false
   */
  readonly blockOnOverflow?: boolean;
  /**
   * When policies are asked: of a whole trace after its wait (`trace-complete`), or of the spans
   * of each request as they come (`span-ingest`), which takes policies that need not see all.
   * @default "trace-complete"
   */
  readonly samplingStrategy?: string;
  /**
   * Number of loops that share the work, at most 256. It changes nothing here: a process has one.
   * @default 1
   */
  readonly numShards?: number;
  /**
   * Memory for held spans, in bytes, 1 MiB at least. Beyond it the traces that are big and old are
   * decided early. This collector's own key, as all that follow but the policies.
   * @default - half of what 64 MiB leave of the container's memory, or else of the machine's
   */
  readonly maxBytes?: number;
  /**
   * Time without any span of a trace whose root was seen after which the trace is decided, if that
   * is sooner than `decision_wait`; zero does not ask.
   * @default Duration.millis(0)
   */
  readonly decisionQuietPeriod?: Duration;
  /**
   * Deciding by trace id alone under stress.
   * @default - never
   */
  readonly stressRelief?: StressReliefConfig;
  /**
   * Whether decided traces are counted that have no root, or spans whose parent is missing.
   * @default true
   */
  readonly detectSplitTraces?: boolean;
  /**
   * The policies; a trace is kept when one of them keeps it and none drops it.
   */
  readonly policies: SamplingPolicyConfig[];
}

/** What a sampler needs to hold anything at all. */
const LEAST_BYTES = 1_048_576;
/** What a journal needs to turn its files over. */
const LEAST_JOURNAL_MIB = 16;
/** Decisions of one kind that can be remembered. */
const MOST_REMEMBERED = 100_000_000;
/** Waits are kept second by second. */
const LONGEST_WAIT_HOURS = 168;
const HOUR_MS = 3_600_000;

const remembered = count({ fallback: 0, min: Number.MIN_SAFE_INTEGER, max: MOST_REMEMBERED });

const fields = {
  decisionWait: duration('30s'),
  decisionWaitAfterRootReceived: duration('0s'),
  numTraces: count({ fallback: 50_000 }),
  expectedNewTracesPerSec: count({ fallback: 0 }),
  decisionCache: givenSection<DecisionCacheConfig>()('off', {
    sampledCacheSize: remembered,
    nonSampledCacheSize: remembered,
  }),
  sampleOnFirstMatch: flag({ fallback: false }),
  dropPendingTracesOnShutdown: flag({ fallback: false }),
  maximumTraceSizeBytes: count({ fallback: 0 }),
  usetracestate: flag({ fallback: false }),
  recordpolicy: flag({ fallback: false }),
  metricstatcountspanssampled: flag({ fallback: false }),
  metricstatcountbytessampled: flag({ fallback: false }),
  peers: optional(text()),
  journal: givenSection<TailSamplingJournalConfig>()('off', {
    directory: text(),
    maxMib: count({ fallback: 1024, min: LEAST_JOURNAL_MIB }),
  }),
  blockOnOverflow: flag({ fallback: false }),
  samplingStrategy: choice(['trace-complete', 'span-ingest'], 'trace-complete'),
  numShards: withoutEffect(count({ fallback: 1, max: 256 }), 'a process has one core'),
  maxBytes: optional(count({ min: LEAST_BYTES })),
  decisionQuietPeriod: duration('0s'),
  stressRelief: givenSection<StressReliefConfig>()('off', {
    activationLevel: ratio({ fallback: 90, min: 1, max: 100 }),
    deactivationLevel: ratio({ fallback: 70, max: 100 }),
    maximumLag: duration('5s'),
    minimumDuration: duration('10s'),
    samplingPercentage: ratio({ fallback: 10, max: 100 }),
  }, { check: levelsFit }),
  detectSplitTraces: flag({ fallback: true }),
  policies: list(samplingPolicy),
};

/** What the tail sampler works with. */
export type TailSamplingSettings = SettingsOf<typeof fields>;
/** What stress relief works with. */
export type StressReliefSettings = NonNullable<TailSamplingSettings['stressRelief']>;
/** What a journal works with. */
export type JournalSettings = NonNullable<TailSamplingSettings['journal']>;

interface Levels {
  readonly activationLevel: number;
  readonly deactivationLevel: number;
  readonly maximumLag: number;
}

function levelsFit(
  { activationLevel, deactivationLevel, maximumLag }: Levels, report: Report,
): void {
  if (deactivationLevel > activationLevel) {
    report(['deactivation_level'],
      `must be at most activation_level (${activationLevel}), got ${deactivationLevel}`);
  }
  if (maximumLag === 0) report(['maximum_lag'], 'must be more than nothing, got 0s');
}

/** Whether what a policy says about a part of a trace may not be what it says of the whole. */
function needsWholeTrace(policy: PolicySettings): boolean {
  switch (policy.type) {
    case 'latency': return policy.latency.upperThresholdMs > 0;
    case 'span_count': return policy.spanCount.maxSpans > 0;
    case 'rate_limiting': case 'bytes_limiting': return true;
    case 'and': return policy.and.andSubPolicy.some(needsWholeTrace);
    case 'not': return needsWholeTrace(policy.not.notSubPolicy);
    case 'drop': return policy.drop.dropSubPolicy.some(needsWholeTrace);
    case 'composite': return policy.composite.compositeSubPolicy.some(needsWholeTrace);
    default: return false;
  }
}

function policiesFit(settings: TailSamplingSettings, report: Report): void {
  policiesHaveNames(settings, report);
  if (settings.decisionWait > LONGEST_WAIT_HOURS * HOUR_MS) {
    report(['decision_wait'], `must be at most ${LONGEST_WAIT_HOURS}h, for what waits is held, got`
      + ` ${formatGoDuration(settings.decisionWait)}`);
  }
  if (settings.samplingStrategy !== 'span-ingest') return;
  settings.policies.forEach((policy, index) => {
    if (needsWholeTrace(policy)) {
      report(['policies', index], 'must be a policy that need not see the whole trace, as'
        + ` sampling_strategy is span-ingest, got one of type ${policy.type}`);
    }
  });
}

function policiesHaveNames({ policies }: TailSamplingSettings, report: Report): void {
  if (policies.length === 0) {
    report(['policies'], 'must hold at least one policy, for without one every trace is dropped');
  }
  const first = new Map<string, number>();
  policies.forEach(({ name }: PolicySettings, index) => {
    const before = first.get(name);
    if (name === '') {
      report(['policies', index, 'name'], 'is required and must not be empty');
    } else if (before === undefined) {
      first.set(name, index);
    } else {
      report(['policies', index, 'name'],
        `must be unique, but policies[${before}] is named ${JSON.stringify(name)}, too`);
    }
  });
}

/** The contract of the tail sampler. */
export const tailSamplingProcessor = component<TailSamplingProcessorConfig>()(
  'processors', 'tail_sampling', fields, {
    signals: ['traces'],
    upstreamSignals: ['traces'],
    check: policiesFit,
    upstreamOnly: ['tail_storage'],
  });
