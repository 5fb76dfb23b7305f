/**
 * How names of a collector's own metrics are spelled. The configuration's reader and everything
 * that asks for metrics (alerts) follow this one switch, for upstream's default has changed twice.
 *
 * The reader's options are known to every version from 0.120 on. To leave units out spares 0.130.0
 * its mistake, `otelcol_exporter_sent_spans__spans__total`.
 */
import { minorOf } from './versions';

/** The switch. */
export const METRIC_SPELLING = { withoutTypeSuffix: true, withoutUnits: true } as const;

/** The name of a counter, such as `otelcol_exporter_send_failed_spans`. */
export function counterName(base: string): string {
  return METRIC_SPELLING.withoutTypeSuffix ? base : `${base}_total`;
}

/**
 * The names of what the memory limiter counts as refused, up to `_spans`, `_metric_points` or
 * `_log_records`; the present ones when no version is given.
 *
 * Renamed by core v0.155.0 (#11203). Before, the names were those that all processors once had,
 * but from 0.120 on only the memory limiter counts under them.
 */
export function memoryLimiterRefused(version?: string): string {
  return isBefore(version, 155)
    ? 'otelcol_processor_refused' : 'otelcol_processor_memory_limiter_refused';
}

/** The same for what it lets through. */
export function memoryLimiterAccepted(version?: string): string {
  return memoryLimiterRefused(version).replace(/refused$/, 'accepted');
}

/**
 * First minor version with a metric (base names without `otelcol_`) that not every version from
 * 0.120 on has. Read in metadata.yaml of the modules, and in the changelogs.
 */
const METRIC_SINCE: Readonly<Record<string, number>> = {
  // core #13231, #12894, #15009, #14674
  processor_internal_duration: 132,
  exporter_queue_batch_send_size: 135,
  exporter_queue_batch_send_size_bytes: 135,
  exporter_in_flight_requests: 152,
  exporter_enqueue_size: 159,
  exporter_enqueue_size_bytes: 159,
  // contrib #42620, #45286, #48348
  processor_tail_sampling_sampling_policy_execution_time_sum: 140,
  processor_tail_sampling_sampling_policy_execution_count: 140,
  processor_tail_sampling_traces_dropped_too_large: 145,
  processor_tail_sampling_count_bytes_sampled: 154,
};

/** First minor version without a metric that 0.120 had. */
const METRIC_UNTIL: Readonly<Record<string, number>> = {
  // contrib #42620: policy_execution_time_sum took its place
  processor_tail_sampling_sampling_decision_latency: 140,
};

/**
 * Whether a version has one of the collector's own metrics, given with `otelcol_` and without a
 * suffix; true when no version is given.
 */
export function hasMetric(metric: string, version?: string): boolean {
  const base = metric.replace(/^otelcol_/, '');
  const minor = minorOf(version ?? '');
  return minor === undefined
    || (minor >= (METRIC_SINCE[base] ?? 0) && minor < (METRIC_UNTIL[base] ?? Infinity));
}

/**
 * The label that tells sampled traces from others in the tail sampler's counts: `decision`
 * (sampled, not_sampled, dropped) from contrib v0.132.0 (#41819) on, before it `sampled` (true,
 * false), which newer versions have as well.
 */
export function tailSamplingLabel(version?: string): 'decision' | 'sampled' {
  return isBefore(version, 132) ? 'sampled' : 'decision';
}

function isBefore(version: string | undefined, bound: number): boolean {
  return (minorOf(version ?? '') ?? bound) < bound;
}
