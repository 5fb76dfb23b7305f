/** Examples of `service.telemetry`: the least that it reads, and as much as it writes. */
import { Duration } from 'cdk8s';
import { telemetry, type Part } from '../../src/config';
import type * as structs from '../../src/config/structs';

const exporter = { otlp: { protocol: 'grpc', endpoint: 'http://h:4317' } };
const presences = [
  { default: {} }, { drop: {} }, { sum: {} }, { last_value: {} },
  { explicit_bucket_histogram: {} }, { base2_exponential_bucket_histogram: {} },
];

/** YAML that holds every section but no key that has a default. */
export const SPARSE_TELEMETRY: readonly (readonly [string, Part, Record<string, unknown>])[] = [
  ['TelemetryConfig', telemetry, {}],
  ['TelemetryConfig', telemetry, {
    logs: { processors: [{ batch: { exporter } }, { simple: { exporter: { console: {} } } }] },
    metrics: {
      level: 'detailed',
      readers: [
        {
          pull: {
            exporter: {
              prometheus: { host: 'h', port: 1, with_resource_constant_labels: {} },
            },
          },
        },
        { periodic: { exporter } },
        { periodic: { exporter: { console: {} } } },
      ],
      views: presences.map((aggregation) => ({
        selector: { instrument_name: '*' }, stream: { aggregation, attribute_keys: {} },
      })),
    },
  }],
  ...[
    { always_on: {} }, { always_off: {} }, { trace_id_ratio_based: {} },
    { parent_based: { root: { always_on: {} } } },
    { parent_based: { root: { always_off: {} } } },
    { parent_based: { root: { trace_id_ratio_based: {} } } },
  ].map((sampler) => ['TelemetryConfig', telemetry, {
    traces: { processors: [{ batch: { exporter } }], sampler },
  }] as const),
];

const peer = {
  endpoint: 'h:4317',
  insecure: true,
  headers: { a_B: 'c' },
  headersList: 'd=e',
  timeout: Duration.seconds(1),
  compression: 'gzip',
  certificate: '/ca',
  clientCertificate: '/cert',
  clientKey: '/key',
};
const otlp = { protocol: 'http/json', ...peer } satisfies structs.OwnOtlpExporterConfig;

/** A struct that gives every key a value that is no default. */
export const FULL_TELEMETRY = {
  logs: {
    level: 'debug',
    encoding: 'json',
    development: true,
    disableCaller: true,
    disableStacktrace: true,
    disableZapResource: true,
    outputPaths: ['stdout', '/log'],
    errorOutputPaths: ['stdout'],
    initialFields: { a_B: { c_D: 1 } },
    sampling: { enabled: false, tick: Duration.seconds(1), initial: 2, thereafter: 3 },
    processors: [
      {
        batch: {
          scheduleDelay: Duration.seconds(2),
          exportTimeout: Duration.seconds(3),
          maxQueueSize: 4,
          maxExportBatchSize: 3,
          exporter: { otlp },
        },
      },
      { simple: { exporter: { console: true } } },
    ],
  },
  metrics: {
    level: 'detailed',
    readers: [
      {
        pull: {
          exporter: {
            prometheus: {
              host: 'h',
              port: 1,
              withoutScopeInfo: false,
              withoutTypeSuffix: false,
              withoutUnits: false,
              withResourceConstantLabels: { included: ['a'], excluded: ['b'] },
            },
          },
        },
      },
      {
        periodic: {
          interval: Duration.seconds(2),
          timeout: Duration.seconds(1),
          exporter: {
            otlp: {
              ...otlp,
              temporalityPreference: 'delta',
              defaultHistogramAggregation: 'base2_exponential_bucket_histogram',
            },
          },
        },
      },
      { periodic: { exporter: { console: true } } },
    ],
    views: [{
      selector: {
        instrumentName: 'a*',
        instrumentType: 'histogram',
        unit: 's',
        meterName: 'm',
        meterVersion: '1',
        meterSchemaUrl: 'u',
      },
      stream: {
        name: 'n',
        description: 'd',
        aggregation: { explicitBucketHistogram: { boundaries: [1, 2], recordMinMax: false } },
        attributeKeys: { included: ['a'], excluded: ['b'] },
      },
    }],
  },
  traces: {
    level: 'detailed',
    propagators: ['tracecontext', 'b3'],
    processors: [{ simple: { exporter: { otlp } } }],
    sampler: { parentBased: { root: { traceIdRatioBased: { ratio: 0.5 } } } },
  },
  resource: { 'service.name': 's' },
} satisfies structs.TelemetryConfig;
