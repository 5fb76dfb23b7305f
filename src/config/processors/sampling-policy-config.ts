/**
 * The policies of the tail sampler as constructs give them: which whole traces are kept.
 */

/** Keeps traces by how long they took. */
export interface LatencyPolicyConfig {
  /**
   * Keeps traces that took longer, in whole milliseconds.
   * @default 0
   */
  readonly thresholdMs?: number;
  /**
   * Keeps only those that took at most so long, in milliseconds; zero is without limit.
   * @default 0
   */
  readonly upperThresholdMs?: number;
}

/** Keeps traces with a span of one of these status codes. */
export interface StatusCodePolicyConfig {
  /**
   * The codes: OK, ERROR, UNSET.
   */
  readonly statusCodes: string[];
}

/** Keeps a share of all traces, chosen by trace id. */
export interface ProbabilisticPolicyConfig {
  /**
   * Salt of the hash; samplers with different salts choose independently.
   * @default ""
   */
  readonly hashSalt?: string;
  /**
   * Share of traces to keep: a percentage from 0 to 100, which may have a fraction. Constructs
   * refuse to leave it out, for then no trace would be kept.
   * @default 0
   */
  readonly samplingPercentage?: number;
}

/** Keeps traces with an attribute that has one of these texts. */
export interface StringAttributePolicyConfig {
  /**
   * Key of the attribute, of the resource or of a span.
   */
  readonly key: string;
  /**
   * Texts to match exactly, or regular expressions (RE2) to find.
   */
  readonly values: string[];
  /**
   * Whether the values are regular expressions.
   * @default false
   */
  readonly enabledRegexMatching?: boolean;
  /**
   * Number of texts whose match is remembered; zero and less is 128.
   * @default 0
   */
  readonly cacheMaxSize?: number;
  /**
   * Whether to keep the traces in which nothing matches instead.
   * @default false
   */
  readonly invertMatch?: boolean;
}

/** Keeps traces with a whole-number attribute in a range; one bound at least is not zero. */
export interface NumericAttributePolicyConfig {
  /**
   * Key of the attribute, of the resource or of a span.
   */
  readonly key: string;
  /**
   * Least whole number that matches; zero is no bound.
   * @default 0
   */
  readonly minValue?: number;
  /**
   * Greatest whole number that matches; zero is no bound. One of both bounds is needed.
   * @default 0
   */
  readonly maxValue?: number;
  /**
   * Whether to keep the traces in which nothing matches instead.
   * @default false
   */
  readonly invertMatch?: boolean;
}

/** Keeps traces with an attribute that is true, or that is false. */
export interface BooleanAttributePolicyConfig {
  /**
   * Key of the attribute, of the resource or of a span.
   */
  readonly key: string;
  /**
   * The value that matches.
   * @default false
   */
  readonly value?: boolean;
  /**
   * Whether to keep the traces in which nothing matches instead.
   * @default false
   */
  readonly invertMatch?: boolean;
}

/** Keeps traces as long as their spans fit a rate. */
export interface RateLimitingPolicyConfig {
  /**
   * Spans to keep per second in each pod: a whole number.
   */
  readonly spansPerSecond: number;
  /**
   * Spans to keep at once after a pause; zero is twice the rate.
   * @default 0
   */
  readonly burstCapacity?: number;
}

/** Keeps traces by how many spans they have. */
export interface SpanCountPolicyConfig {
  /**
   * Least number of spans: a whole number.
   * @default 0
   */
  readonly minSpans?: number;
  /**
   * Greatest number of spans, `minSpans` at least; zero is without limit.
   * @default 0
   */
  readonly maxSpans?: number;
}

/** Keeps traces as long as their bytes fit a rate. */
export interface BytesLimitingPolicyConfig {
  /**
   * Bytes of protobuf to keep per second in each pod: a whole number.
   */
  readonly bytesPerSecond: number;
  /**
   * Bytes to keep at once after a pause; zero is twice the rate.
   * @default 0
   */
  readonly burstCapacity?: number;
}

/** Keeps traces with a span whose W3C trace state has one of these values under a key. */
export interface TraceStatePolicyConfig {
  /**
   * Key in the trace state.
   */
  readonly key: string;
  /**
   * Values, of which one must be there exactly.
   */
  readonly values: string[];
}

