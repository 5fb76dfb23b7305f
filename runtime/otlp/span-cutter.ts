/**
 * Cuts one ExportTraceServiceRequest into one request per target by copying byte ranges, when it is
 * known which target each span goes to.
 *
 * 1. The bytes of each (scope, target) and each (resource, target) pair are summed, from the inside
 *    out: all sizes are known before a byte is written.
 * 2. The spans are walked once more in order. Where a pair is met first, its header and extras
 *    (resource, scope, schema URLs, unknown fields) are written; neighbouring spans with equal
 *    target and scope are copied in one go.
 *
 * Spans are never edited and keep their order within a target. Tables are used again and again.
 */
import { REQUEST_RESOURCE_SPANS, RESOURCE_SPANS_SCOPE_SPANS } from './fields';
import { asUint8Array, copyRanges, type Allocate, type Part } from './parts';
import type { SpanIndex } from './span-index';
import { fieldLength, writeHeader } from '../wire/writer';

const FIRST_TARGETS = 16;
const FIRST_SPANS = 1024;
/** The target of spans that are left out; also what is open where nothing is. */
export const NO_TARGET = -1;

/** Sizes of the parts that one pass over the spans finds, and cursors that the next one moves. */
export class Targets {
  /** Scope that is open in each target. */
  public scope = new Int32Array(FIRST_TARGETS);
  /** Resource that is open in each target. */
  public resource = new Int32Array(FIRST_TARGETS);
  /** Pair of scope and target that is open in each target. */
  public scopePair = new Int32Array(FIRST_TARGETS);
  /** Pair of resource and target that is open in each target. */
  public resourcePair = new Int32Array(FIRST_TARGETS);
  /** Number of spans of each target. */
  public items = new Int32Array(FIRST_TARGETS);
  /** Number of bytes of each target's request. */
  public byteCount = new Int32Array(FIRST_TARGETS);
  /** Where each target's next byte is written. */
  public cursor = new Int32Array(FIRST_TARGETS);
  /** Number of targets seen so far: highest number + 1. */
  public count = 0;

  public clear(): void {
    this.count = 0;
  }

  /** Makes room for target numbers up to `target`. */
  public reach(target: number): void {
    if (target >= this.scope.length) this.grow(target + 1);
    for (; this.count <= target; this.count += 1) {
      this.items[this.count] = 0;
      this.byteCount[this.count] = 0;
      this.scope[this.count] = NO_TARGET;
      this.resource[this.count] = NO_TARGET;
    }
  }

  /** Closes what is open in every target, for the next pass. */
  public rewind(): void {
    this.scope.fill(NO_TARGET, 0, this.count);
    this.resource.fill(NO_TARGET, 0, this.count);
  }

  private grow(least: number): void {
    const length = Math.max(least, this.scope.length * 2);
    this.scope = longer(this.scope, length);
    this.resource = longer(this.resource, length);
    this.scopePair = longer(this.scopePair, length);
    this.resourcePair = longer(this.resourcePair, length);
    this.items = longer(this.items, length);
    this.byteCount = longer(this.byteCount, length);
    this.cursor = longer(this.cursor, length);
  }
}

function longer(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(length);
  copy.set(array);
  return copy;
}

/** Cuts request after request: `reserve`, a target for each span, `cut`. */
export class SpanCutter {
  /** Target of each span: a small number from 0, or NO_TARGET. */
  public targetOf = new Int32Array(FIRST_SPANS);
  /** The targets that were reached, with the number of spans of each. */
  public readonly targets = new Targets();
  /** Bytes of the spans, then of the whole body, of each (scope, target) pair. */
  private scopeBytes = new Int32Array(FIRST_SPANS);
  /** (resource, target) pair that each (scope, target) pair stands in. */
  private outerPair = new Int32Array(FIRST_SPANS);
  /** Bytes of the body of each (resource, target) pair. */
  private resourceBytes = new Int32Array(FIRST_SPANS);
  /** Target of each (resource, target) pair. */
  private targetOfPair = new Int32Array(FIRST_SPANS);
  private scopePairs = 0;
  private resourcePairs = 0;
  /** Where each target's request is written. */
  private readonly outs: Uint8Array[] = [];

  /**
   * New memory costs more than all the rest (page faults), so blocks may come from a pool. All
   * parts of a request share one block, unless each is to be free as soon as it is done with.
   */
  public constructor(
    private readonly allocate: Allocate = Buffer.allocUnsafeSlow,
    private readonly sharesBlock = true,
  ) {}

  /** Makes room for a request of so many spans, and forgets the targets of the one before. */
  public reserve(spans: number): void {
    this.targets.clear();
    if (spans <= this.targetOf.length) return;
    const length = Math.max(spans, this.targetOf.length * 2);
    this.targetOf = new Int32Array(length);
    this.scopeBytes = new Int32Array(length);
    this.outerPair = new Int32Array(length);
    this.resourceBytes = new Int32Array(length);
    this.targetOfPair = new Int32Array(length);
  }

