/**
 * Makes payloads of held spans: `resource_spans` by `resource_spans`, from byte ranges.
 *
 * Rows are gathered until a payload is full. Neighbouring rows of one scope stand in one
 * `scope_spans`, neighbouring scopes of one resource in one `resource_spans`. Sizes are summed
 * from the inside out, so that a payload is allocated once and written once.
 */
import type { ReleaseMarker } from './release-marker';
import { NO_RECORD } from './scope-records';
import {
  EXTRAS_BYTES, EXTRAS_FIRST, EXTRAS_RANGES, ROW_BEFORE_AT, ROW_BEFORE_SLAB, ROW_LENGTH,
  ROW_SCOPE, ROW_SPANS, ROW_START, SCOPE_EXTRAS, SCOPE_RESOURCE, SpanArena,
} from './span-arena';
import type { ReleaseNote } from './verdicts';
import { REQUEST_RESOURCE_SPANS, RESOURCE_SPANS_SCOPE_SPANS } from '../../otlp/fields';
import { NONE } from '../../otlp/id-table';
import { createPayload, type Payload } from '../../pipeline/payload';
import { fieldLength, writeHeader } from '../../wire/writer';

const MOST_SPANS = 8192;
const MOST_BYTES = 2_000_000;
const WORD = 4;
const FIRST_ROWS = 1024;

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(array.length * 2);
  longer.set(array);
  return longer;
}

/** Gathers rows and writes payloads. */
export class ReleaseWriter {
  /** Number of spans in the rows gathered. */
  public spans = 0;
  private bytes = 0;
  /** Rows of the chain that is taken over now. */
  private listSlab = new Int32Array(FIRST_ROWS);
  private listAt = new Int32Array(FIRST_ROWS);
  private rowCount = 0;
  private rowSlab = new Int32Array(FIRST_ROWS);
  private rowAt = new Int32Array(FIRST_ROWS);
  /** Number of each row's scope among those gathered. */
  private rowScope = new Int32Array(FIRST_ROWS);
  private scopeCount = 0;
  private scopeAt = new Int32Array(FIRST_ROWS);
  private scopeBytes = new Int32Array(FIRST_ROWS);
  private scopeResource = new Int32Array(FIRST_ROWS);
  private resourceCount = 0;
  private resourceAt = new Int32Array(FIRST_ROWS);
  private resourceBytes = new Int32Array(FIRST_ROWS);
  /** Where a marker wrote each row and each scope, and how long the row is. */
  private rowMarkedAt = new Int32Array(FIRST_ROWS);
  private rowMarkedBytes = new Int32Array(FIRST_ROWS);
  private scopeMarkedAt = new Int32Array(FIRST_ROWS);
  private scopeMarkedBytes = new Int32Array(FIRST_ROWS);
  private scopeRecord = NO_RECORD;

  public constructor(
    private readonly arena: SpanArena,
    /** Takes each payload that is full. */
    private readonly send: (payload: Payload) => void,
    /** Writes notes on spans; without one they leave as they came. */
    private readonly marker?: ReleaseMarker,
  ) {}

  /**
   * Takes all rows of a chain over, which is then empty. Full payloads are sent on the way. With a
   * marker, `note` says what is written on the spans.
   */
  public add(words: Int32Array, chain: number, note?: ReleaseNote): void {
    const { slabs } = this.arena;
    for (let row = this.list(words, chain) - 1; row >= 0; row -= 1) {
      const slab = this.listSlab[row];
      const at = this.listAt[row];
      const memory = slabs.words[slab];
      const spans = memory[at / WORD + ROW_SPANS];
      const length = memory[at / WORD + ROW_LENGTH];
      if (this.spans + spans > MOST_SPANS || this.bytes + length > MOST_BYTES) this.flush();
      this.addRow(memory, slab, at, note);
    }
    words[chain] = NONE;
  }

