/**
 * The policies of the tail sampler: which whole traces are kept.
 */
import * as z from 'zod/mini';
import { meetElsewhere } from '../elsewhere';
import {
  choice, count, decoded, flag, lazily, lazyField, list, mustBe, ratio, text, type Field,
} from '../fields';
import { didYouMean } from '../nearest-name';
import { NAMES_NONE, NOT_HERE, shown, type Path } from '../problem';
import {
  decodeInside, mapSchema, section, snakeCase, type FieldsOf, type Report, type SettingsOf,
} from '../section';
import type {
  BooleanAttributePolicyConfig, BytesLimitingPolicyConfig, LatencyPolicyConfig,
  NumericAttributePolicyConfig, ProbabilisticPolicyConfig, RateAllocationConfig,
  RateLimitingPolicyConfig, SamplingPolicyConfig, SpanCountPolicyConfig, StatusCodePolicyConfig,
  StringAttributePolicyConfig, TraceStatePolicyConfig,
} from './sampling-policy-config';

const INT32 = 2_147_483_647;

const int64 = (fallback: number) => count({ fallback, min: Number.MIN_SAFE_INTEGER });

const latency = {
  thresholdMs: count({ fallback: 0 }),
  upperThresholdMs: count({ fallback: 0 }),
} satisfies FieldsOf<LatencyPolicyConfig>;

const statusCode = {
  statusCodes: list(choice(['OK', 'ERROR', 'UNSET'])),
} satisfies FieldsOf<StatusCodePolicyConfig>;

const probabilistic = {
  hashSalt: text({ fallback: '' }),
  samplingPercentage: ratio({ fallback: 0, max: 100 }),
} satisfies FieldsOf<ProbabilisticPolicyConfig>;

const stringAttribute = {
  key: text(),
  values: list(text()),
  enabledRegexMatching: flag({ fallback: false }),
  cacheMaxSize: int64(0),
  invertMatch: flag({ fallback: false }),
} satisfies FieldsOf<StringAttributePolicyConfig>;

const numericAttribute = {
  key: text(),
  minValue: int64(0),
  maxValue: int64(0),
  invertMatch: flag({ fallback: false }),
} satisfies FieldsOf<NumericAttributePolicyConfig>;

const booleanAttribute = {
  key: text(),
  value: flag({ fallback: false }),
  invertMatch: flag({ fallback: false }),
} satisfies FieldsOf<BooleanAttributePolicyConfig>;

const rateLimiting = {
  spansPerSecond: count(),
  burstCapacity: count({ fallback: 0 }),
} satisfies FieldsOf<RateLimitingPolicyConfig>;

const bytesLimiting = {
  bytesPerSecond: count(),
  burstCapacity: count({ fallback: 0 }),
} satisfies FieldsOf<BytesLimitingPolicyConfig>;

const traceState = {
  key: text(),
  values: list(text()),
} satisfies FieldsOf<TraceStatePolicyConfig>;

const rateAllocation = {
  policy: text(),
  percent: int64(0),
} satisfies FieldsOf<RateAllocationConfig>;

const spanCount = {
  minSpans: count({ fallback: 0, max: INT32 }),
  maxSpans: count({ fallback: 0, max: INT32 }),
} satisfies FieldsOf<SpanCountPolicyConfig>;