  /** One request per target that has spans in `bytes`, in order of the targets' numbers. */
  public cut(bytes: Uint8Array, index: SpanIndex): Part[] {
    this.sumSpans(index);
    this.sumBodies();
    return this.write(asUint8Array(bytes), index);
  }

  private sumSpans(index: SpanIndex): void {
    const { targets, targetOf, scopeBytes } = this;
    const { spanCount, spanTag, spanEnd, scopeOf } = index;
    this.scopePairs = 0;
    this.resourcePairs = 0;
    for (let span = 0; span < spanCount; span += 1) {
      const target = targetOf[span];
      if (target === NO_TARGET) continue;
      if (targets.scope[target] !== scopeOf[span]) this.openPair(index, target, scopeOf[span]);
      scopeBytes[targets.scopePair[target]] += spanEnd[span] - spanTag[span];
    }
  }

  private openPair(index: SpanIndex, target: number, scope: number): void {
    const { targets } = this;
    const resource = index.resourceOf[scope];
    if (targets.resource[target] !== resource) {
      targets.resource[target] = resource;
      targets.resourcePair[target] = this.resourcePairs;
      this.targetOfPair[this.resourcePairs] = target;
      this.resourceBytes[this.resourcePairs] = index.resourceExtras.byteCount[resource];
      this.resourcePairs += 1;
    }
    targets.scope[target] = scope;
    targets.scopePair[target] = this.scopePairs;
    this.outerPair[this.scopePairs] = targets.resourcePair[target];
    this.scopeBytes[this.scopePairs] = index.scopeExtras.byteCount[scope];
    this.scopePairs += 1;
  }

  private sumBodies(): void {
    const { targets, scopeBytes, resourceBytes, outerPair, targetOfPair } = this;
    for (let pair = 0; pair < this.scopePairs; pair += 1) {
      resourceBytes[outerPair[pair]] += fieldLength(scopeBytes[pair]);
    }
    for (let pair = 0; pair < this.resourcePairs; pair += 1) {
      targets.byteCount[targetOfPair[pair]] += fieldLength(resourceBytes[pair]);
    }
  }

  private write(bytes: Uint8Array, index: SpanIndex): Part[] {
    const { targets, outs } = this;
    const { requestExtras } = index;
    let total = 0;
    for (let target = 0; target < targets.count; target += 1) {
      targets.cursor[target] = this.sharesBlock ? total : 0;
      if (targets.items[target] === 0) continue;
      targets.byteCount[target] += requestExtras.byteCount[0];
      total += targets.byteCount[target];
    }
    const block = this.sharesBlock ? asUint8Array(this.allocate(total)) : undefined;
    const parts: Part[] = [];
    for (let target = 0; target < targets.count; target += 1) {
      const items = targets.items[target];
      if (items === 0) continue;
      const start = targets.cursor[target];
      const length = targets.byteCount[target];
      const out = outs[target] = block ?? asUint8Array(this.allocate(length));
      parts.push({ target, bytes: out.subarray(start, start + length), items });
      targets.cursor[target] = copyRanges(bytes, requestExtras, 0, out, start);
    }
    this.writeSpans(bytes, index);
    outs.length = 0;
    return parts;
  }

  private writeSpans(bytes: Uint8Array, index: SpanIndex): void {
    const { targets, targetOf, outs } = this;
    const { spanCount, spanTag, spanEnd, scopeOf } = index;
    const { cursor } = targets;
    targets.rewind();
    this.scopePairs = 0;
    this.resourcePairs = 0;
    for (let span = 0; span < spanCount;) {
      const target = targetOf[span];
      const scope = scopeOf[span];
      const start = spanTag[span];
      let end = spanEnd[span];
      // Another scope, or a field between two spans, leaves a gap: a run ends there too.
      for (span += 1; span < spanCount && targetOf[span] === target && spanTag[span] === end;
        span += 1) end = spanEnd[span];
      if (target === NO_TARGET) continue;
      const out = outs[target];
      if (targets.scope[target] !== scope) this.writePair(bytes, index, out, target, scope);
      out.set(bytes.subarray(start, end), cursor[target]);
      cursor[target] += end - start;
    }
  }

  /** Pairs are met in the order in which the first pass met them. */
  private writePair(
    bytes: Uint8Array, index: SpanIndex, out: Uint8Array, target: number, scope: number,
  ): void {
    const { targets } = this;
    const resource = index.resourceOf[scope];
    let at = targets.cursor[target];
    if (targets.resource[target] !== resource) {
      targets.resource[target] = resource;
      at = writeHeader(out, at, REQUEST_RESOURCE_SPANS, this.resourceBytes[this.resourcePairs]);
      at = copyRanges(bytes, index.resourceExtras, resource, out, at);
      this.resourcePairs += 1;
    }
    targets.scope[target] = scope;
    at = writeHeader(out, at, RESOURCE_SPANS_SCOPE_SPANS, this.scopeBytes[this.scopePairs]);
    targets.cursor[target] = copyRanges(bytes, index.scopeExtras, scope, out, at);
    this.scopePairs += 1;
  }
}
