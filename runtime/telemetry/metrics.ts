/** What components count with. Names, units and attributes are upstream's; ours begin `otelgw_`. */

/** What is measured. `name` is written in full, without the suffixes that a reader may add. */
export interface Instrument {
  /** For example `otelcol_receiver_accepted_spans`. */
  readonly name: string;
  /** One sentence for the reader of a dashboard. */
  readonly description: string;
  /** UCUM unit, for example `{spans}`, `By`, `ms`, `s`. */
  readonly unit: string;
  /**
   * Whether a gauge's values add up to something: upstream's up-down counters.
   * @default false
   */
  readonly isSum?: boolean;
}

/** What a histogram measures. */
export interface HistogramInstrument extends Instrument {
  /** Upper bounds of the buckets, rising. */
  readonly boundaries: readonly number[];
}

/** Attribute names and values of one series. All series of an instrument have the same names. */
export type Attributes = Readonly<Record<string, string>>;

/** A number that only rises. */
export interface Counter {
  /** Adds `amount`, which is not negative. */
  add(amount: number): void;
}

/** A number that rises and falls. */
export interface Gauge {
  /** Replaces the value. */
  set(value: number): void;
  /** Changes the value by `change`: several who share a series each add what is theirs. */
  add(change: number): void;
}

/** Counts of values by size. */
export interface Histogram {
  /** Counts `value` in. */
  record(value: number): void;
}

/** Makes instruments. Asking again for the same name and attributes gives the same series. */
export interface Metrics {
  /** A series that only rises. It is shown as 0 from now on. */
  counter(instrument: Instrument, attributes?: Attributes): Counter;
  /** A series that rises and falls. */
  gauge(instrument: Instrument, attributes?: Attributes): Gauge;
  /** A series that is read when somebody looks. The last reader given for a series wins. */
  observe(
    kind: 'counter' | 'gauge', instrument: Instrument, attributes: Attributes, read: () => number,
  ): void;
  /** Counts of values by size. */
  histogram(instrument: HistogramInstrument, attributes?: Attributes): Histogram;
  /** Takes a series away, for example that of a backend that is gone. */
  remove(instrument: Instrument, attributes: Attributes): void;
}
