/**
 * All series of one metric name, as plain numbers that prom-client fetches when somebody looks.
 *
 * prom-client's own instruments hash the labels on each call and want the same label names on all
 * series of a name. Exporters of two kinds share a name with different labels, and counting stands
 * on the hot path, so only prom-client's registry and text format are used.
 */
import { MetricKind, metricName, MetricShape, promName } from './metric-name';
import { scopeOf } from './metric-scopes';
import type { Attributes, Counter, Gauge, Histogram, Instrument } from './metrics';

/** One line of the text format, as prom-client's registry reads it. */
export interface Sample {
  /** Name when it is not the family's: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string;
  /** The value. */
  readonly value: number;
  /** Names and values of the labels. */
  readonly labels: Readonly<Record<string, string | number>>;
}

/** What prom-client's registry asks of a metric. */
export interface FamilySnapshot {
  /** Name of the family. */
  readonly name: string;
  /** Its sentence. */
  readonly help: string;
  /** Its kind. */
  readonly type: MetricKind;
  /** All its lines. */
  readonly values: readonly Sample[];
  /** How prom-client would add up several processes; we have one. */
  readonly aggregator: 'sum';
}

type Labels = Readonly<Record<string, string>>;

/** The series that says which process this is. */
export const TARGET: Instrument = {
  name: 'target_info', description: 'Target metadata', unit: '',
};

/** A number that is added to, set, or read from elsewhere. */
export class NumberSeries implements Counter, Gauge {
  /** Where the value comes from when it is not kept here. */
  public read?: () => number;
  private value = 0;

  public constructor(private readonly labels: Labels) {}

  public add(amount: number): void {
    this.value += amount;
  }

  public set(value: number): void {
    this.value = value;
  }

  /** The value now. */
  public current(): number {
    return this.read === undefined ? this.value : this.read();
  }

  /** Its lines of text. */
  public samples(_name: string, scope: Labels): Sample[] {
    return [{ value: this.current(), labels: { ...this.labels, ...scope } }];
  }
}

/** Counts by upper bound. */
export class HistogramSeries implements Histogram {
  /** Who is told of each value as well. */
  public also?: (value: number) => void;
  private readonly counts: Float64Array;
  private sum = 0;
  private count = 0;

  public constructor(
    private readonly labels: Labels,
    private readonly boundaries: readonly number[],
  ) {
    this.counts = new Float64Array(boundaries.length + 1);
  }

  public record(value: number): void {
    let bucket = 0;
    while (bucket < this.boundaries.length && value > this.boundaries[bucket]) bucket++;
    this.counts[bucket]++;
    this.sum += value;
    this.count++;
    this.also?.(value);
  }

  /** How many values were recorded. */
  public current(): number {
    return this.count;
  }

  /** Its lines of text. */
  public samples(name: string, scope: Labels): Sample[] {
    const samples: Sample[] = [];
    const labels = { ...this.labels, ...scope };
    let below = 0;
    for (let i = 0; i < this.counts.length; i++) {
      below += this.counts[i];
      const le = i < this.boundaries.length ? boundaryText(this.boundaries[i]) : '+Inf';
      samples.push({ metricName: `${name}_bucket`, value: below, labels: { ...labels, le } });
    }
    samples.push({ metricName: `${name}_sum`, value: this.sum, labels });
    samples.push({ metricName: `${name}_count`, value: this.count, labels });
    return samples;
  }
}

/** A series of either kind. */
export type Series = NumberSeries | HistogramSeries;

interface Entry<S> {
  readonly attributes: Attributes;
  readonly labels: Labels;
  readonly series: S;
}

/** All series of one name. */
export class MetricFamily<S extends Series = Series> {
  private readonly series = new Map<string, Entry<S>>();
  private readonly listeners: ((attributes: Attributes, series: S) => void)[] = [];

  public constructor(
    /** What it measures, under its name without suffixes. */
    public readonly instrument: Instrument,
    /** What it is. */
    public readonly kind: MetricKind,
    private readonly create: (labels: Labels) => S,
  ) {}

  /** The series with these attributes, made when there is none. */
  public bind(attributes: Attributes): S {
    const labels = toLabels(attributes);
    const key = JSON.stringify(labels);
    let entry = this.series.get(key);
    if (entry === undefined) {
      entry = { attributes, labels, series: this.create(labels) };
      this.series.set(key, entry);
      for (const listener of this.listeners) listener(attributes, entry.series);
    }
    return entry.series;
  }

  /** Tells `listener` of every series, now and from now on. */
  public eachSeries(listener: (attributes: Attributes, series: S) => void): void {
    this.listeners.push(listener);
    for (const { attributes, series } of this.all()) listener(attributes, series);
  }

  /** All series that there are now, and the attributes of each. */
  public all(): Iterable<{ readonly attributes: Attributes; readonly series: S }> {
    return this.series.values();
  }

  /** Takes the series with these attributes away. */
  public remove(attributes: Attributes): void {
    this.series.delete(JSON.stringify(toLabels(attributes)));
  }

  /** Sum of the series that carry all of `attributes`; undefined when there is none. */
  public total(attributes: Attributes): number | undefined {
    const wanted = Object.entries(toLabels(attributes));
    let total: number | undefined;
    for (const { labels, series } of this.series.values()) {
      if (!wanted.every(([name, value]) => labels[name] === value)) continue;
      total = (total ?? 0) + series.current();
    }
    return total;
  }

  /** What prom-client's registry writes, for a reader who spells names as `shape` says. */
  public snapshot(shape: MetricShape, constant: Labels = {}): FamilySnapshot {
    const { instrument, kind } = this;
    const name = metricName(instrument.name, instrument.unit, kind, shape);
    // The process stands above all scopes.
    const also = instrument === TARGET
      ? {} : { ...constant, ...shape.withoutScopeInfo ? {} : scopeLabels(instrument.name) };
    const values = [...this.series.values()].flatMap(({ series }) => series.samples(name, also));
    return { name, help: instrument.description, type: kind, values, aggregator: 'sum' };
  }
}

/** The labels that name the scope of the instrument `name`. */
export function scopeLabels(name: string): Labels {
  const { name: scope, schemaUrl = '' } = scopeOf(name);
  return { otel_scope_name: scope, otel_scope_schema_url: schemaUrl, otel_scope_version: '' };
}

/** Labels in the order of their names, so that the order in which they are given is no matter. */
export function toLabels(attributes: Attributes): Labels {
  const named = Object.entries(attributes).map(([name, value]) => [promName(name), value] as const);
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A boundary as Go writes it, `1.048576e+06`: to Prometheus another text is another series. */
function boundaryText(boundary: number): string {
  if (boundary < 1e6) return String(boundary);
  const [digits, exponent] = boundary.toExponential().split('e+');
  return `${digits}e+${exponent.padStart(2, '0')}`;
}
