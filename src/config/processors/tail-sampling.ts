/**
 * The contract of the tail sampler.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { count, duration, flag, list, optional, text } from '../fields';
import { section, type Report, type SettingsOf } from '../section';
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
   * What is remembered of traces that were decided.
   * @default - nothing
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
   * Extension that makes this and other pods one sampler, such as `trace_peers`.
   * @default - every pod decides by itself
   */
  readonly peers?: string;
  /**
   * The policies; a trace is kept when one of them keeps it and none drops it.
   */
  readonly policies: SamplingPolicyConfig[];
}

const fields = {
  decisionWait: duration('30s'),
  decisionWaitAfterRootReceived: duration('0s'),
  numTraces: count({ fallback: 50_000 }),
  expectedNewTracesPerSec: count({ fallback: 0 }),
  decisionCache: section<DecisionCacheConfig>()({
    sampledCacheSize: count({ fallback: 0, min: Number.MIN_SAFE_INTEGER }),
    nonSampledCacheSize: count({ fallback: 0, min: Number.MIN_SAFE_INTEGER }),
  }),
  sampleOnFirstMatch: flag({ fallback: false }),
  dropPendingTracesOnShutdown: flag({ fallback: false }),
  maximumTraceSizeBytes: count({ fallback: 0 }),
  usetracestate: flag({ fallback: false }),
  recordpolicy: flag({ fallback: false }),
  peers: optional(text()),
  policies: list(samplingPolicy),
};

/** What the tail sampler works with. */
export type TailSamplingSettings = SettingsOf<typeof fields>;

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
    check: policiesHaveNames,
    upstreamOnly: ['block_on_overflow', 'sampling_strategy', 'num_shards', 'tail_storage'],
  });
