/** Makes a request of the items of another that are kept, some of them rewritten. */
import { REQUEST_RESOURCE_SPANS, RESOURCE_SPANS_SCOPE_SPANS } from '../../otlp/fields';
import type { RangeTable, SpanIndex } from '../../otlp/span-index';
import type { GrowingBytes } from '../../wire/growing-bytes';
import { fieldLength, writeHeader } from '../../wire/writer';

const FIRST_ITEMS = 1024;
const FIRST_GROUPS = 64;

/** The items that are kept of one request after the other. */
export class KeptItems {
  /** Number of items that are kept. */
  public count = 0;
  private item = new Int32Array(FIRST_ITEMS);
  private start = new Int32Array(FIRST_ITEMS);
  private end = new Int32Array(FIRST_ITEMS);
  private rewritten = new Uint8Array(FIRST_ITEMS);
  private scopeBytes = new Int32Array(FIRST_GROUPS);
  private scopeItems = new Int32Array(FIRST_GROUPS);
  private resourceBytes = new Int32Array(FIRST_GROUPS);

  /** Forgets all items. */
  public clear(): void {
    this.count = 0;
  }

  /** Keeps an item, whose field is from `start` to `end` in the request or among the rewritten. */
  public add(item: number, start: number, end: number, isRewritten: boolean): void {
    if (this.count === this.item.length) this.grow();
    const at = this.count;
    this.item[at] = item;
    this.start[at] = start;
    this.end[at] = end;
    this.rewritten[at] = isRewritten ? 1 : 0;
    this.count = at + 1;
  }

  /** The request with these items; scopes and resources without any are left out. */
  public write(bytes: Uint8Array, index: SpanIndex, rewritten: GrowingBytes): Uint8Array {
    const total = this.measure(index);
    const out = Buffer.allocUnsafeSlow(total + index.requestExtras.byteCount[0]);
    let at = copyExtras(index.requestExtras, 0, bytes, out, 0);
    let openScope = -1;
    let openResource = -1;
    for (let i = 0; i < this.count; i += 1) {
      const scope = index.scopeOf[this.item[i]];
      if (scope !== openScope) {
        openScope = scope;
        const resource = index.resourceOf[scope];
        if (resource !== openResource) {
          openResource = resource;
          at = writeHeader(out, at, REQUEST_RESOURCE_SPANS, this.resourceBytes[resource]);
          at = copyExtras(index.resourceExtras, resource, bytes, out, at);
        }
        at = writeHeader(out, at, RESOURCE_SPANS_SCOPE_SPANS, this.scopeBytes[scope]);
        at = copyExtras(index.scopeExtras, scope, bytes, out, at);
      }
      const from = this.rewritten[i] === 1 ? rewritten.bytes : bytes;
      out.set(from.subarray(this.start[i], this.end[i]), at);
      at += this.end[i] - this.start[i];
    }
    return out;
  }

  private measure(index: SpanIndex): number {
    this.reserveGroups(Math.max(index.scopeCount, index.resourceCount));
    const { scopeBytes, scopeItems, resourceBytes } = this;
    scopeItems.fill(0, 0, index.scopeCount);
    for (let scope = 0; scope < index.scopeCount; scope += 1) {
      scopeBytes[scope] = index.scopeExtras.byteCount[scope];
    }
    for (let i = 0; i < this.count; i += 1) {
      const scope = index.scopeOf[this.item[i]];
      scopeItems[scope] += 1;
      scopeBytes[scope] += this.end[i] - this.start[i];
    }
    resourceBytes.fill(0, 0, index.resourceCount);
    for (let scope = 0; scope < index.scopeCount; scope += 1) {
      if (scopeItems[scope] === 0) continue;
      resourceBytes[index.resourceOf[scope]] += fieldLength(scopeBytes[scope]);
    }
    let total = 0;
    for (let resource = 0; resource < index.resourceCount; resource += 1) {
      if (resourceBytes[resource] === 0) continue;
      resourceBytes[resource] += index.resourceExtras.byteCount[resource];
      total += fieldLength(resourceBytes[resource]);
    }
    return total;
  }

  private reserveGroups(groups: number): void {
    if (groups <= this.scopeBytes.length) return;
    this.scopeBytes = new Int32Array(groups * 2);
    this.scopeItems = new Int32Array(groups * 2);
    this.resourceBytes = new Int32Array(groups * 2);
  }

  private grow(): void {
    const longer = (array: Int32Array): Int32Array<ArrayBuffer> => {
      const copy = new Int32Array(array.length * 2);
      copy.set(array);
      return copy;
    };
    this.item = longer(this.item);
    this.start = longer(this.start);
    this.end = longer(this.end);
    const rewritten = new Uint8Array(this.rewritten.length * 2);
    rewritten.set(this.rewritten);
    this.rewritten = rewritten;
  }
}

function copyExtras(
  extras: RangeTable, group: number, from: Uint8Array, out: Uint8Array, at: number,
): number {
  let end = at;
  for (let range = extras.from[group]; range < extras.from[group + 1]; range += 1) {
    out.set(from.subarray(extras.start[range], extras.end[range]), end);
    end += extras.end[range] - extras.start[range];
  }
  return end;
}