/** What a policy of type latency works with. */
export type LatencyPolicySettings = SettingsOf<typeof latency>;
/** What a policy of type status_code works with. */
export type StatusCodePolicySettings = SettingsOf<typeof statusCode>;
/** What a policy of type probabilistic works with. */
export type ProbabilisticPolicySettings = SettingsOf<typeof probabilistic>;
/** What a policy of type string_attribute works with. */
export type StringAttributePolicySettings = SettingsOf<typeof stringAttribute>;
/** What a policy of type numeric_attribute works with. */
export type NumericAttributePolicySettings = SettingsOf<typeof numericAttribute>;
/** What a policy of type boolean_attribute works with. */
export type BooleanAttributePolicySettings = SettingsOf<typeof booleanAttribute>;
/** What a policy of type rate_limiting works with. */
export type RateLimitingPolicySettings = SettingsOf<typeof rateLimiting>;
/** What a policy of type bytes_limiting works with. */
export type BytesLimitingPolicySettings = SettingsOf<typeof bytesLimiting>;
/** What a policy of type trace_state works with. */
export type TraceStatePolicySettings = SettingsOf<typeof traceState>;
/** The share of a policy inside a composite one. */
export type RateAllocationSettings = SettingsOf<typeof rateAllocation>;
/** What a policy of type composite works with. */
export interface CompositePolicySettings {
  /** Spans to keep per second. */
  readonly maxTotalSpansPerSecond: number;
  /** Names of the policies in the order in which a fair one asks them. */
  readonly policyOrder: readonly string[];
  /** The policies. */
  readonly compositeSubPolicy: readonly PolicySettings[];
  /** Their shares. */
  readonly rateAllocation: readonly RateAllocationSettings[];
  /** Whether what one policy leaves may be spent by the others. */
  readonly fair: boolean;
}
/** What a policy of type span_count works with. */
export type SpanCountPolicySettings = SettingsOf<typeof spanCount>;
/** What a policy of type and works with. */
export interface AndPolicySettings {
  /** The policies that must all keep a trace. */
  readonly andSubPolicy: readonly PolicySettings[];
}
/** What a policy of type not works with. */
export interface NotPolicySettings {
  /** The policy that must not keep a trace. */
  readonly notSubPolicy: PolicySettings;
}
/** What a policy of type drop works with. */
export interface DropPolicySettings {
  /** The policies that must all keep a trace for it to be dropped. */
  readonly dropSubPolicy: readonly PolicySettings[];
}

interface Typed<Type extends string> {
  /** The policy's own name. */
  readonly name: string;
  /** The type, which says where the settings are. */
  readonly type: Type;
  /** True when it is only asked and counted. */
  readonly dryRun?: boolean;
}

/** One policy, its settings under the camelCase of its type. */
export type PolicySettings =
  | Typed<'always_sample'>
  | Typed<'latency'> & { readonly latency: LatencyPolicySettings }
  | Typed<'status_code'> & { readonly statusCode: StatusCodePolicySettings }
  | Typed<'probabilistic'> & { readonly probabilistic: ProbabilisticPolicySettings }
  | Typed<'string_attribute'> & { readonly stringAttribute: StringAttributePolicySettings }
  | Typed<'numeric_attribute'> & { readonly numericAttribute: NumericAttributePolicySettings }
  | Typed<'boolean_attribute'> & { readonly booleanAttribute: BooleanAttributePolicySettings }
  | Typed<'rate_limiting'> & { readonly rateLimiting: RateLimitingPolicySettings }
  | Typed<'bytes_limiting'> & { readonly bytesLimiting: BytesLimitingPolicySettings }
  | Typed<'trace_state'> & { readonly traceState: TraceStatePolicySettings }
  | Typed<'trace_flags'>
  | Typed<'span_count'> & { readonly spanCount: SpanCountPolicySettings }
  | Typed<'and'> & { readonly and: AndPolicySettings }
  | Typed<'not'> & { readonly not: NotPolicySettings }
  | Typed<'drop'> & { readonly drop: DropPolicySettings }
  | Typed<'composite'> & { readonly composite: CompositePolicySettings };

const ELSEWHERE = ['ottl_condition'];
/** Types of policies that have no settings. */
const PLAIN = ['always_sample', 'trace_flags'];

/** Kinds of policy by the key that holds their settings. */
type Kinds = Readonly<Record<string, () => z.ZodMiniType>>;

