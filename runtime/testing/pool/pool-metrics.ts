/** What all pods of a simulation have counted together. */
import type {
  Attributes, Counter, Gauge, Histogram, HistogramInstrument, Instrument, Metrics,
} from '../../telemetry/metrics';

/** Sums and values by name. */
export class PoolMetrics implements Metrics {
  /** Sum of each counter. */
  public readonly sums = new Map<string, number>();
  /** All values of each histogram. */
  public readonly values = new Map<string, number[]>();
  private gauges: { readonly name: string; readonly read: () => number }[] = [];

  public counter({ name }: Instrument): Counter {
    return { add: (amount) => { this.sums.set(name, (this.sums.get(name) ?? 0) + amount); } };
  }

  public gauge(): Gauge {
    return { set: () => undefined, add: () => undefined };
  }

  public observe(
    _kind: 'counter' | 'gauge', { name }: Instrument, _attributes: Attributes, read: () => number,
  ): void {
    this.gauges.push({ name, read });
  }

  public histogram({ name }: HistogramInstrument): Histogram {
    const values: number[] = this.values.get(name) ?? [];
    this.values.set(name, values);
    return { record: (value) => { values.push(value); } };
  }

  public remove(): void {
    // Nothing is ever taken away here.
  }

  /** The pods that show values are those of the next run. */
  public forgetGauges(): void {
    this.gauges = [];
  }

  /** The greatest value that any pod shows now. */
  public greatest(name: string): number {
    return Math.max(0, ...this.gauges.filter((gauge) => gauge.name === name)
      .map(({ read }) => read()));
  }
}

/** The value below which this share of all values lies. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
