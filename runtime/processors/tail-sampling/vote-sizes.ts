/** How many spans and bytes have the traces that policies voted on, where somebody asks. */
import type { TailSamplingMetrics, Voted } from './tail-sampling-metrics';
import { BYTES, SPANS } from './trace-table';
import type { TailSamplingSettings } from '../../config';
import type { Counter } from '../../telemetry/metrics';

/** What the settings say of what is counted. */
export type VoteSizeSettings = Pick<
  TailSamplingSettings, 'metricstatcountspanssampled' | 'metricstatcountbytessampled'>;

/** A policy and what it can say. */
export interface CountedPolicy {
  /** Its name in metrics. */
  readonly name: string;
  /** Names of its decisions, each at its number; undefined for those that it never makes. */
  readonly decisions: readonly (string | undefined)[];
}

/** One of both numbers. */
class Size {
  private readonly sums: Float64Array;
  private readonly counters: readonly (Counter | undefined)[];

  public constructor(
    what: Voted, policies: readonly CountedPolicy[], metrics: TailSamplingMetrics,
  ) {
    this.counters = policies.flatMap(({ name, decisions }) => decisions.map((decision) =>
      decision === undefined ? undefined : metrics.votes(name, decision, what)));
    this.sums = new Float64Array(this.counters.length);
  }

  public add(vote: number, size: number): void {
    this.sums[vote] += size;
  }

  public report(): void {
    this.counters.forEach((counter, vote) => counter?.add(this.sums[vote]));
    this.sums.fill(0);
  }
}

/** Adds up what was voted on. Votes are numbered policy by policy. */
export class VoteSizes {
  public constructor(
    private readonly spans?: Size,
    private readonly bytes?: Size,
  ) {}

  /** A policy voted on the trace whose record begins at `trace`. */
  public add(vote: number, words: Int32Array, trace: number): void {
    this.spans?.add(vote, words[trace + SPANS]);
    this.bytes?.add(vote, words[trace + BYTES] >>> 0);
  }

  /** Adds what was counted since the last call to the metrics. */
  public report(): void {
    this.spans?.report();
    this.bytes?.report();
  }
}

/** What adds up, where anybody asks for it. */
export function voteSizes(
  settings: VoteSizeSettings, policies: readonly CountedPolicy[], metrics: TailSamplingMetrics,
): VoteSizes | undefined {
  const asked = (what: Voted, isAsked: boolean): Size | undefined =>
    isAsked ? new Size(what, policies, metrics) : undefined;
  const spans = asked('spans', settings.metricstatcountspanssampled);
  const bytes = asked('bytes', settings.metricstatcountbytessampled);
  return spans === undefined && bytes === undefined ? undefined : new VoteSizes(spans, bytes);
}
