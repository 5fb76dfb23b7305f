/** The process's metrics, as Prometheus reads them. One instance per collector, none is global. */
import { Metric, prometheusContentType, Registry } from 'prom-client';
import {
  type FamilySnapshot, HistogramSeries, MetricFamily, NumberSeries, Series, TARGET, toLabels,
} from './metric-family';
import { isShown, MetricsLevel, shownAttributes } from './metric-levels';
import { DEFAULT_SHAPE, MetricKind, MetricShape } from './metric-name';
import type {
  Attributes, Counter, Gauge, Histogram, HistogramInstrument, Instrument, Metrics,
} from './metrics';

/** What the metrics of a process are made from. */
export interface PrometheusMetricsOptions {
  /** How much is shown. */
  readonly level: MetricsLevel;
  /** Attributes of the process; they are the labels of `target_info`. */
  readonly resource: Attributes;
}

const SILENT = { add: () => undefined, set: () => undefined, record: () => undefined };

/** Makes instruments and writes their values as text. */
export class PrometheusMetrics implements Metrics {
  private readonly families = new Map<string, MetricFamily>();
  private readonly listeners: ((family: MetricFamily) => void)[] = [];
  private readonly level: MetricsLevel;

  public constructor(options: Partial<PrometheusMetricsOptions> = {}) {
    const { level = 'normal', resource = {} } = options;
    this.level = level;
    if (Object.keys(resource).length > 0) this.gauge(TARGET, resource).set(1);
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
    return this.series('histogram', instrument, attributes, (labels) => (
      new HistogramSeries(labels, instrument.boundaries)
    )) as HistogramSeries | undefined ?? SILENT;
  }

  public remove(instrument: Instrument, attributes: Attributes): void {
    const shown = shownAttributes(instrument.name, attributes, this.level);
    this.families.get(instrument.name)?.remove(shown);
  }

  /**
   * Sum of the series of the instrument `name` that carry `attributes`; of a histogram, the number
   * of values. Undefined when there is no such series.
   */
  public value(name: string, attributes: Attributes = {}): number | undefined {
    return this.families.get(name)?.total(attributes);
  }

  /**
   * All metrics in Prometheus' text format, their names spelled as `shape` says. Every series but
   * the process's own carries the attributes `constant` as well.
   */
  public text(shape: MetricShape = DEFAULT_SHAPE, constant: Attributes = {}): Promise<string> {
    const labels = toLabels(constant);
    return textOf([...this.families.values()].map((family) => family.snapshot(shape, labels)));
  }

  /** Who the process is, for Prometheus; nothing when it has no attributes. */
  public target(shape: MetricShape): FamilySnapshot[] {
    const target = this.families.get(TARGET.name);
    return target === undefined ? [] : [target.snapshot(shape)];
  }

  /** Tells `listener` of every family, now and from now on. */
  public eachFamily(listener: (family: MetricFamily) => void): void {
    this.listeners.push(listener);
    for (const family of this.families.values()) listener(family);
  }

  /** Content type of `text`. */
  public get contentType(): string {
    return prometheusContentType;
  }

  private number(
    kind: 'counter' | 'gauge', instrument: Instrument, attributes: Attributes,
  ): NumberSeries | undefined {
    return this.series(kind, instrument, attributes, (labels) => (
      new NumberSeries(labels)
    )) as NumberSeries | undefined;
  }

  private series(
    kind: MetricKind,
    instrument: Instrument,
    attributes: Attributes,
    create: (labels: Attributes) => Series,
  ): Series | undefined {
    const { name } = instrument;
    if (!isShown(name, this.level)) return undefined;
    let family = this.families.get(name);
    if (family === undefined) {
      family = new MetricFamily(instrument, kind, create);
      this.families.set(name, family);
      for (const listener of this.listeners) listener(family);
    }
    if (family.kind !== kind) {
      throw new TypeError(`metric ${name}: must stay a ${family.kind}, got a ${kind}`);
    }
    return family.bind(shownAttributes(name, attributes, this.level));
  }
}

/** Families in Prometheus' text format. */
export function textOf(families: readonly FamilySnapshot[]): Promise<string> {
  const registry = new Registry();
  for (const family of families) {
    const metric = { ...family, get: () => Promise.resolve(family) };
    // The registry asks for `name` and `get` only, though its types want one of its own classes.
    registry.registerMetric(metric as unknown as Metric);
  }
  return registry.metrics();
}
