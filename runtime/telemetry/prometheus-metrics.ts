/** The process's metrics, as Prometheus reads them. One instance per collector, none is global. */
import { Metric, Registry } from 'prom-client';
import { HistogramSeries, MetricFamily, NumberSeries, Series } from './metric-family';
import { isShown, MetricsLevel, shownAttributes } from './metric-levels';
import { DEFAULT_SHAPE, MetricKind, metricName, MetricShape } from './metric-name';
import type {
  Attributes, Counter, Gauge, Histogram, HistogramInstrument, Instrument, Metrics,
} from './metrics';

/** What a registry of metrics is made from. */
export interface PrometheusMetricsOptions {
  /** How much is shown. */
  readonly level: MetricsLevel;
  /** How names are spelled. */
  readonly shape: MetricShape;
  /** Attributes of the process; they are the labels of `target_info`. */
  readonly resource: Attributes;
}

const SILENT = { add: () => undefined, set: () => undefined, record: () => undefined };

/** Makes instruments and writes their values as text. */
export class PrometheusMetrics implements Metrics {
  private readonly registry = new Registry();
  private readonly families = new Map<string, MetricFamily>();
  private readonly options: PrometheusMetricsOptions;

  public constructor(options: Partial<PrometheusMetricsOptions> = {}) {
    this.options = { level: 'normal', shape: DEFAULT_SHAPE, resource: {}, ...options };
    if (Object.keys(this.options.resource).length > 0) this.describeTarget();
  }

  public counter(instrument: Instrument, attributes: Attributes = {}): Counter {
    return this.number('counter', instrument, attributes) ?? SILENT;
  }

  public gauge(instrument: Instrument, attributes: Attributes = {}): Gauge {
    return this.number('gauge', instrument, attributes) ?? SILENT;
  }

  public observe(
    kind: 'counter' | 'gauge', instrument: Instrument, attributes: Attributes, read: () => number,
  ): void {
    const series = this.number(kind, instrument, attributes);
    if (series !== undefined) series.read = read;
  }

  public histogram(instrument: HistogramInstrument, attributes: Attributes = {}): Histogram {
    if (!isShown(instrument.name, this.options.level)) return SILENT;
    const name = this.nameOf(instrument, 'histogram');
    const family = this.family(name, 'histogram', instrument, (labels) => (
      new HistogramSeries(name, labels, instrument.boundaries)
    ));
    return family.bind(this.labelled(instrument, attributes)) as HistogramSeries;
  }

  public remove(instrument: Instrument, attributes: Attributes): void {
    // Whoever takes a series away does not know its kind, and only counters are spelled otherwise.
    for (const kind of ['counter', 'gauge', 'histogram'] as const) {
      const family = this.families.get(this.nameOf(instrument, kind));
      family?.remove(this.labelled(instrument, attributes));
    }
  }

  /**
   * Sum of the series of the metric `name`, as Prometheus sees it, that carry `attributes`; of a
   * histogram, the number of values. Undefined when there is no such series.
   */
  public value(name: string, attributes: Attributes = {}): number | undefined {
    return this.families.get(name)?.total(attributes);
  }

  /** All metrics in Prometheus' text format. */
  public text(): Promise<string> {
    return this.registry.metrics();
  }

  /** Content type of `text`. */
  public get contentType(): string {
    return this.registry.contentType;
  }

  private number(
    kind: 'counter' | 'gauge', instrument: Instrument, attributes: Attributes,
  ): NumberSeries | undefined {
    if (!isShown(instrument.name, this.options.level)) return undefined;
    const name = this.nameOf(instrument, kind);
    const family = this.family(name, kind, instrument, (labels) => new NumberSeries(labels));
    return family.bind(this.labelled(instrument, attributes)) as NumberSeries;
  }

  private nameOf(instrument: Instrument, kind: MetricKind): string {
    return metricName(instrument.name, instrument.unit, kind, this.options.shape);
  }

  private labelled(instrument: Instrument, attributes: Attributes): Attributes {
    const shown = shownAttributes(instrument.name, attributes, this.options.level);
    if (this.options.shape.withoutScopeInfo) return shown;
    const scope = 'cdk8s-otel-gateway';
    return {
      ...shown, otel_scope_name: scope, otel_scope_version: '', otel_scope_schema_url: '',
    };
  }

  private family(
    name: string,
    kind: MetricKind,
    instrument: Instrument,
    create: (labels: Attributes) => Series,
  ): MetricFamily {
    const known = this.families.get(name);
    if (known === undefined) return this.register(name, kind, instrument, create);
    if (known.type === kind) return known;
    throw new TypeError(`metric ${name}: must stay a ${known.type}, got a ${kind}`);
  }

  private register(
    name: string,
    kind: MetricKind,
    { description }: Instrument,
    create: (labels: Attributes) => Series,
  ): MetricFamily {
    const family = new MetricFamily(name, description, kind, create);
    this.families.set(name, family);
    // The registry only asks for `name` and `get`, though its types ask for one of its own classes.
    this.registry.registerMetric(family as unknown as Metric);
    return family;
  }

  private describeTarget(): void {
    const instrument = { name: 'target_info', description: 'Target metadata', unit: '' };
    const family = this.register('target_info', 'gauge', instrument, (labels) => (
      new NumberSeries(labels)
    ));
    (family.bind(this.options.resource) as NumberSeries).set(1);
  }
}
