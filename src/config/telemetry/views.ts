/**
 * The contract of `service.telemetry.metrics.views`: what some metrics look like.
 */
import { choice, count, flag, list, optional, ratio, text } from '../fields';
import { givenSection, section, type SettingsOf } from '../section';
import { exactlyOne, presence } from './otlp-push';

/** Names that are taken or left. */
export interface IncludeExcludeConfig {
  /**
   * Names that are taken; all when there are none.
   * @default []
   */
  readonly included?: string[];
  /**
   * Names that are left out.
   * @default []
   */
  readonly excluded?: string[];
}

/** Chooses instruments: those to which all that is given applies. */
export interface MetricViewSelectorConfig {
  /**
   * Name of the instrument; `*` and `?` stand for others.
   * @default - any
   */
  readonly instrumentName?: string;
  /**
   * Its kind: counter, histogram, gauge, up_down_counter, observable_counter, observable_gauge or
   * observable_up_down_counter.
   * @default - any
   */
  readonly instrumentType?: string;
  /**
   * Its unit.
   * @default - any
   */
  readonly unit?: string;
  /**
   * Name of the scope that it belongs to; `*` and `?` stand for others.
   * @default - any
   */
  readonly meterName?: string;
  /**
   * Version of that scope.
   * @default - any
   */
  readonly meterVersion?: string;
  /**
   * Schema URL of that scope.
   * @default - any
   */
  readonly meterSchemaUrl?: string;
}

/** A histogram with buckets of which the bounds are told. */
export interface ExplicitBucketsConfig {
  /**
   * Upper bounds of the buckets, rising.
   * @default - those of OpenTelemetry's SDK
   */
  readonly boundaries?: number[];
  /**
   * Whether the least and the greatest value are kept.
   * @default true
   */
  readonly recordMinMax?: boolean;
}

/** A histogram with buckets that grow as powers of two. */
export interface ExponentialBucketsConfig {
  /**
   * Number of buckets in each direction.
   * @default 160
   */
  readonly maxSize?: number;
  /**
   * Whether the least and the greatest value are kept.
   * @default true
   */
  readonly recordMinMax?: boolean;
}

/** How values are put together; one of these. */
export interface MetricViewAggregationConfig {
  /**
   * As the instrument's kind wants it.
   * @default false
   */
  readonly default?: boolean;
  /**
   * Not at all: the metric is not there.
   * @default false
   */
  readonly drop?: boolean;
  /**
   * By adding them up.
   * @default false
   */
  readonly sum?: boolean;
  /**
   * By keeping the last one.
   * @default false
   */
  readonly lastValue?: boolean;
  /**
   * As a histogram with given bounds.
   * @default - not as one
   */
  readonly explicitBucketHistogram?: ExplicitBucketsConfig;
  /**
   * As a histogram whose bounds grow.
   * @default - not as one
   */
  readonly base2ExponentialBucketHistogram?: ExponentialBucketsConfig;
}

/** What the chosen metrics look like. */
export interface MetricViewStreamConfig {
  /**
   * Their name.
   * @default - as it is
   */
  readonly name?: string;
  /**
   * Their description.
   * @default - as it is
   */
  readonly description?: string;
  /**
   * How values are put together.
   * @default - as the instrument's kind wants it
   */
  readonly aggregation?: MetricViewAggregationConfig;
  /**
   * Which attributes they keep.
   * @default - all
   */
  readonly attributeKeys?: IncludeExcludeConfig;
}

/** What some metrics look like. */
export interface MetricViewConfig {
  /**
   * Which metrics.
   */
  readonly selector: MetricViewSelectorConfig;
  /**
   * How they look.
   */
  readonly stream: MetricViewStreamConfig;
}

const selector = {
  instrumentName: optional(text()),
  instrumentType: optional(choice([
    'counter', 'histogram', 'gauge', 'up_down_counter', 'observable_counter', 'observable_gauge',
    'observable_up_down_counter',
  ])),
  unit: optional(text()),
  meterName: optional(text()),
  meterVersion: optional(text()),
  meterSchemaUrl: optional(text()),
};

const aggregation = {
  default: presence(),
  drop: presence(),
  sum: presence(),
  lastValue: presence(),
  explicitBucketHistogram: givenSection<ExplicitBucketsConfig>()('off', {
    boundaries: optional(list(ratio())), recordMinMax: flag({ fallback: true }),
  }),
  base2ExponentialBucketHistogram: givenSection<ExponentialBucketsConfig>()('off', {
    maxSize: count({ fallback: 160, min: 2 }), recordMinMax: flag({ fallback: true }),
  }, { upstreamOnly: ['max_scale'] }),
};

const stream = {
  name: optional(text()),
  description: optional(text()),
  aggregation: givenSection<MetricViewAggregationConfig>()('off', aggregation, {
    check: (settings, report) => exactlyOne({
      default: settings.default,
      drop: settings.drop,
      sum: settings.sum,
      last_value: settings.lastValue,
      explicit_bucket_histogram: settings.explicitBucketHistogram,
      base2_exponential_bucket_histogram: settings.base2ExponentialBucketHistogram,
    }, report),
  }),
  attributeKeys: givenSection<IncludeExcludeConfig>()('off', {
    included: list(text(), []), excluded: list(text(), []),
  }),
};

const fields = {
  selector: section<MetricViewSelectorConfig>()(selector, {
    check: (settings, report) => {
      if (Object.values(settings).every((value) => value === undefined)) {
        report([], 'must choose by at least one property of an instrument');
      }
    },
  }),
  stream: section<MetricViewStreamConfig>()(stream),
};

/** What a view works with. */
export type MetricViewSettings = SettingsOf<typeof fields>;

/** What some metrics look like. */
export const metricView = section<MetricViewConfig>()(fields);
