/**
 * Moves the spans of traces that wait much longer than the others to memory of their own.
 *
 * With `decision_wait_after_root_received` most traces are decided soon; the few whose root does
 * not come would keep every slab from being free, each of them for a handful of spans. A trace
 * whose spans are to be read again, because the policies are others now, is moved as well.
 */
import type { DecisionWheel } from './decision-wheel';
import { ReleaseWriter } from './release-writer';
import { type SpanArena, STRAGGLERS } from './span-arena';
import type { FactGatherer } from './trace-facts';
import { CHAIN, NEXT_IN_BATCH, type TraceTable } from './trace-table';
import { NONE } from '../../otlp/id-table';
import { SpanIndex } from '../../otlp/span-index';

/** Where more wait, they are not a few, and moving them would take too long. */
const MOST_PER_TICK = 2000;

/** Moves stragglers. */
export class StragglerMover {
  private readonly index = new SpanIndex();
  private readonly packed: Uint8Array[] = [];
  private readonly writer: ReleaseWriter;

  public constructor(
    private readonly arena: SpanArena,
    private readonly table: TraceTable,
    private readonly wheel: DecisionWheel,
  ) {
    this.writer = new ReleaseWriter(arena, ({ chunks }) => this.packed.push(...chunks));
  }

  /** Moves those that became stragglers at this tick. */
  public move(): void {
    const ticks = this.wheel.stragglerTicks;
    if (ticks === 0) return;
    const { words } = this.table;
    let trace = this.wheel.firstWaitingFor(ticks);
    for (let moved = 0; trace !== NONE && moved < MOST_PER_TICK; moved += 1) {
      this.moveTrace(words, trace);
      trace = words[trace + NEXT_IN_BATCH];
    }
  }

  /** Reads the spans of a trace again, which must not happen while a request is being taken. */
  public readAgain(words: Int32Array, trace: number, facts: FactGatherer): void {
    facts.forget(words, trace);
    this.moveTrace(words, trace, facts);
  }

  private moveTrace(words: Int32Array, trace: number, facts?: FactGatherer): void {
    this.writer.add(words, trace + CHAIN);
    this.writer.flush();
    for (const bytes of this.packed.splice(0)) {
      this.land(words, trace + CHAIN, bytes);
      if (facts !== undefined) this.read(words, trace, bytes, facts);
    }
  }

  private read(words: Int32Array, trace: number, bytes: Uint8Array, facts: FactGatherer): void {
    const { spanCount, spanBody, spanEnd, scopeOf, resourceOf } = this.index;
    for (let span = 0; span < spanCount;) {
      const resource = resourceOf[scopeOf[span]];
      facts.readResource(bytes, this.index, resource);
      facts.begin(words, trace);
      for (; span < spanCount && resourceOf[scopeOf[span]] === resource; span += 1) {
        facts.readSpan(bytes, spanBody[span], spanEnd[span]);
      }
      facts.end(words, trace);
    }
  }

  private land(words: Int32Array, chain: number, bytes: Uint8Array): void {
    const { arena, index } = this;
    index.read(bytes);
    const { spanCount, spanTag, spanEnd, scopeOf } = index;
    arena.begin(index, STRAGGLERS);
    for (let span = 0; span < spanCount;) {
      const first = span;
      const scope = scopeOf[first];
      span += 1;
      while (span < spanCount && scopeOf[span] === scope && spanTag[span] === spanEnd[span - 1]) {
        span += 1;
      }
      arena.append(words, chain, bytes, spanTag[first], spanEnd[span - 1], scope, span - first);
    }
    arena.end();
  }
}
