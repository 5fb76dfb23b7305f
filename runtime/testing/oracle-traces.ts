/** Traces and tail sampler configurations of the oracle, as our code takes them. */
import type { PolicySettings, TailSamplingSettings } from '../config';
import { encodeProto } from './otlp-proto';

/** A part of a configuration as a user writes it. */
export type RawConfig = Readonly<Record<string, unknown>>;

const IDS = new Set(['traceId', 'spanId', 'parentSpanId']);

/** OTLP/JSON with ids as bytes. */
export function withBytes(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return IDS.has(name) ? Buffer.from(value, 'hex') : value;
  if (Array.isArray(value)) return value.map((item) => withBytes(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) =>
    [key, withBytes(held, key)]));
}

/** The bytes of a trace request that is given as OTLP/JSON, written by protobufjs. */
export function traceRequest(otlp: object): Buffer {
  return encodeProto('ExportTraceServiceRequest', withBytes(otlp) as object);
}

const DEFAULTS: Readonly<Record<string, RawConfig>> = {
  always_sample: {},
  latency: { thresholdMs: 0, upperThresholdMs: 0 },
  status_code: { statusCodes: [] },
  probabilistic: { hashSalt: '', samplingPercentage: 0 },
  string_attribute: {
    key: '', values: [], enabledRegexMatching: false, cacheMaxSize: 0, invertMatch: false,
  },
  numeric_attribute: { key: '', minValue: 0, maxValue: 0, invertMatch: false },
  boolean_attribute: { key: '', value: false, invertMatch: false },
  rate_limiting: { spansPerSecond: 0, burstCapacity: 0 },
  bytes_limiting: { bytesPerSecond: 0, burstCapacity: 0 },
  trace_state: { key: '', values: [] },
  trace_flags: {},
  span_count: { minSpans: 0, maxSpans: 0 },
  and: { andSubPolicy: [] },
  not: {},
  drop: { dropSubPolicy: [] },
  composite: {
    maxTotalSpansPerSecond: 0,
    policyOrder: [],
    compositeSubPolicy: [],
    rateAllocation: [],
    fair: false,
  },
};

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function inner(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inner);
  const isPolicy = typeof value === 'object' && value !== null && 'type' in value;
  return isPolicy ? policySettings(value as RawConfig) : value;
}

/**
 * A policy of the oracle. The contract refuses some that upstream takes, such as a negative
 * threshold, so they are not read through it.
 */
export function policySettings(raw: RawConfig): PolicySettings {
  const type = String(raw.type);
  const own = (raw[type] ?? {}) as RawConfig;
  const given = Object.entries(own).filter(([, value]) => value !== null)
    .map(([key, value]) => [camelCase(key), inner(value)]);
  const settings = { ...DEFAULTS[type], ...Object.fromEntries(given) as object };
  const dry = raw.dry_run === true ? { dryRun: true } : {};
  return { name: raw.name, type, ...dry, [camelCase(type)]: settings } as PolicySettings;
}

/** Whether a policy and all inside of it are of types that our sampler has. */
export function isPolicyHere(raw: RawConfig): boolean {
  const type = String(raw.type);
  if (!(type in DEFAULTS)) return false;
  return Object.values((raw[type] ?? {}) as RawConfig).flat().every((value) =>
    typeof value !== 'object' || value === null || 'percent' in value
    || isPolicyHere(value as RawConfig));
}

function milliseconds(duration: unknown, fallback: number): number {
  if (duration === undefined) return fallback;
  const [, amount, unit] = /^(\d+)(ms|s)$/.exec(String(duration)) ?? [];
  return Number(amount) * (unit === 's' ? 1000 : 1);
}

function stressSettings(raw?: RawConfig): TailSamplingSettings['stressRelief'] {
  return raw === undefined ? undefined : {
    activationLevel: Number(raw.activation_level ?? 90),
    deactivationLevel: Number(raw.deactivation_level ?? 70),
    maximumLag: milliseconds(raw.maximum_lag, 5000),
    minimumDuration: milliseconds(raw.minimum_duration, 10_000),
    samplingPercentage: Number(raw.sampling_percentage ?? 10),
  };
}

/** Whether a key of ours is true that upstream has as a feature gate. */
function isOn(raw: RawConfig, gates: readonly string[], name: string): boolean {
  return raw[name] === true || gates.includes(`processor.tailsamplingprocessor.${name}`);
}

/**
 * A tail sampler of the oracle, with the feature gates that were on; caches are off unless they
 * are given or null.
 */
export function tailSettings(
  raw: RawConfig, gates: readonly string[] = [],
): TailSamplingSettings {
  const cache = (raw.decision_cache ?? {}) as RawConfig;
  return {
    decisionWait: milliseconds(raw.decision_wait, 30_000),
    decisionWaitAfterRootReceived: milliseconds(raw.decision_wait_after_root_received, 0),
    numTraces: Number(raw.num_traces ?? 50_000),
    expectedNewTracesPerSec: 0,
    decisionCache: raw.decision_cache === null ? undefined : {
      sampledCacheSize: Number(cache.sampled_cache_size ?? 0),
      nonSampledCacheSize: Number(cache.non_sampled_cache_size ?? 0),
    },
    sampleOnFirstMatch: raw.sample_on_first_match === true,
    dropPendingTracesOnShutdown: raw.drop_pending_traces_on_shutdown === true,
    maximumTraceSizeBytes: Number(raw.maximum_trace_size_bytes ?? 0),
    usetracestate: isOn(raw, gates, 'usetracestate'),
    recordpolicy: isOn(raw, gates, 'recordpolicy'),
    metricstatcountspanssampled: isOn(raw, gates, 'metricstatcountspanssampled'),
    metricstatcountbytessampled: isOn(raw, gates, 'metricstatcountbytessampled'),
    blockOnOverflow: raw.block_on_overflow === true,
    samplingStrategy: raw.sampling_strategy === 'span-ingest' ? 'span-ingest' : 'trace-complete',
    numShards: 1,
    maxBytes: raw.max_bytes === undefined ? undefined : Number(raw.max_bytes),
    decisionQuietPeriod: milliseconds(raw.decision_quiet_period, 0),
    stressRelief: stressSettings(raw.stress_relief as RawConfig | undefined),
    detectSplitTraces: raw.detect_split_traces !== false,
    policies: ((raw.policies ?? []) as RawConfig[]).map(policySettings),
  };
}