  /** Sends what was gathered and not yet sent. */
  public flush(): void {
    if (this.rowCount === 0) return;
    const payload = createPayload('traces', [this.write()], this.spans);
    for (let row = 0; row < this.rowCount; row += 1) this.arena.slabs.release(this.rowSlab[row]);
    this.spans = 0;
    this.bytes = 0;
    this.rowCount = 0;
    this.scopeCount = 0;
    this.resourceCount = 0;
    this.marker?.clear();
    this.send(payload);
  }

  /** Lists the rows of a chain, the last one first; gives their number. */
  private list(words: Int32Array, chain: number): number {
    const { slabs } = this.arena;
    let slab = words[chain];
    let at = words[chain + 1];
    let count = 0;
    for (; slab !== NONE; count += 1) {
      if (count === this.listSlab.length) {
        this.listSlab = doubled(this.listSlab);
        this.listAt = doubled(this.listAt);
      }
      this.listSlab[count] = slab;
      this.listAt[count] = at;
      const memory = slabs.words[slab];
      slab = memory[at / WORD + ROW_BEFORE_SLAB];
      at = memory[at / WORD + ROW_BEFORE_AT];
    }
    return count;
  }

  private addRow(memory: Int32Array, slab: number, at: number, note?: ReleaseNote): void {
    const row = at / WORD;
    const scopeAt = memory[row + ROW_SCOPE];
    const record = note?.record ?? NO_RECORD;
    const sameSlab = this.rowCount > 0 && this.rowSlab[this.rowCount - 1] === slab;
    if (!sameSlab || this.scopeAt[this.scopeCount - 1] !== scopeAt
      || this.scopeRecord !== record) {
      this.openScope(memory, scopeAt, sameSlab);
      this.scopeRecord = record;
      if (this.marker !== undefined) this.markScope(this.marker, memory, slab, scopeAt);
    }
    if (this.rowCount === this.rowSlab.length) this.growRows();
    this.rowSlab[this.rowCount] = slab;
    this.rowAt[this.rowCount] = at;
    this.rowScope[this.rowCount] = this.scopeCount - 1;
    this.rowCount += 1;
    const length = this.marker === undefined
      ? memory[row + ROW_LENGTH] : this.markRow(this.marker, memory, slab, row, note);
    this.scopeBytes[this.scopeCount - 1] += length;
    this.spans += memory[row + ROW_SPANS];
    this.bytes += length;
  }

  private markRow(
    marker: ReleaseMarker, memory: Int32Array, slab: number, row: number, note?: ReleaseNote,
  ): number {
    const start = memory[row + ROW_START];
    const before = marker.out.end;
    const end = start + memory[row + ROW_LENGTH];
    marker.addSpans(this.arena.slabs.bytes[slab], start, end, note);
    const length = marker.out.end - before;
    this.rowMarkedAt[this.rowCount - 1] = before;
    this.rowMarkedBytes[this.rowCount - 1] = length;
    return length;
  }

  private markScope(
    marker: ReleaseMarker, memory: Int32Array, slab: number, scopeAt: number,
  ): void {
    const scope = this.scopeCount - 1;
    const before = marker.out.end;
    const extras = scopeAt / WORD + SCOPE_EXTRAS;
    marker.addScope(memory, extras, this.arena.slabs.bytes[slab], this.scopeRecord);
    this.scopeMarkedAt[scope] = before;
    this.scopeMarkedBytes[scope] = marker.out.end - before;
    this.scopeBytes[scope] = this.scopeMarkedBytes[scope];
  }

  private openScope(memory: Int32Array, scopeAt: number, sameSlab: boolean): void {
    const scope = scopeAt / WORD;
    const resourceAt = memory[scope + SCOPE_RESOURCE];
    if (!sameSlab || this.resourceAt[this.resourceCount - 1] !== resourceAt) {
      if (this.resourceCount === this.resourceAt.length) {
        this.resourceAt = doubled(this.resourceAt);
        this.resourceBytes = doubled(this.resourceBytes);
      }
      this.resourceAt[this.resourceCount] = resourceAt;
      this.resourceBytes[this.resourceCount] = memory[resourceAt / WORD + EXTRAS_BYTES];
      this.resourceCount += 1;
      this.bytes += memory[resourceAt / WORD + EXTRAS_BYTES];
    }
    if (this.scopeCount === this.scopeAt.length) this.growScopes();
    this.scopeAt[this.scopeCount] = scopeAt;
    this.scopeBytes[this.scopeCount] = memory[scope + SCOPE_EXTRAS + EXTRAS_BYTES];
    this.scopeResource[this.scopeCount] = this.resourceCount - 1;
    this.scopeCount += 1;
    this.bytes += memory[scope + SCOPE_EXTRAS + EXTRAS_BYTES];
  }

