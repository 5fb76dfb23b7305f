/** Takes requests whole: what need not wait leaves at once, to the next component or other pods. */
import type { Arrival, PassingSpans } from './arrival';
import type { HeldTraces } from './held-traces';
import type { MemoryBound } from './memory-bound';
import type { TailSamplingMetrics } from './tail-sampling-metrics';

/** Takes requests. */
export class Intake {
  public constructor(
    private readonly arrival: Arrival,
    private readonly traces: HeldTraces,
    private readonly bound: MemoryBound,
    private readonly metrics: TailSamplingMetrics,
  ) {}

  /**
   * Takes ExportTraceServiceRequests. `hops` pods have passed them on; `isForwarded` when they come
   * from a pod just now.
   *
   * @throws MalformedError when one is none. What stood before the fault was taken.
   */
  public take(chunks: readonly Uint8Array[], hops = 0, isForwarded = false): void {
    const { arrival } = this;
    this.traces.lookAtClock();
    try {
      for (const chunk of chunks) arrival.take(chunk, hops, isForwarded);
    } finally {
      this.passOn(arrival.late);
      if (arrival.byId.writer !== arrival.late.writer) this.passOn(arrival.byId);
      this.bound.makeRoom();
      arrival.elsewhere?.deliver(hops);
    }
  }

  private passOn(passing: PassingSpans): void {
    if (passing.spans > 0) {
      this.metrics.releasedLate.add(passing.spans);
      passing.spans = 0;
      passing.writer.add(passing.chain, 0);
    }
    passing.writer.flush();
  }
}
