/**
 * The contract of upstream's span metrics connector.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { choice, count, duration, flag, list, optional, text } from '../fields';
import { givenSection, section, type Report } from '../section';

/** An attribute of spans that becomes one of metrics: `name` or `glob`. */
export interface SpanMetricsDimensionConfig {
  /**
   * Name of the attribute.
   * @default ""
   */
  readonly name?: string;
  /**
   * Value where a span lacks the attribute.
   * @default - the metric lacks it, too
   */
  readonly default?: string;
  /**
   * Pattern of names, such as `http.*`.
   * @default ""
   */
  readonly glob?: string;
}

/** A histogram whose buckets are given. */
export interface SpanMetricsExplicitHistogramConfig {
  /**
   * Upper bounds of the buckets, growing.
   * @default - 2 ms to 15 s, in 16 steps
   */
  readonly buckets?: Duration[];
}

/** A histogram whose buckets grow with the data. */
export interface SpanMetricsExponentialHistogramConfig {
  /**
   * Buckets at most; zero is 160.
   * @default 0
   */
  readonly maxSize?: number;
}

/** How durations are counted: in buckets that are given, or that grow with the data. */
export interface SpanMetricsHistogramConfig {
  /**
   * Whether durations are not counted.
   * @default false
   */
  readonly disable?: boolean;
  /**
   * Unit of durations: ms or s.
   * @default "ms"
   */
  readonly unit?: string;
  /**
   * Buckets that are given.
   * @default - those from 2 ms to 15 s
   */
  readonly explicit?: SpanMetricsExplicitHistogramConfig;
  /**
   * Buckets that grow with the data.
   * @default - off
   */
  readonly exponential?: SpanMetricsExponentialHistogramConfig;
  /**
   * Further attributes of durations.
   * @default []
   */
  readonly dimensions?: SpanMetricsDimensionConfig[];
}

/** Examples of traces that metrics carry. */
export interface SpanMetricsExemplarsConfig {
  /**
   * Whether there are any.
   * @default false
   */
  readonly enabled?: boolean;
  /**
   * How many each data point has at most; zero is without limit.
   * @default 5
   */
  readonly maxPerDataPoint?: number;
}

/** Counts events of spans, such as exceptions. */
export interface SpanMetricsEventsConfig {
  /**
   * Whether they are counted.
   * @default false
   */
  readonly enabled?: boolean;
  /**
   * Attributes of events that become attributes of the metric; one at least when enabled.
   * @default []
   */
  readonly dimensions?: SpanMetricsDimensionConfig[];
}

/**
 * Counts spans and their durations, by service, operation, kind and status. It ends a pipeline of
 * traces and begins one of metrics.
 */
export interface SpanMetricsConnectorConfig {
  /**
   * Further attributes of spans that metrics are told apart by.
   * @default []
   */
  readonly dimensions?: SpanMetricsDimensionConfig[];
  /**
   * Further attributes for the number of calls only.
   * @default []
   */
  readonly callsDimensions?: SpanMetricsDimensionConfig[];
  /**
   * Attributes that metrics are not told apart by, such as `span.name`.
   * @default []
   */
  readonly excludeDimensions?: string[];
  /**
   * Attributes of resources that metrics are told apart by; all of them when empty.
   * @default []
   */
  readonly resourceMetricsKeyAttributes?: string[];
  /**
   * Resources that are remembered.
   * @default 1000
   */
  readonly resourceMetricsCacheSize?: number;
  /**
   * Whether metrics tell sums since the start or since the last time:
   * AGGREGATION_TEMPORALITY_CUMULATIVE or AGGREGATION_TEMPORALITY_DELTA.
   * @default "AGGREGATION_TEMPORALITY_CUMULATIVE"
   */
  readonly aggregationTemporality?: string;
  /**
   * Combinations of attributes at most, the others become one; zero is without limit.
   * @default 0
   */
  readonly aggregationCardinalityLimit?: number;
  /**
   * Word that names of metrics begin with.
   * @default "traces.span.metrics"
   */
  readonly namespace?: string;
  /**
   * Time between two sets of metrics.
   * @default Duration.minutes(1)
   */
  readonly metricsFlushInterval?: Duration;
  /**
   * Time without spans after which the metrics of a resource are forgotten; zero is never.
   * @default Duration.millis(0)
   */
  readonly metricsExpiration?: Duration;
  /**
   * How durations are counted.
   * @default - in ms, in buckets from 2 ms to 15 s
   */
  readonly histogram?: SpanMetricsHistogramConfig;
  /**
   * Examples of traces that metrics carry.
   * @default - none
   */
  readonly exemplars?: SpanMetricsExemplarsConfig;
  /**
   * Counts events of spans.
   * @default - off
   */
  readonly events?: SpanMetricsEventsConfig;
}

const dimensions = list(section<SpanMetricsDimensionConfig>()({
  name: text({ fallback: '' }), default: optional(text()), glob: text({ fallback: '' }),
}, {
  check: ({ name, glob }, report: Report) => {
    if ((name === '') === (glob === '')) report([], 'must hold one of name and glob');
  },
}), []);

const histogram = section<SpanMetricsHistogramConfig>()({
  disable: flag({ fallback: false }),
  unit: choice(['ms', 's'], 'ms'),
  explicit: givenSection<SpanMetricsExplicitHistogramConfig>()('on',
    { buckets: list(duration(), []) }),
  exponential: givenSection<SpanMetricsExponentialHistogramConfig>()('on',
    { maxSize: count({ fallback: 0 }) }),
  dimensions,
}, {
  check: ({ explicit, exponential }, report) => {
    if (explicit !== undefined && exponential !== undefined) {
      report(['exponential'], 'must be absent beside explicit');
    }
  },
});

/** The contract of the span metrics connector. */
export const spanMetricsConnector = component<SpanMetricsConnectorConfig>()(
  'connectors', 'span_metrics', {
    dimensions,
    callsDimensions: dimensions,
    excludeDimensions: list(text(), []),
    resourceMetricsKeyAttributes: list(text(), []),
    resourceMetricsCacheSize: count({ fallback: 1000 }),
    aggregationTemporality: choice(
      ['AGGREGATION_TEMPORALITY_CUMULATIVE', 'AGGREGATION_TEMPORALITY_DELTA'],
      'AGGREGATION_TEMPORALITY_CUMULATIVE'),
    aggregationCardinalityLimit: count({ fallback: 0 }),
    namespace: text({ fallback: 'traces.span.metrics' }),
    metricsFlushInterval: duration('1m'),
    metricsExpiration: duration('0s'),
    histogram,
    exemplars: section<SpanMetricsExemplarsConfig>()(
      { enabled: flag({ fallback: false }), maxPerDataPoint: count({ fallback: 5 }) }),
    events: section<SpanMetricsEventsConfig>()(
      { enabled: flag({ fallback: false }), dimensions }),
  }, {
    aliases: ['spanmetrics'],
    upstreamOnly: [
      'dimensions_cache_size', 'series_expiration', 'metric_timestamp_cache_size',
      'include_instrumentation_scope', 'add_resource_attributes',
      'enable_metrics_sampling_method',
    ],
  });
