/**
 * The contract of `service.telemetry`: what the process tells about itself.
 */
import type { Duration } from 'cdk8s';
import { z } from 'zod';
import { part } from './contract';
import {
  choice, count, duration, flag, keyword, leaf, list, mustBe, text, type Field,
} from './fields';
import { NOT_HERE, shown } from './problem';
import { mapSchema, section, type FieldsOf, type Report, type SettingsOf } from './section';

/** How repeated log lines are thinned out. */
export interface LogSamplingConfig {
  /**
   * Whether repeated lines are thinned out.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Period in which equal lines are counted.
   * @default Duration.seconds(10)
   */
  readonly tick?: Duration;
  /**
   * Number of equal lines in a period that are all logged.
   * @default 10
   */
  readonly initial?: number;
  /**
   * Of further lines in the period, every how many are logged.
   * @default 100
   */
  readonly thereafter?: number;
}

/** The process's own log. */
export interface TelemetryLogsConfig {
  /**
   * Least severity that is logged: debug, info, warn, error, dpanic, panic or fatal.
   * @default "info"
   */
  readonly level?: string;
  /**
   * How lines are written: console or json.
   * @default "console"
   */
  readonly encoding?: string;
  /**
   * Fields that every line carries.
   * @default {}
   */
  readonly initialFields?: Record<string, any>;
  /**
   * How repeated lines are thinned out.
   * @default - 10 equal lines in 10 seconds, then every hundredth
   */
  readonly sampling?: LogSamplingConfig;
}

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

/** One way by which the process's own metrics are read. */
export interface MetricReaderConfig {
  /**
   * Metrics are fetched.
   */
  readonly pull: PullReaderConfig;
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
}

/** What the process tells about itself. */
export interface TelemetryConfig {
  /**
   * Its log.
   * @default - lines of level info and above
   */
  readonly logs?: TelemetryLogsConfig;
  /**
   * Its metrics.
   * @default - Prometheus text on localhost:8888
   */
  readonly metrics?: TelemetryMetricsConfig;
  /**
   * Attributes of the process in its own telemetry.
   * @default {}
   */
  readonly resource?: Record<string, string>;
}

const logs = section<TelemetryLogsConfig>()({
  level: keyword(['debug', 'info', 'warn', 'error', 'dpanic', 'panic', 'fatal'], 'info'),
  encoding: choice(['console', 'json'], 'console'),
  initialFields: leaf<Record<string, any>, Readonly<Record<string, unknown>>>(
    z.record(z.string(), z.unknown(), mustBe('a map')), {}),
  sampling: section<LogSamplingConfig>()({
    enabled: flag({ fallback: true }),
    tick: duration('10s'),
    initial: count({ fallback: 10 }),
    thereafter: count({ fallback: 100 }),
  }),
}, {
  upstreamOnly: [
    'development', 'disable_caller', 'disable_stacktrace', 'disable_zap_resource', 'output_paths',
    'error_output_paths', 'processors',
  ],
});

const prometheus = {
  host: text(),
  port: count({ max: 65_535 }),
  withoutScopeInfo: flag({ fallback: true }),
  withoutTypeSuffix: flag({ fallback: true }),
  withoutUnits: flag({ fallback: true }),
};

const reader = section<MetricReaderConfig>()({
  pull: section<PullReaderConfig>()({
    exporter: section<PullExporterConfig>()({
      prometheus: section<PrometheusReaderConfig>()(
        prometheus, { upstreamOnly: ['with_resource_constant_labels'] }),
    }),
  }),
}, { upstreamOnly: ['periodic'] });

const LOCAL_PROMETHEUS = {
  host: 'localhost',
  port: 8888,
  withoutScopeInfo: true,
  withoutTypeSuffix: true,
  withoutUnits: true,
};
const LOCAL = { pull: { exporter: { prometheus: LOCAL_PROMETHEUS } } };

const metrics = section<TelemetryMetricsConfig>()({
  level: keyword(['none', 'basic', 'normal', 'detailed'], 'normal'),
  readers: list(reader, [LOCAL]),
}, {
  check: ({ level, readers }, report: Report) => {
    if (level !== 'none' && readers.length === 0) {
      report(['readers'], 'must hold at least one reader unless the level is none, got []');
    }
  },
  upstreamOnly: ['views'],
  removed: { address: 'readers: [{ pull: { exporter: { prometheus: { host, port } } } }]' },
});

/** The value of an attribute; null takes an attribute away that would be there by default. */
export type ResourceValue = string | number | boolean | null;

type Resource = Readonly<Record<string, ResourceValue>>;

const RESOURCE_UPSTREAM_ONLY = ['detectors', 'detection/development'];

/** Attributes by name, or upstream's newer list of `{name, value}` under `attributes`. */
function resource(): Field<Record<string, string>, Resource> {
  return leaf(z.record(z.string(), z.unknown(), mustBe('a map')), {}, {
    decode: (given: Readonly<Record<string, unknown>>, refuse) => {
      const found: Record<string, ResourceValue> = {};
      for (const [key, value] of Object.entries(given)) {
        if (key === 'schema_url') continue;
        if (key === 'attributes') Object.assign(found, attributesOf(value, refuse));
        else if (key === 'attributes_list') refuse('is not supported; use attributes', [key]);
        else if (RESOURCE_UPSTREAM_ONLY.includes(key)) refuse(`is a key ${NOT_HERE}`, [key]);
        else if (typeof value === 'string' || value === null) found[key] = value;
        else refuse(`must be a text or null, got ${shown(value)}`, [key]);
      }
      if (given.attributes !== undefined && Object.keys(given).some(isLegacy)) {
        refuse('must hold either attributes or names of attributes, not both');
      }
      return found;
    },
  });
}

function isLegacy(key: string): boolean {
  return !['schema_url', 'attributes', 'attributes_list', ...RESOURCE_UPSTREAM_ONLY].includes(key);
}

function attributesOf(
  value: unknown, refuse: (message: string, at: (string | number)[]) => void,
): Resource {
  if (!Array.isArray(value)) {
    refuse(`must be a list of {name, value}, got ${shown(value)}`, ['attributes']);
    return {};
  }
  return Object.fromEntries(value.flatMap((entry: unknown, index) => {
    const { name, value: held } = (entry ?? {}) as { name?: unknown; value?: unknown };
    const isPlain = ['string', 'number', 'boolean'].includes(typeof held);
    if (typeof name === 'string' && isPlain) return [[name, held as ResourceValue]];
    refuse(`must be {name, value} with a plain value, got ${shown(entry)}`, ['attributes', index]);
    return [];
  }));
}

const fields = { logs, metrics, resource: resource() } satisfies FieldsOf<TelemetryConfig>;

/** What the process knows about telling of itself. */
export type TelemetrySettings = SettingsOf<typeof fields>;

/** The contract of `service.telemetry`. */
export const telemetry = part<TelemetryConfig, TelemetrySettings>(
  ['service', 'telemetry'], mapSchema(fields, { upstreamOnly: ['traces'] }));
