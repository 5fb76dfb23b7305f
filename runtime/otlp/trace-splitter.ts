/** Splits one ExportTraceServiceRequest into one request per target, by the ids of its traces. */
import { gatherParts, type Allocate, type Part, type TargetPayload } from './parts';
import { NO_TARGET, SpanCutter } from './span-cutter';
import { SpanIndex } from './span-index';
import type { Payload } from '../pipeline/payload';

/**
 * Tells which target the spans of a trace go to: a whole number from 0, small because it is an
 * index. `idAt` is where the 16 bytes of the trace id are, or -1 for a span without a usable one.
 */
export type Route = (bytes: Uint8Array, idAt: number) => number;

/** Splits request after request; its tables are reused. */
export class TraceSplitter {
  private readonly index = new SpanIndex();
  private readonly cutter: SpanCutter;

  /** New memory costs more than all the rest (page faults), so blocks may come from a pool. */
  public constructor(allocate?: Allocate) {
    this.cutter = new SpanCutter(allocate);
  }

  /**
   * One request per target that has spans in `bytes`, in order of the targets' numbers. When there
   * is only one, that is `bytes` itself; otherwise the parts share one new block of memory.
   *
   * @throws MalformedError when `bytes` is not an ExportTraceServiceRequest.
   */
  public split(bytes: Uint8Array, route: Route): Part[] {
    this.index.read(bytes);
    if (this.index.spanCount === 0) return [];
    const only = this.routeSpans(bytes, route);
    if (only !== NO_TARGET) return [{ target: only, bytes, items: this.index.spanCount }];
    return this.cutter.cut(bytes, this.index);
  }

  /** As `split`, over all chunks of a payload. */
  public splitPayload(payload: Payload, route: Route): TargetPayload[] {
    return gatherParts(payload, (chunk) => this.split(chunk, route));
  }

  /** Asks the route for every span; returns the target when it is one and the same. */
  private routeSpans(bytes: Uint8Array, route: Route): number {
    const { index, cutter } = this;
    const { spanCount, traceIdAt } = index;
    cutter.reserve(spanCount);
    const { targets, targetOf } = cutter;
    const first = route(bytes, traceIdAt[0]);
    let same = true;
    let target = first;
    targetOf[0] = first;
    targets.reach(first);
    targets.items[first] = 1;
    for (let span = 1; span < spanCount; span += 1) {
      target = route(bytes, traceIdAt[span]);
      if (target >= targets.count) targets.reach(target);
      if (target !== first) same = false;
      targetOf[span] = target;
      targets.items[target] += 1;
    }
    return same ? first : NO_TARGET;
  }
}
