/**
 * The contract of `service.telemetry.metrics`: the process's own metrics.
 */
import type { Duration } from 'cdk8s';
import { choice, count, flag, keyword, list, text } from '../fields';
import { givenSection, section, type Report, type SettingsOf } from '../section';
import {
  exactlyOne, milliseconds, otlpFields, otlpFits, presence, type OwnOtlpExporterConfig,
} from './otlp-push';
import { metricView, type IncludeExcludeConfig, type MetricViewConfig } from './views';

/** Serves the process's own metrics as Prometheus text, under `/metrics`. */
export interface PrometheusReaderConfig {
  /**
   * Address to listen on.
   */
  readonly host: string;
  /**
   * Port to listen on.
   */
  readonly port: number;
  /**
   * Whether metrics lack the labels that name their scope.
   * @default true
   */
  readonly withoutScopeInfo?: boolean;
  /**
   * Whether names of counters lack `_total`.
   * @default true
   */
  readonly withoutTypeSuffix?: boolean;
  /**
   * Whether names lack their unit.
   * @default true
   */
  readonly withoutUnits?: boolean;
  /**
   * Which attributes of the process are labels of every metric.
   * @default - none
   */
  readonly withResourceConstantLabels?: IncludeExcludeConfig;
}

/** How metrics are offered to who fetches them. */
export interface PullExporterConfig {
  /**
   * As Prometheus text.
   */
  readonly prometheus: PrometheusReaderConfig;
}

/** Metrics that are fetched. */
export interface PullReaderConfig {
  /**
   * How they are offered.
   */
  readonly exporter: PullExporterConfig;
}

/** A peer that takes the process's own metrics as OTLP. */
export interface OwnMetricsOtlpExporterConfig extends OwnOtlpExporterConfig {
  /**
   * What sums count from: cumulative (the start), delta (the last time) or lowmemory.
   * @default "cumulative"
   */
  readonly temporalityPreference?: string;
  /**
   * How histograms are counted: explicit_bucket_histogram or
   * base2_exponential_bucket_histogram.
   * @default "explicit_bucket_histogram"
   */
  readonly defaultHistogramAggregation?: string;
}

/** Where metrics are sent; one of the two. */
export interface PushMetricExporterConfig {
  /**
   * To a peer, as OTLP.
   * @default - not sent to a peer
   */
  readonly otlp?: OwnMetricsOtlpExporterConfig;
  /**
   * To the process's standard output.
   * @default false
   */
  readonly console?: boolean;
}

/** Metrics that are sent now and then. */
export interface PeriodicReaderConfig {
  /**
   * Time between two times; whole milliseconds, more than zero.
   * @default Duration.minutes(1)
   */
  readonly interval?: Duration;
  /**
   * Longest time that sending takes; whole milliseconds.
   * @default Duration.seconds(30)
   */
  readonly timeout?: Duration;
  /**
   * Where they are sent.
   */
  readonly exporter: PushMetricExporterConfig;
}

/** One way by which the process's own metrics are read; one of the two. */
export interface MetricReaderConfig {
  /**
   * Metrics are fetched.
   * @default - they are sent
   */
  readonly pull?: PullReaderConfig;
  /**
   * Metrics are sent.
   * @default - they are fetched
   */
  readonly periodic?: PeriodicReaderConfig;
}

/** The process's own metrics. */
export interface TelemetryMetricsConfig {
  /**
   * How many metrics there are: none, basic, normal or detailed.
   * @default "normal"
   */
  readonly level?: string;
  /**
   * The ways by which they are read; they replace the default.
   * @default - Prometheus text on localhost:8888
   */
  readonly readers?: MetricReaderConfig[];
  /**
   * What some metrics look like; only at level detailed.
   * @default []
   */
  readonly views?: MetricViewConfig[];
}

const prometheus = {
  host: text(),
  port: count({ max: 65_535 }),
  withoutScopeInfo: flag({ fallback: true }),
  withoutTypeSuffix: flag({ fallback: true }),
  withoutUnits: flag({ fallback: true }),
  withResourceConstantLabels: givenSection<IncludeExcludeConfig>()('off', {
    included: list(text(), []), excluded: list(text(), []),
  }, {
    check: ({ included, excluded }, report) => {
      const both = included.find((name) => excluded.includes(name));
      if (both !== undefined) {
        report(['excluded'], `must hold nothing that is included, got ${JSON.stringify(both)}`);
      }
    },
  }),
};

const otlp = {
  ...otlpFields,
  temporalityPreference: choice(['cumulative', 'delta', 'lowmemory'], 'cumulative'),
  defaultHistogramAggregation: choice(
    ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'],
    'explicit_bucket_histogram'),
};

const periodic = {
  interval: milliseconds(60_000),
  timeout: milliseconds(30_000),
  exporter: section<PushMetricExporterConfig>()({
    otlp: givenSection<OwnMetricsOtlpExporterConfig>()('off', otlp, { check: otlpFits }),
    console: presence(),
  }, { check: exactlyOne }),
};

/** What a periodic reader works with. */
export type PeriodicReaderSettings = SettingsOf<typeof periodic>;

const pullFields = {
  exporter: section<PullExporterConfig>()({
    prometheus: section<PrometheusReaderConfig>()(prometheus),
  }),
};

const readerFields = {
  pull: givenSection<PullReaderConfig>()('off', pullFields),
  periodic: givenSection<PeriodicReaderConfig>()('off', periodic, {
    check: ({ interval }, report) => {
      if (interval === 0) report(['interval'], 'must be more than 0');
    },
  }),
};

/** What a reader works with. */
export type MetricReaderSettings = SettingsOf<typeof readerFields>;

/** What a Prometheus reader works with. */
export type PrometheusReaderSettings = SettingsOf<typeof prometheus>;

const reader = section<MetricReaderConfig>()(readerFields, {
  check: ({ pull, periodic: pushed }, report) => exactlyOne({ pull, periodic: pushed }, report),
});

const LOCAL_PROMETHEUS = {
  host: 'localhost',
  port: 8888,
  withoutScopeInfo: true,
  withoutTypeSuffix: true,
  withoutUnits: true,
};
const LOCAL: SettingsOf<typeof readerFields> = {
  pull: { exporter: { prometheus: LOCAL_PROMETHEUS } },
};

/** The process's own metrics. */
export const telemetryMetrics = section<TelemetryMetricsConfig>()({
  level: keyword(['none', 'basic', 'normal', 'detailed'], 'normal'),
  readers: list(reader, [LOCAL]),
  views: list(metricView, []),
}, {
  check: ({ level, readers, views }, report: Report) => {
    if (level !== 'none' && readers.length === 0) {
      report(['readers'], 'must hold at least one reader unless the level is none, got []');
    }
    if (level !== 'detailed' && views.length > 0) {
      report(['views'], `must be empty unless the level is detailed, got level ${level}`);
    }
  },
  removed: { address: 'readers: [{ pull: { exporter: { prometheus: { host, port } } } }]' },
});
