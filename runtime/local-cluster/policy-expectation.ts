/**
 * What tail-sampling policies must say about a trace of which everything is known.
 *
 * It is written from the documents, apart from the processor that it judges; only the arithmetic of
 * the probabilistic policy is the processor's own, because it is tested against upstream's numbers.
 */
import { RE2JS } from 're2js';
import type { PolicySettings, TailSamplingSettings } from '../config';
import { SERVICES, traceDurationMs, type PlannedTrace } from './trace-plan';
import { thresholdOf, TraceIdHash } from '../processors/tail-sampling/trace-id-hash';

/** What a policy must say; undefined when that depends on more than the trace. */
export type Vote = 'sampled' | 'not sampled' | 'dropped' | undefined;

/** What must become of one trace. */
export interface Expectation {
  /** Whether it must be kept; undefined when that depends on more than the trace. */
  readonly isKept: boolean | undefined;
  /** Each policy's vote, in the order of the policies. */
  readonly votes: readonly Vote[];
}

/** What `settings` must decide about `trace`. */
export function expectDecision(
  settings: TailSamplingSettings, trace: PlannedTrace,
): Expectation {
  const votes = settings.policies.map((policy) => voteOf(policy, trace));
  return { isKept: keptBy(votes), votes };
}

function keptBy(votes: readonly Vote[]): boolean | undefined {
  if (votes.includes('dropped')) return false;
  if (votes.includes('sampled')) return true;
  return votes.includes(undefined) ? undefined : false;
}

function voteOf(policy: PolicySettings, trace: PlannedTrace): Vote {
  switch (policy.type) {
    // What else was kept in the same second, and what the SDK of a sender writes.
    case 'rate_limiting': case 'bytes_limiting': case 'composite': return undefined;
    case 'trace_state': case 'trace_flags': return undefined;
    case 'and': return allOf(policy.and.andSubPolicy, trace, 'sampled');
    case 'drop': return allOf(policy.drop.dropSubPolicy, trace, 'dropped');
    case 'not': return opposite(voteOf(policy.not.notSubPolicy, trace));
    default: return holds(policy, trace) ? 'sampled' : 'not sampled';
  }
}

function allOf(
  policies: readonly PolicySettings[], trace: PlannedTrace, then: Vote,
): Vote {
  const votes = policies.map((policy) => voteOf(policy, trace));
  if (votes.includes('not sampled')) return 'not sampled';
  return votes.includes(undefined) ? undefined : then;
}

function opposite(vote: Vote): Vote {
  if (vote === 'sampled') return 'not sampled';
  return vote === 'not sampled' ? 'sampled' : vote;
}

type PlainPolicy = Exclude<PolicySettings, {
  readonly type: 'rate_limiting' | 'bytes_limiting' | 'composite' | 'trace_state' | 'trace_flags'
    | 'and' | 'drop' | 'not';
}>;

function holds(policy: PlainPolicy, trace: PlannedTrace): boolean {
  switch (policy.type) {
    case 'always_sample': return true;
    case 'latency': {
      const { thresholdMs, upperThresholdMs } = policy.latency;
      const duration = traceDurationMs(trace);
      return duration > thresholdMs && (upperThresholdMs === 0 || duration <= upperThresholdMs);
    }
    case 'status_code': {
      const { statusCodes } = policy.statusCode;
      return trace.spans.some(({ isError }) => statusCodes.includes(isError ? 'ERROR' : 'UNSET'));
    }
    case 'probabilistic': {
      const { hashSalt, samplingPercentage } = policy.probabilistic;
      return isKeptByChance(hashSalt, samplingPercentage, trace.traceId);
    }
    case 'span_count': {
      const { minSpans, maxSpans } = policy.spanCount;
      const { length } = trace.spans;
      return length >= minSpans && (maxSpans === 0 || length <= maxSpans);
    }
    case 'string_attribute': {
      const { key, values, enabledRegexMatching, invertMatch } = policy.stringAttribute;
      const patterns = values.filter((value) => value !== '')
        .map((value) => enabledRegexMatching ? RE2JS.compile(value) : value);
      const matches = (text: unknown): boolean => typeof text === 'string' && text !== ''
        && patterns.some((pattern) => typeof pattern === 'string'
          ? pattern === text : pattern.matcher(text).find());
      return attributesOf(trace, key).some(matches) !== invertMatch;
    }
    case 'numeric_attribute': {
      const { key, minValue, maxValue, invertMatch } = policy.numericAttribute;
      const least = minValue === 0 ? -Infinity : minValue;
      const most = maxValue === 0 ? Infinity : maxValue;
      return attributesOf(trace, key).some((value) => {
        // Upstream reads an attribute of another type as 0.
        const number = Number.isSafeInteger(value) ? Number(value) : 0;
        return number >= least && number <= most;
      }) !== invertMatch;
    }
    case 'boolean_attribute': {
      const { key, value, invertMatch } = policy.booleanAttribute;
      return attributesOf(trace, key).includes(value) !== invertMatch;
    }
  }
}

/** What upstream puts before the id when the configuration names no salt. */
const DEFAULT_SALT = 'default-hash-seed';

function isKeptByChance(salt: string, percentage: number, traceId: string): boolean {
  const id = Buffer.from(traceId, 'hex');
  const words = Int32Array.from([0, 4, 8, 12], (at) => id.readInt32LE(at));
  const hash = new TraceIdHash(salt === '' ? DEFAULT_SALT : salt);
  return hash.isAtMost(thresholdOf(percentage / 100), words, 0);
}

function attributesOf(trace: PlannedTrace, key: string): unknown[] {
  return trace.spans.flatMap((span) => {
    const resource = key === 'service.name' ? [SERVICES[span.service]] : [];
    return key in span.attributes ? [...resource, span.attributes[key]] : resource;
  });
}
