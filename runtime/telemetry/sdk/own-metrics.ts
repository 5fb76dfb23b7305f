/**
 * The process's metrics in OpenTelemetry's SDK, for readers that send them and for views.
 *
 * Counts stay where components make them: the SDK reads numbers when it collects. Only values of
 * histograms are told to it as they come.
 */
import type { Attributes as SdkAttributes, Meter, ObservableResult } from '@opentelemetry/api';
import { OTLPMetricExporter as GrpcExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import {
  AggregationTemporalityPreference, OTLPMetricExporter as JsonExporter,
} from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import {
  AggregationType, ConsoleMetricExporter, InstrumentType, MeterProvider, MetricReader,
  PeriodicExportingMetricReader, type AggregationOption, type IMetricReader,
  type PushMetricExporter, type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { grpcOptions, httpOptions } from './otlp-options';
import { sdkResource } from './own-resource';
import { sdkViews } from './views';
import type { MetricViewSettings, PeriodicReaderSettings } from '../../config';
import type { HistogramSeries, MetricFamily } from '../metric-family';
import { scopeOf } from '../metric-scopes';
import type { HistogramInstrument } from '../metrics';
import type { OwnResource } from '../resource';

/** What the metrics come from and go to. */
export interface OwnMetricsOptions {
  /** Tells its argument of every family, now and later. */
  eachFamily(listener: (family: MetricFamily) => void): void;
  /** Who the process is. */
  readonly resource: OwnResource;
  /** Readers that send. */
  readonly periodic: readonly PeriodicReaderSettings[];
  /** What some metrics look like. */
  readonly views: readonly MetricViewSettings[];
}

/** The process's metrics in the SDK. */
export interface OwnMetrics {
  /** All of them as views show them. */
  collect(): Promise<ResourceMetrics>;
  /** Sends what is there for the last time. */
  shutdown(): Promise<void>;
}

/**
 * Begins to read and send.
 *
 * @throws Error when a reader cannot be made, for example for want of its certificate.
 */
export function createOwnMetrics(options: OwnMetricsOptions): OwnMetrics {
  const pull = new PullReader();
  const provider = new MeterProvider({
    resource: sdkResource(options.resource),
    views: sdkViews(options.views),
    readers: [
      ...options.periodic.map(periodicReader),
      // A reader that nobody asks would still keep all values, once more.
      ...options.views.length > 0 ? [pull] : [],
    ],
  });
  options.eachFamily((family) => {
    // Told apart by name: objects of the other bundle are never the same as ours.
    if (family.instrument.name === 'target_info') return;
    const { name, schemaUrl } = scopeOf(family.instrument.name);
    register(family, provider.getMeter(name, '', { schemaUrl }));
  });
  return {
    collect: async () => (await pull.collect()).resourceMetrics,
    shutdown: () => provider.shutdown(),
  };
}

/** Asked by a server of ours. */
class PullReader extends MetricReader {
  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function register(family: MetricFamily, meter: Meter): void {
  const { name, description, unit, isSum } = family.instrument;
  const options = { description, unit };
  if (family.kind === 'histogram') {
    const { boundaries } = family.instrument as HistogramInstrument;
    const histogram = meter.createHistogram(name, {
      ...options, advice: { explicitBucketBoundaries: [...boundaries] },
    });
    family.eachSeries((attributes, series) => {
      (series as HistogramSeries).also = (value) => histogram.record(value, attributes);
    });
    return;
  }
  const instrument = family.kind === 'counter'
    ? meter.createObservableCounter(name, options)
    : isSum === true
      ? meter.createObservableUpDownCounter(name, options)
      : meter.createObservableGauge(name, options);
  instrument.addCallback((result: ObservableResult<SdkAttributes>) => {
    for (const { attributes, series } of family.all()) {
      result.observe(series.current(), attributes);
    }
  });
}

function periodicReader({ exporter, interval, timeout }: PeriodicReaderSettings): IMetricReader {
  return new PeriodicExportingMetricReader({
    exporter: exporterOf(exporter),
    exportIntervalMillis: interval,
    // The SDK wants one that is not longer than the interval.
    exportTimeoutMillis: Math.min(timeout, interval),
  });
}

const TEMPORALITY = {
  cumulative: AggregationTemporalityPreference.CUMULATIVE,
  delta: AggregationTemporalityPreference.DELTA,
  lowmemory: AggregationTemporalityPreference.LOWMEMORY,
};

function exporterOf({ otlp }: PeriodicReaderSettings['exporter']): PushMetricExporter {
  if (otlp === undefined) return new ConsoleMetricExporter();
  const shared = {
    temporalityPreference: TEMPORALITY[otlp.temporalityPreference],
    aggregationPreference: aggregationOf(otlp.defaultHistogramAggregation),
  };
  if (otlp.protocol === 'grpc') {
    return new GrpcExporter({ ...grpcOptions(otlp), ...shared }) as PushMetricExporter;
  }
  const options = { ...httpOptions(otlp, '/v1/metrics'), ...shared };
  return (otlp.protocol === 'http/json'
    ? new JsonExporter(options) : new ProtoExporter(options)) as PushMetricExporter;
}

function aggregationOf(histograms: string): (kind: InstrumentType) => AggregationOption {
  const isExponential = histograms === 'base2_exponential_bucket_histogram';
  return (kind) => isExponential && kind === InstrumentType.HISTOGRAM
    ? { type: AggregationType.EXPONENTIAL_HISTOGRAM }
    : { type: AggregationType.DEFAULT };
}