const simple: Kinds = {
  latency: lazily(() => mapSchema(latency, { check: thresholdsFit })),
  statusCode: lazily(() => mapSchema(statusCode, {
    check: ({ statusCodes }: StatusCodePolicySettings, report) =>
      notEmpty(statusCodes, 'status_codes', 'status code', report),
  })),
  probabilistic: lazily(() => mapSchema(probabilistic)),
  stringAttribute: lazily(() => mapSchema(stringAttribute, {
    check: patternsFit,
  })),
  numericAttribute: lazily(() => mapSchema(numericAttribute, { check: hasBound })),
  booleanAttribute: lazily(() => mapSchema(booleanAttribute)),
  rateLimiting: lazily(() => mapSchema(rateLimiting)),
  bytesLimiting: lazily(() => mapSchema(bytesLimiting)),
  traceState: lazily(() => mapSchema(traceState)),
  spanCount: lazily(() => mapSchema(spanCount, { check: spansFit })),
};

function notEmpty(
  values: readonly unknown[], key: string, what: string, report: Report,
): void {
  if (values.length === 0) report([key], `must hold at least one ${what}, got []`);
}

function patternsFit(settings: StringAttributePolicySettings, report: Report): void {
  const { values, enabledRegexMatching } = settings;
  notEmpty(values, 'values', 'value', report);
  values.forEach((value, index) => {
    const fault = enabledRegexMatching ? patternFault(value) : undefined;
    if (fault !== undefined) report(['values', index], `${fault}, got ${shown(value)}`);
  });
}

