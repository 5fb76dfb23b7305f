/**
 * Counts decided traces that look as if they had been split: their root did not come, or spans name
 * parents that did not. Why a trace was decided tells where to look: after the whole wait the rest
 * is lost or at another sampler, after a root it is merely late.
 */
import type { ReleaseReason, TailSamplingMetrics } from './tail-sampling-metrics';
import { lacksParent } from './trace-facts';
import { hasFlag, ROOT_SEEN } from './trace-table';
import type { Counter } from '../../telemetry/metrics';

const NO_ROOT = 'no_root';
const ORPHAN_PARENT = 'orphan_parent';

/** Looks at traces when they are decided. */
export class SplitTraces {
  private readonly counters = new Map<ReleaseReason, Readonly<Record<string, Counter>>>();

  /** `sketchAt` is where the sketch of a trace stands in its record. */
  public constructor(
    private readonly metrics: TailSamplingMetrics, private readonly sketchAt: number,
  ) {}

  /** Looks at a trace that is let go for this reason. */
  public look(words: Int32Array, trace: number, reason: ReleaseReason): void {
    // Those that are decided before their time are never whole.
    if (reason === 'span_ingest' || reason === 'too_large') return;
    const sign = !hasFlag(words, trace, ROOT_SEEN) ? NO_ROOT
      : lacksParent(words, trace + this.sketchAt) ? ORPHAN_PARENT : undefined;
    if (sign !== undefined) this.countersOf(reason)[sign].add(1);
  }

  private countersOf(reason: ReleaseReason): Readonly<Record<string, Counter>> {
    let counters = this.counters.get(reason);
    if (counters === undefined) {
      counters = Object.fromEntries([NO_ROOT, ORPHAN_PARENT]
        .map((sign) => [sign, this.metrics.split(sign, reason)]));
      this.counters.set(reason, counters);
    }
    return counters;
  }
}
