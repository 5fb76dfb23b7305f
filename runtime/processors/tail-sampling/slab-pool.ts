/**
 * Slabs: large blocks of memory that are taken and given back as a whole.
 *
 * Whoever keeps something in a slab holds it; when nobody does, it is used again. What is large
 * gets a slab that it fills: it is free as soon as the last of it is, whatever came before and
 * after it. What is small shares slabs, which are small as well in a small sampler. A tick frees
 * much at once, which what comes until the next one fills again; what was idle all the time in
 * between goes back to the operating system.
 */
import { NONE } from '../../otlp/id-table';
import { countMessageBytes } from '../../wire/message-garbage';

const LEAST_SLAB = 256 * 1024;
const MOST_SLAB = 8 * 1024 * 1024;
/** Shared slabs are this share of all memory, between those bounds. */
const SLABS = 256;
/** What is more than this share of a shared slab has one of its own: little is left at the end. */
const SHARERS = 16;
/** A slab of one's own may be larger than what it is for by this share. */
const SLACK = 1 / 16;
const GRAIN = 1024;
const MOST_LOOKS = 32;
/** So many may be idle from one tick to the next; otherwise a share of those in use. */
const LEAST_UNUSED = 1024 * 1024;
const UNUSED_SHARE = 1 / 32;
const NO_BYTES = new Uint8Array(0);
const NO_WORDS = new Int32Array(0);

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
  /** The fewest bytes that were idle since the last tick. */
  private leastIdle = 0;

  /** Number of bytes in slabs that somebody holds. */
  public get usedBytes(): number {
    return this.reservedBytes - this.idleBytes;
  }

  /** Whether `size` bytes are so many that they get a slab of their own. */
  public isLarge(size: number): boolean {
    return size > this.sharedBytes / SHARERS;
  }

  /** A slab of `size` bytes or some more, held once. */
  public take(size: number): number {
    return this.hand(this.takeIdle(size, size * (1 + SLACK) + GRAIN)
      ?? this.create(Math.ceil(size / GRAIN) * GRAIN));
  }

  /** A slab for many things that are not large, of `least` bytes at least, held once. */
  public takeShared(least = 0): number {
    const size = Math.max(this.sharedBytes, least);
    return this.hand(this.takeIdle(Math.max(size / 2, least), size * 2) ?? this.create(size));
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
    while (this.idleBytes > 0 && this.reservedBytes > this.mostBytes) {
      this.discard(this.idle.shift() as number);
    }
  }

  /** A tick: what was idle since the last one is not kept. */
  public tidy(): void {
    const kept = Math.max(LEAST_UNUSED, this.usedBytes * UNUSED_SHARE);
    const until = this.idleBytes - this.leastIdle + kept;
    while (this.idleBytes > until) this.discard(this.idle.shift() as number);
    this.leastIdle = this.idleBytes;
  }

  /** Bytes of a shared slab that is made now. */
  private get sharedBytes(): number {
    const share = floorPowerOfTwo(this.reservedBytes / SLABS);
    return Math.min(MOST_SLAB, Math.max(LEAST_SLAB, share));
  }

  private hand(slab: number): number {
    this.holders[slab] = 1;
    return slab;
  }

  /** The smallest idle slab of so many bytes among those that became idle last. */
  private takeIdle(least: number, most: number): number | undefined {
    const { idle } = this;
    let best = NONE;
    let has = most + 1;
    for (let i = idle.length - 1; i >= Math.max(0, idle.length - MOST_LOOKS); i -= 1) {
      const { length } = this.bytes[idle[i]];
      if (length < least || length >= has) continue;
      best = i;
      has = length;
    }
    if (best === NONE) return undefined;
    const slab = idle[best];
    idle[best] = idle[idle.length - 1];
    idle.pop();
    this.idleBytes -= has;
    this.leastIdle = Math.min(this.leastIdle, this.idleBytes);
    return slab;
  }

  private create(size: number): number {
    const memory = new ArrayBuffer(size);
    const slab = this.vacant.pop() ?? this.bytes.length;
    this.bytes[slab] = new Uint8Array(memory);
    this.words[slab] = new Int32Array(memory);
    this.reservedBytes += size;
    return slab;
  }

  private discard(slab: number): void {
    const { buffer, length: size } = this.bytes[slab];
    // A slab is as old as can be, and V8 sees little garbage in it. Its memory in young hands is
    // free when young garbage is collected next.
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    countMessageBytes(size);
    this.reservedBytes -= size;
    this.idleBytes -= size;
    this.leastIdle = Math.min(this.leastIdle, this.idleBytes);
    this.bytes[slab] = NO_BYTES;
    this.words[slab] = NO_WORDS;
    this.holders[slab] = NONE;
    this.vacant.push(slab);
  }
}

function floorPowerOfTwo(value: number): number {
  return value < 1 ? 0 : 2 ** Math.floor(Math.log2(value));
}
