/** Takes requests whole: what need not wait leaves at once, to the next component or other pods. */
import type { Arrival, PassingSpans } from './arrival';
import type { HeldTraces } from './held-traces';
import type { Journal } from './journal/journal';
import type { MemoryBound } from './memory-bound';
import type { TailSamplingMetrics } from './tail-sampling-metrics';
import { letGo, type Payload } from '../../pipeline/payload';

/** Takes requests. */
export class Intake {
  /** Keeps what is held on disk; absent where that is not asked for. */
  public journal?: Journal;

  public constructor(
    private readonly arrival: Arrival,
    private readonly traces: HeldTraces,
    private readonly bound: MemoryBound,
    private readonly metrics: TailSamplingMetrics,
  ) {}

  /** As `take`, of what nobody else needs if nothing of it is written. */
  public takePayload(payload: Payload): void | Promise<void> {
    const written = this.take(payload.chunks);
    // All that is held of it was copied.
    if (written === undefined) letGo(payload);
    return written;
  }

  /**
   * Takes ExportTraceServiceRequests. `hops` pods have passed them on; `isForwarded` when they come
   * from a pod just now. With a journal, the promise is fulfilled when they are written.
   *
   * @throws MalformedError when one is none. What stood before the fault was taken.
   */
  public take(
    chunks: readonly Uint8Array[], hops = 0, isForwarded = false,
  ): void | Promise<void> {
    const written = this.takeAndTell(chunks, hops, isForwarded);
    return written?.then(() => undefined);
  }

  /** As `take`; tells whether it was written, and nothing where that was not tried. */
  public takeAndTell(
    chunks: readonly Uint8Array[], hops = 0, isForwarded = false,
  ): Promise<boolean> | undefined {
    const { journal, arrival } = this;
    if (journal === undefined) {
      this.place(chunks, hops, isForwarded);
      return undefined;
    }
    const arriving = journal.begin();
    const { landings, spans } = arrival;
    let isNeeded = false;
    try {
      arrival.asNew(() => this.place(chunks, hops, isForwarded), journal);
      isNeeded = arrival.landings > landings;
    } finally {
      if (!isNeeded) journal.forget(arriving);
    }
    return isNeeded ? journal.append(arriving, chunks, arrival.spans - spans) : undefined;
  }

  /** As `take`, of what is in the journal already, or in none. */
  public place(chunks: readonly Uint8Array[], hops = 0, isForwarded = false): void {
    const { arrival } = this;
    this.traces.lookAtClock();
    try {
      for (const chunk of chunks) arrival.take(chunk, hops, isForwarded);
    } finally {
      this.passOn(arrival.late);
      if (arrival.byId.writer !== arrival.late.writer) this.passOn(arrival.byId);
      arrival.journal?.passedOn();
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