/** Why a pattern is certainly none of RE2; the engine itself is not at hand at synthesis. */
function patternFault(pattern: string): string | undefined {
  if (/\(\?<?[=!]/.test(pattern) || /(^|[^\\])(\\\\)*\\[1-9]/.test(pattern)) {
    return 'must be a regular expression of RE2, which has no look-around and no back-references';
  }
  // JavaScript knows neither flags in the middle, nor quoting, nor Python's names of groups.
  if (pattern.includes('\\Q')) return undefined;
  try {
    new RegExp(pattern.replace(/\(\?[a-zA-Z-]+\)/g, '').replace(/\(\?[a-zA-Z-]*:/g, '(?:')
      .replace(/\(\?P</g, '(?<'));
    return undefined;
  } catch {
    return 'must be a regular expression';
  }
}

function thresholdsFit(settings: LatencyPolicySettings, report: Report): void {
  const { thresholdMs, upperThresholdMs } = settings;
  if (upperThresholdMs > 0 && upperThresholdMs <= thresholdMs) {
    report(['upper_threshold_ms'],
      `must be 0 or more than threshold_ms (${thresholdMs}), got ${upperThresholdMs}`);
  }
}

function hasBound(settings: NumericAttributePolicySettings, report: Report): void {
  const { minValue, maxValue } = settings;
  if (minValue === 0 && maxValue === 0) {
    report([], 'must hold min_value or max_value, and other than 0 (0 is no bound)');
  }
  if (minValue !== 0 && maxValue !== 0 && minValue > maxValue) {
    report(['max_value'], `must be at least min_value (${minValue}), got ${maxValue}`);
  }
}

function spansFit({ minSpans, maxSpans }: SpanCountPolicySettings, report: Report): void {
  if (maxSpans > 0 && maxSpans < minSpans) {
    report(['max_spans'], `must be 0 or at least min_spans (${minSpans}), got ${maxSpans}`);
  }
}

const negatable = policyOf(simple);
const inner: Kinds = { ...simple, not: lazily(() => mapSchema({ notSubPolicy: negatable })) };
const innerList = list(policyOf(inner));
const all = lazily(() => mapSchema({ andSubPolicy: innerList }, {
  check: ({ andSubPolicy }: AndPolicySettings, report) =>
    notEmpty(andSubPolicy, 'and_sub_policy', 'policy', report),
}));
const shared = list(policyOf({ ...simple, and: all }));
const outer: Kinds = {
  ...inner,
  and: all,
  drop: lazily(() => mapSchema({ dropSubPolicy: innerList }, {
    check: ({ dropSubPolicy }: DropPolicySettings, report) =>
      notEmpty(dropSubPolicy, 'drop_sub_policy', 'policy', report),
  })),
  composite: lazily(() => mapSchema({
    maxTotalSpansPerSecond: count(),
    policyOrder: list(text(), []),
    compositeSubPolicy: shared,
    rateAllocation: list(section<RateAllocationConfig>()(rateAllocation), []),
    fair: flag({ fallback: false }),
  }, {
    check: (settings: CompositePolicySettings, report) => {
      notEmpty(settings.compositeSubPolicy, 'composite_sub_policy', 'policy', report);
      tellOfStrangers(settings, report);
    },
  })),
};

/** Upstream passes over names of policies that are not there. */
function tellOfStrangers(settings: CompositePolicySettings, report: Report): void {
  const names = settings.compositeSubPolicy.map(({ name }) => name);
  const tell = (at: Path, name: string) => {
    if (names.includes(name) || !meetElsewhere()) return;
    report(at, `${NAMES_NONE} of composite_sub_policy (${names.join(', ')}),`
      + ` got ${shown(name)}${didYouMean(name, names)}`);
  };
  settings.policyOrder.forEach((name, index) => tell(['policy_order', index], name));
  settings.rateAllocation.forEach(({ policy }, index) =>
    tell(['rate_allocation', index, 'policy'], policy));
}

/** A policy of the processor itself. */
export const samplingPolicy = policyOf(outer, { dryRun: flag({ fallback: false }) });

type AnyPolicy = { readonly name: string; readonly type: string } & Record<string, unknown>;

/** A policy of one of these kinds. */
function policyOf(
  kinds: Kinds, alone: Readonly<Record<string, Field<never, unknown>>> = {},
): Field<SamplingPolicyConfig, PolicySettings> {
  const types = [...PLAIN, ...Object.keys(kinds).map(snakeCase)];
  const sections = Object.entries(kinds).map(([name, map]): [string, Field<never, unknown>] =>
    [name, lazyField(() => z.nullish(map()))]);
  const fields = {
    name: text({ fallback: '' }),
    type: policyType(types),
    ...alone,
    ...Object.fromEntries(sections),
  };
  return lazyField(() => z.codec(mapSchema(fields, { upstreamOnly: ELSEWHERE }), decoded, {
    decode: (value, context) => withOwnSettings(value as AnyPolicy, kinds, context),
    encode: (given) => given,
  }));
}

function policyType(types: readonly string[]): Field<string, string> {
  const what = `one of ${types.join(', ')}`;
  return lazyField(() => z.enum(types, {
    error: ({ input }) => ELSEWHERE.includes(String(input))
      ? `must be ${what}; ${input} is a policy ${NOT_HERE}`
      : mustBe(what).error({ input }),
  }));
}

/** Keeps the settings of the policy's own type, and refuses those of any other. */
function withOwnSettings(
  policy: AnyPolicy, kinds: Kinds, context: z.core.ParsePayload,
): unknown {
  const { name, type, dryRun } = policy;
  const refuse = (path: Path, message: string) => {
    context.issues.push({ code: 'custom', message, path: [...path], input: policy });
  };
  let own: Record<string, unknown> = {};
  for (const [key, map] of Object.entries(kinds)) {
    const at = snakeCase(key);
    if (at === type) {
      own = { [key]: policy[key] ?? decodeInside(map(), {}, context, [at]) };
    } else if (policy[key] !== undefined && policy[key] !== null) {
      refuse([at], `belongs to a policy of type ${at}, and this one is of type ${shown(type)}`);
    }
  }
  return { name, type, ...dryRun === true ? { dryRun } : {}, ...own };
}
