/** Header blocks that changed no dynamic table, and so mean the same until something else does. */

/** Blocks that are kept: requests, answers and trailers each have one or two. */
const KEPT = 4;
const MOST_BYTES = 1024;
/** Blocks that are recognized when they come again. */
const RECOGNIZED = 8;
const SPARE_BYTES = 32;
const MOST_FIELDS = 64;

interface Kept {
  bytes: Uint8Array;
  readonly names: string[];
  readonly values: string[];
  length: number;
  version: number;
}

/** What the last few blocks held that came again, so that they need not be decoded again. */
export class BlockCache {
  private readonly kept: Kept[] = [];
  private next = 0;
  private readonly recent = new RecentBlocks();

  /**
   * Tells the fields of the block from `start` to `end` when it is known; false when it is not.
   * `version` is that of the table, which must be the one that the block was kept with.
   */
  public replay(
    block: Uint8Array, start: number, end: number, version: number,
    field: (name: string, value: string) => void,
  ): boolean {
    for (const kept of this.kept) {
      if (kept.version !== version || kept.length !== end - start) continue;
      if (!isSame(kept.bytes, block, start, kept.length)) continue;
      const { names, values } = kept;
      for (let i = 0; i < names.length; i++) field(names[i], values[i]);
      return true;
    }
    return false;
  }

  /**
   * Keeps a block with its first `count` names and values in the place of an older one when it
   * comes for the second time: where each differs from the one before, none is worth keeping.
   */
  public keep(
    block: Uint8Array, start: number, end: number, version: number,
    names: readonly string[], values: readonly string[], count: number,
  ): void {
    if (end - start > MOST_BYTES || count > MOST_FIELDS) return;
    if (!this.recent.has(block, start, end)) return;
    const kept = this.place();
    kept.length = end - start;
    if (kept.bytes.length < kept.length) kept.bytes = new Uint8Array(kept.length + SPARE_BYTES);
    for (let i = 0; i < kept.length; i++) kept.bytes[i] = block[start + i];
    kept.version = version;
    kept.names.length = count;
    kept.values.length = count;
    for (let i = 0; i < count; i++) {
      kept.names[i] = names[i];
      kept.values[i] = values[i];
    }
  }

  private place(): Kept {
    const at = this.next;
    this.next = (at + 1) % KEPT;
    return this.kept[at] ??= {
      bytes: new Uint8Array(0), names: [], values: [], length: 0, version: 0,
    };
  }
}

/** Which blocks came lately; most of those that come only once are told from the others. */
export class RecentBlocks {
  private readonly hashes = new Int32Array(RECOGNIZED);
  private next = 0;

  /** Whether the block came lately; it is remembered when not. */
  public has(block: Uint8Array, start: number, end: number): boolean {
    const hash = blockHash(block, start, end);
    for (let i = 0; i < RECOGNIZED; i++) if (this.hashes[i] === hash) return true;
    this.hashes[this.next] = hash;
    this.next = (this.next + 1) % RECOGNIZED;
    return false;
  }
}

/** A number that two blocks seldom share (FNV-1a); it is never 0. */
function blockHash(block: Uint8Array, start: number, end: number): number {
  let hash = 0x811c_9dc5 | 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ block[i], 0x0100_0193);
  return hash | 1;
}

function isSame(bytes: Uint8Array, block: Uint8Array, start: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[i] !== block[start + i]) return false;
  return true;
}
