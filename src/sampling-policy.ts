import type { Duration } from 'cdk8s';
import type {
  BooleanAttributePolicyConfig, BytesLimitingPolicyConfig, NumericAttributePolicyConfig,
  ProbabilisticPolicyConfig, RateLimitingPolicyConfig, SamplingPolicyConfig,
  SpanCountPolicyConfig, StringAttributePolicyConfig, TraceStatePolicyConfig,
} from './config';
import {
  durationOf, listOf, required, rightProps, withMember, wrongValue,
} from './prop-kinds';

/** How an operation ended, as its span says. */
export enum StatusCode {
  /** It failed. */
  ERROR = 'ERROR',
  /** It was declared to have succeeded. */
  OK = 'OK',
  /** Nothing was said. */
  UNSET = 'UNSET',
}

/** Which status codes. */
export interface StatusCodePolicyOptions {
  /**
   * A trace with a span of one of these is kept; there is one at least.
   */
  readonly statusCodes: StatusCode[];
}

/** How long. */
export interface LatencyPolicyOptions {
  /**
   * Traces that took longer are kept, in whole milliseconds.
   */
  readonly threshold: Duration;
  /**
   * Of these, only those that took at most so long: more than `threshold`, in whole milliseconds.
   * @default - without limit
   */
  readonly upperThreshold?: Duration;
}

/** A policy inside a composite one, and what it may keep. */
export interface CompositePart {
  /**
   * The policy: a simple one, or `and`.
   */
  readonly policy: SamplingPolicy;
  /**
   * Percent of the spans per second that it gets: a whole number from 1 on. All together are at
   * most 100.
   * @default - an equal share
   */
  readonly percent?: number;
}

/** How many spans are kept, and how they are divided. */
export interface CompositePolicyOptions {
  /**
   * Spans to keep per second in each pod: a whole number.
   */
  readonly maxTotalSpansPerSecond: number;
  /**
   * The policies, in the order in which they are asked: the first one that keeps a trace pays for
   * it. Their names differ.
   */
  readonly parts: CompositePart[];
  /**
   * Whether what one policy leaves of its share may be spent by the others in the next second, and
   * a trace that its policy cannot pay for is offered to the next one. Only the collector of this
   * project knows it.
   * @default false
   */
  readonly fair?: boolean;
}

const LATENCY_KINDS = {
  threshold: required(durationOf('millis', 0, 500)),
  upperThreshold: durationOf('millis', 0, 2000),
};
const SHARE_KINDS = {
  samplingPercentage: required({
    is: () => true, wanted: 'a percentage from 0 to 100', example: '10',
  }),
};

const POLICY = withMember(
  '_toConfig', 'a SamplingPolicy', 'SamplingPolicy.not(\'other\', SamplingPolicy.…)');
const POLICIES = listOf(
  POLICY, 'a list of SamplingPolicies', 'SamplingPolicy.and(\'both\', [SamplingPolicy.…])');

const PARTS = listOf(
  withMember('policy', 'a part with a policy', '{ policy: SamplingPolicy.… }'),
  'a list of parts, each with a policy', '[{ policy: SamplingPolicy.…, percent: 50 }]');

function problemsOf(policies: readonly SamplingPolicy[]): string[] {
  return policies.flatMap(({ _problems }) => _problems);
}

/** A rule by which a tail sampler keeps whole traces. A trace is kept when one rule keeps it. */
export class SamplingPolicy {
  /** Keeps every trace. */
  public static alwaysSample(name: string): SamplingPolicy {
    return new SamplingPolicy({ name, type: 'always_sample' });
  }

  /** Keeps traces with a span of one of these status codes. */
  public static statusCode(name: string, options: StatusCodePolicyOptions): SamplingPolicy {
    return new SamplingPolicy({ name, type: 'status_code', statusCode: options });
  }

  /** Keeps traces by how long they took, from the first start to the last end of their spans. */
  public static latency(name: string, options: LatencyPolicyOptions): SamplingPolicy {
    const { props, problems } = rightProps(options, LATENCY_KINDS);
    return new SamplingPolicy({
      name,
      type: 'latency',
      latency: {
        thresholdMs: props.threshold?.toMilliseconds(),
        upperThresholdMs: props.upperThreshold?.toMilliseconds(),
      },
    }, problems);
  }

  /** Keeps a share of all traces, chosen by trace id: every sampler chooses the same ones. */
  public static probabilistic(name: string, options: ProbabilisticPolicyConfig): SamplingPolicy {
    const { props, problems } = rightProps(options, SHARE_KINDS);
    return new SamplingPolicy({ name, type: 'probabilistic', probabilistic: props }, problems);
  }

  /** Keeps traces with an attribute that has one of these texts. */
  public static stringAttribute(
    name: string, options: StringAttributePolicyConfig,
  ): SamplingPolicy {
    return new SamplingPolicy({ name, type: 'string_attribute', stringAttribute: options });
  }

  /** Keeps traces with a whole-number attribute in a range. */
  public static numericAttribute(
    name: string, options: NumericAttributePolicyConfig,
  ): SamplingPolicy {
    return new SamplingPolicy({ name, type: 'numeric_attribute', numericAttribute: options });
  }

