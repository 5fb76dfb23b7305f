/**
 * Blocks of memory that are used again and again.
 *
 * A split request is written into a block of its size. The kernel hands new memory out page by
 * page, zeroed, and that costs more than finding and copying the spans: 324 ns per span in requests
 * of 1000 with new blocks, 127 with these. Sizes are powers of two; so many bytes are kept.
 */
const SMALLEST = 12;
const LARGEST = 23;

/** Bytes that are kept while nobody uses them. */
const KEPT_BYTES = 32 * 1024 * 1024;

/** Lends blocks. One that is never given back is collected like every other object. */
export class BlockPool {
  private readonly free: Uint8Array[][] = Array.from({ length: LARGEST + 1 }, () => []);
  private freeBytes = 0;

  public constructor(private readonly keptBytes = KEPT_BYTES) {}

  /** A block of at least `bytes` bytes, with anything in it. */
  public take(bytes: number): Uint8Array {
    const power = powerOf(bytes);
    if (power > LARGEST) return Buffer.allocUnsafeSlow(bytes);
    const block = this.free[power].pop();
    if (block === undefined) return Buffer.allocUnsafeSlow(2 ** power);
    this.freeBytes -= block.length;
    return block;
  }

  /** Takes back a block whose bytes nobody reads any more. */
  public give(block: Uint8Array): void {
    const power = powerOf(block.length);
    if (power > LARGEST || this.freeBytes + block.length > this.keptBytes) return;
    this.freeBytes += block.length;
    this.free[power].push(block);
  }
}

function powerOf(bytes: number): number {
  return Math.max(SMALLEST, Math.ceil(Math.log2(Math.max(1, bytes))));
}