/** The share of a policy inside a composite one. */
export interface RateAllocationConfig {
  /**
   * Name of the policy.
   */
  readonly policy: string;
  /**
   * Percent of the spans per second that it gets; zero and less stand for an equal share.
   * @default 0
   */
  readonly percent?: number;
}

/** Keeps traces that one of its policies keeps, up to a rate that is divided among them. */
export interface CompositePolicyConfig {
  /**
   * Spans to keep per second in each pod: a whole number.
   */
  readonly maxTotalSpansPerSecond: number;
  /**
   * Names of the policies in the order in which they are asked. Only a `fair` one asks in this
   * order; else they are asked in the order of `compositeSubPolicy`.
   * @default []
   */
  readonly policyOrder?: string[];
  /**
   * The policies: simple ones, or `and`.
   */
  readonly compositeSubPolicy: SamplingPolicyConfig[];
  /**
   * Their shares; a policy without one gets an equal share.
   * @default []
   */
  readonly rateAllocation?: RateAllocationConfig[];
  /**
   * Whether what one policy leaves of its share may be spent by the others in the next second, and
   * whether `policyOrder` is obeyed. Only the collector of this project knows it.
   * @default false
   */
  readonly fair?: boolean;
}

/** Keeps traces that all of its policies keep. */
export interface AndPolicyConfig {
  /**
   * The policies: simple ones, or `not`.
   */
  readonly andSubPolicy: SamplingPolicyConfig[];
}

/** Keeps traces that its policy does not keep. */
export interface NotPolicyConfig {
  /**
   * The policy, a simple one.
   */
  readonly notSubPolicy: SamplingPolicyConfig;
}

/** Drops traces that all of its policies keep, whatever other policies say. */
export interface DropPolicyConfig {
  /**
   * The policies: simple ones, or `not`.
   */
  readonly dropSubPolicy: SamplingPolicyConfig[];
}

/** One policy: its name, its type, and the settings of that type under the type's name. */
export interface SamplingPolicyConfig {
  /**
   * The policy's own name, for metrics and messages; only policies inside others may lack one.
   * @default ""
   */
  readonly name?: string;
  /**
   * The type, such as `latency` or `status_code`.
   */
  readonly type: string;
  /**
   * Whether it is asked and counted without any effect on what is kept. Not for policies inside
   * others, and for this collector only.
   * @default - it has its effect
   */
  readonly dryRun?: boolean;
  /**
   * Settings of type latency.
   * @default - as the type has them
   */
  readonly latency?: LatencyPolicyConfig;
  /**
   * Settings of type status_code.
   * @default - as the type has them
   */
  readonly statusCode?: StatusCodePolicyConfig;
  /**
   * Settings of type probabilistic.
   * @default - as the type has them
   */
  readonly probabilistic?: ProbabilisticPolicyConfig;
  /**
   * Settings of type string_attribute.
   * @default - as the type has them
   */
  readonly stringAttribute?: StringAttributePolicyConfig;
  /**
   * Settings of type numeric_attribute.
   * @default - as the type has them
   */
  readonly numericAttribute?: NumericAttributePolicyConfig;
  /**
   * Settings of type boolean_attribute.
   * @default - as the type has them
   */
  readonly booleanAttribute?: BooleanAttributePolicyConfig;
  /**
   * Settings of type rate_limiting.
   * @default - as the type has them
   */
  readonly rateLimiting?: RateLimitingPolicyConfig;
  /**
   * Settings of type bytes_limiting.
   * @default - as the type has them
   */
  readonly bytesLimiting?: BytesLimitingPolicyConfig;
  /**
   * Settings of type trace_state.
   * @default - as the type has them
   */
  readonly traceState?: TraceStatePolicyConfig;
  /**
   * Settings of type span_count.
   * @default - as the type has them
   */
  readonly spanCount?: SpanCountPolicyConfig;
  /**
   * Settings of type and.
   * @default - as the type has them
   */
  readonly and?: AndPolicyConfig;
  /**
   * Settings of type not.
   * @default - as the type has them
   */
  readonly not?: NotPolicyConfig;
  /**
   * Settings of type drop.
   * @default - as the type has them
   */
  readonly drop?: DropPolicyConfig;
  /**
   * Settings of type composite.
   * @default - as the type has them
   */
  readonly composite?: CompositePolicyConfig;
}
