/**
 * Slabs: large blocks of memory that are taken and given back as a whole.
 *
 * Whoever keeps something in a slab holds it; when nobody does, it is used again. A small sampler
 * begins with small slabs, and memory that is idle beyond a quarter of what is in use goes back to
 * the operating system.
 */
import { NONE } from '../../otlp/id-table';

const LEAST_SLAB = 256 * 1024;
const MOST_SLAB = 8 * 1024 * 1024;
const NO_MEMORY = new ArrayBuffer(0);

/** The slabs, by number. */
export class SlabPool {
  /** Each slab's memory as bytes. */
  public readonly bytes: Uint8Array[] = [];
  /** The same memory as words. */
  public readonly words: Int32Array[] = [];
  /** Number of bytes in all slabs, idle ones among them. */
  public reservedBytes = 0;
  /** Beyond so many bytes in all slabs no idle one is kept. */
  public mostBytes = Infinity;
  private readonly holders: number[] = [];
  private readonly idle: number[] = [];
  private readonly vacant: number[] = [];
  private idleBytes = 0;

  /** Number of bytes in slabs that somebody holds. */
  public get usedBytes(): number {
    return this.reservedBytes - this.idleBytes;
  }

  /** A slab of at least `size` bytes, held once. */
  public take(size: number): number {
    const slab = this.takeIdle(size) ?? this.create(size);
    this.holders[slab] = 1;
    return slab;
  }

  /** Whether nobody but the one who asks holds the slab. */
  public heldOnce(slab: number): boolean {
    return this.holders[slab] === 1;
  }

  /** Holds a slab once more. */
  public hold(slab: number): void {
    this.holders[slab] += 1;
  }

  /** Holds a slab once less. */
  public release(slab: number): void {
    this.holders[slab] -= 1;
    if (this.holders[slab] > 0) return;
    this.idle.push(slab);
    this.idleBytes += this.bytes[slab].length;
    const { usedBytes } = this;
    const kept = Math.min(Math.max(MOST_SLAB, usedBytes / 4), this.mostBytes - usedBytes);
    while (this.idleBytes > Math.max(0, kept)) this.discard(this.idle.pop() as number);
  }

  private takeIdle(size: number): number | undefined {
    for (let i = this.idle.length - 1; i >= 0; i -= 1) {
      const slab = this.idle[i];
      const has = this.bytes[slab].length;
      // A slab that is far too large is better kept for what needs it.
      if (has < size || has > Math.max(MOST_SLAB, size * 2)) continue;
      this.idle[i] = this.idle[this.idle.length - 1];
      this.idle.pop();
      this.idleBytes -= has;
      return slab;
    }
    return undefined;
  }

  private create(size: number): number {
    const quarter = floorPowerOfTwo(this.reservedBytes / 4);
    const usual = Math.min(MOST_SLAB, Math.max(LEAST_SLAB, quarter));
    // Requests beyond a quarter of a slab get one that they fill.
    const wanted = size > usual / 4 ? Math.ceil(size / LEAST_SLAB) * LEAST_SLAB : usual;
    const memory = new ArrayBuffer(wanted);
    const slab = this.vacant.pop() ?? this.bytes.length;
    this.bytes[slab] = new Uint8Array(memory);
    this.words[slab] = new Int32Array(memory);
    this.reservedBytes += wanted;
    return slab;
  }

  private discard(slab: number): void {
    const size = this.bytes[slab].length;
    this.reservedBytes -= size;
    this.idleBytes -= size;
    this.bytes[slab] = new Uint8Array(NO_MEMORY);
    this.words[slab] = new Int32Array(NO_MEMORY);
    this.holders[slab] = NONE;
    this.vacant.push(slab);
  }
}

function floorPowerOfTwo(value: number): number {
  return value < 1 ? 0 : 2 ** Math.floor(Math.log2(value));
}