  private growRows(): void {
    this.rowSlab = doubled(this.rowSlab);
    this.rowAt = doubled(this.rowAt);
    this.rowScope = doubled(this.rowScope);
    this.rowMarkedAt = doubled(this.rowMarkedAt);
    this.rowMarkedBytes = doubled(this.rowMarkedBytes);
  }

  private growScopes(): void {
    this.scopeAt = doubled(this.scopeAt);
    this.scopeBytes = doubled(this.scopeBytes);
    this.scopeResource = doubled(this.scopeResource);
    this.scopeMarkedAt = doubled(this.scopeMarkedAt);
    this.scopeMarkedBytes = doubled(this.scopeMarkedBytes);
  }

  private write(): Uint8Array {
    const { scopeBytes, scopeResource, resourceBytes } = this;
    for (let scope = 0; scope < this.scopeCount; scope += 1) {
      resourceBytes[scopeResource[scope]] += fieldLength(scopeBytes[scope]);
    }
    let total = 0;
    for (let i = 0; i < this.resourceCount; i += 1) total += fieldLength(resourceBytes[i]);
    const out = Buffer.allocUnsafeSlow(total);
    this.writeRows(out);
    return out;
  }

  private writeRows(out: Uint8Array): void {
    const { slabs } = this.arena;
    let at = 0;
    let openScope = NONE;
    let openResource = NONE;
    for (let i = 0; i < this.rowCount; i += 1) {
      const slab = this.rowSlab[i];
      const from = slabs.bytes[slab];
      const memory = slabs.words[slab];
      const scope = this.rowScope[i];
      if (scope !== openScope) {
        openScope = scope;
        const resource = this.scopeResource[scope];
        if (resource !== openResource) {
          openResource = resource;
          at = writeHeader(out, at, REQUEST_RESOURCE_SPANS, this.resourceBytes[resource]);
          at = copyExtras(memory, this.resourceAt[resource] / WORD, from, out, at);
        }
        at = writeHeader(out, at, RESOURCE_SPANS_SCOPE_SPANS, this.scopeBytes[scope]);
        at = this.marker === undefined
          ? copyExtras(memory, this.scopeAt[scope] / WORD + SCOPE_EXTRAS, from, out, at)
          : copyMarked(
            this.marker, this.scopeMarkedAt[scope], this.scopeMarkedBytes[scope], out, at);
      }
      if (this.marker !== undefined) {
        at = copyMarked(this.marker, this.rowMarkedAt[i], this.rowMarkedBytes[i], out, at);
        continue;
      }
      const row = this.rowAt[i] / WORD;
      const start = memory[row + ROW_START];
      const length = memory[row + ROW_LENGTH];
      out.set(from.subarray(start, start + length), at);
      at += length;
    }
  }
}

/** Copies what a marker wrote to `at` and returns the offset after it. */
function copyMarked(
  { out: from }: ReleaseMarker, start: number, length: number, out: Uint8Array, at: number,
): number {
  out.set(from.bytes.subarray(start, start + length), at);
  return at + length;
}

/** Copies all ranges of extras to `at` and returns the offset after them. */
function copyExtras(
  memory: Int32Array, extras: number, from: Uint8Array, out: Uint8Array, at: number,
): number {
  let end = at;
  const count = memory[extras + EXTRAS_RANGES];
  for (let i = 0; i < count; i += 1) {
    const start = memory[extras + EXTRAS_FIRST + 2 * i];
    const stop = memory[extras + EXTRAS_FIRST + 2 * i + 1];
    out.set(from.subarray(start, stop), end);
    end += stop - start;
  }
  return end;
}