  /** Keeps traces with an attribute that is true, or that is false. */
  public static booleanAttribute(
    name: string, options: BooleanAttributePolicyConfig,
  ): SamplingPolicy {
    return new SamplingPolicy({ name, type: 'boolean_attribute', booleanAttribute: options });
  }

  /** Keeps traces as long as their spans fit a rate, in each pod. */
  public static rateLimiting(name: string, options: RateLimitingPolicyConfig): SamplingPolicy {
    return new SamplingPolicy({ name, type: 'rate_limiting', rateLimiting: options });
  }

  /** Keeps traces as long as their bytes fit a rate, in each pod. */
  public static bytesLimiting(name: string, options: BytesLimitingPolicyConfig): SamplingPolicy {
    return new SamplingPolicy({ name, type: 'bytes_limiting', bytesLimiting: options });
  }

  /** Keeps traces with a span whose W3C trace state has one of these values under a key. */
  public static traceState(name: string, options: TraceStatePolicyConfig): SamplingPolicy {
    return new SamplingPolicy({ name, type: 'trace_state', traceState: options });
  }

  /** Keeps traces with a span that has the W3C flag `sampled`. */
  public static traceFlags(name: string): SamplingPolicy {
    return new SamplingPolicy({ name, type: 'trace_flags' });
  }

  /** Keeps traces by how many spans they have. */
  public static spanCount(name: string, options: SpanCountPolicyConfig): SamplingPolicy {
    return new SamplingPolicy({ name, type: 'span_count', spanCount: options });
  }

  /** Keeps traces that all of `policies` keep. */
  public static and(name: string, policies: SamplingPolicy[]): SamplingPolicy {
    const { configs: andSubPolicy, problems } = SamplingPolicy.parts(policies);
    return new SamplingPolicy({ name, type: 'and', and: { andSubPolicy } }, problems);
  }

  /** Keeps traces that `policy` does not keep. */
  public static not(name: string, policy: SamplingPolicy): SamplingPolicy {
    const wrong = wrongValue('policy', policy, POLICY);
    const { configs: [notSubPolicy], problems } = SamplingPolicy.parts(
      wrong.length === 0 ? [policy] : [SamplingPolicy.alwaysSample('unknown')]);
    return new SamplingPolicy(
      { name, type: 'not', not: { notSubPolicy } }, [...wrong, ...problems]);
  }

  /** Drops traces that all of `policies` keep, whatever any other policy says. */
  public static drop(name: string, policies: SamplingPolicy[]): SamplingPolicy {
    const { configs: dropSubPolicy, problems } = SamplingPolicy.parts(policies);
    return new SamplingPolicy({ name, type: 'drop', drop: { dropSubPolicy } }, problems);
  }

  /** Keeps traces that one of its policies keeps, up to a rate that is divided among them. */
  public static composite(name: string, options: CompositePolicyOptions): SamplingPolicy {
    const wrong = wrongValue('parts', options.parts, PARTS);
    const parts = wrong.length === 0
      ? options.parts : [{ policy: SamplingPolicy.alwaysSample('unknown') }];
    const { configs: compositeSubPolicy, problems } =
      SamplingPolicy.parts(parts.map(({ policy }) => policy));
    const percents = parts.map(({ percent = 0 }) => percent).reduce((sum, one) => sum + one, 0);
    if (percents > 100) wrong.push(`parts: percents must be at most 100 together, got ${percents}`);
    const shared = parts.flatMap(({ percent }, i) =>
      percent === undefined ? [] : [{ policy: compositeSubPolicy[i].name ?? '', percent }]);
    return new SamplingPolicy({
      name,
      type: 'composite',
      composite: {
        maxTotalSpansPerSecond: options.maxTotalSpansPerSecond,
        compositeSubPolicy,
        rateAllocation: shared.length === 0 ? undefined : shared,
        fair: options.fair,
      },
    }, [...wrong, ...problems]);
  }

  /**
   * Asks `policy` and counts what it says, without any effect on what is kept. Not for policies
   * inside others; only the runtime image has it.
   */
  public static dryRun(policy: SamplingPolicy): SamplingPolicy {
    const wrong = wrongValue('policy', policy, POLICY);
    return wrong.length > 0
      ? new SamplingPolicy({ name: 'unknown', type: 'always_sample' }, wrong)
      : new SamplingPolicy({ ...policy._toConfig(), dryRun: true }, policy._problems);
  }

  private static parts(given: SamplingPolicy[]) {
    const problems = wrongValue('policies', given, POLICIES);
    const policies = problems.length === 0 ? given : [SamplingPolicy.alwaysSample('unknown')];
    return {
      configs: policies.map((policy) => policy._toConfig()),
      problems: [...problems, ...problemsOf(policies)],
    };
  }

  private constructor(
    private readonly config: SamplingPolicyConfig,
    /**
     * What is wrong with its options, beginning with their name.
     * @internal
     */
    public readonly _problems: readonly string[] = [],
  ) {}

  /**
   * What the tail sampler is told.
   * @internal
   */
  public _toConfig(): SamplingPolicyConfig {
    return this.config;
  }
}
