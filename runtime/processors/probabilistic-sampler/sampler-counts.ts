/** Counts what was kept and what was not, by where the decision came from. */
import type { Signal } from '../../pipeline/payload';
import type { Counter, Instrument, Metrics } from '../../telemetry/metrics';

const PREFIX = 'otelcol_processor_probabilistic_sampler_';
const SPANS: readonly Instrument[] = [
  {
    name: `${PREFIX}count_spans_processed`,
    unit: '1',
    description: 'Count of spans that were sampled or not',
  },
  {
    name: `${PREFIX}count_traces_sampled`,
    unit: '1',
    description: '[DEPRECATED] Count of spans that were sampled or not',
  },
];
const LOGS: readonly Instrument[] = [{
  name: `${PREFIX}count_logs_sampled`,
  unit: '1',
  description: 'Count of logs that were sampled or not',
}];

/** What a decision came from; the last one stands for the attribute that was configured. */
export enum Source {
  /** The hash of the trace id. */
  TRACE_ID_HASH,
  /** The trace id itself. */
  TRACE_ID_W3C,
  /** The randomness that the item says. */
  SAMPLING_RANDOMNESS,
  /** The priority that the item says. */
  SAMPLING_PRIORITY,
  /** Nothing: there is neither an id nor a randomness. */
  MISSING_RANDOMNESS,
  /** The hash of an attribute. */
  ATTRIBUTE,
}

const NAMES = [
  'trace_id_hash', 'trace_id_w3c', 'sampling_randomness', 'sampling_priority',
  'missing_randomness',
];

/** The counts of one processor. */
export class SamplerCounts {
  private readonly counts: Float64Array;
  private readonly counters: (readonly Counter[] | undefined)[] = [];
  private readonly names: readonly string[];
  private readonly instruments: readonly Instrument[];

  public constructor(private readonly metrics: Metrics, signal: Signal, attribute: string) {
    this.names = [...NAMES, attribute];
    this.instruments = signal === 'logs' ? LOGS : SPANS;
    this.counts = new Float64Array(this.names.length * 2);
  }

  /** Notes a decision. */
  public add(source: Source, isKept: boolean): void {
    this.counts[source * 2 + (isKept ? 1 : 0)] += 1;
  }

  /** Forgets what was noted since the last report. */
  public forget(): void {
    this.counts.fill(0);
  }

  /** Counts what was noted. */
  public report(): void {
    for (let i = 0; i < this.counts.length; i += 1) {
      if (this.counts[i] === 0) continue;
      this.counters[i] ??= this.instruments.map((instrument) => this.metrics.counter(instrument, {
        policy: this.names[i >> 1], sampled: String(i % 2 === 1),
      }));
      for (const counter of this.counters[i] ?? []) counter.add(this.counts[i]);
    }
    this.forget();
  }
}
