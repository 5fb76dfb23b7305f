/**
 * Where identifiers were sent of late: their checksums in two generations of open-addressed arrays,
 * one that is written and the one before it, which is forgotten as a whole. Nothing is allocated
 * for an identifier but when a generation doubles.
 *
 * ```
 *   slot   checksum          32 bits
 *          owner + 1         14 bits   0 in an empty slot
 *          diverted           1 bit    whether it is not where the ring says
 *          first sent        17 bits   in hundredths of a second
 * ```
 */
import { randomBytes } from 'crypto';

/** What `find` answers when nothing is known. */
export const NOWHERE = 0;

const TICK_MS = 10;
/** Twice what is remembered at most, 10 minutes, is less than they count: ages do not go round. */
const TIME_BITS = 17;
const TIME_MASK = 2 ** TIME_BITS - 1;
const DIVERTED = 2 ** TIME_BITS;
const OWNER_SHIFT = TIME_BITS + 1;
const MOST_OWNERS = 2 ** (32 - OWNER_SHIFT) - 2;
/** The owner of what went to a backend that is no more. */
const GONE = MOST_OWNERS;

const SLOT_WORDS = 2;
const FIRST_SLOTS = 2 ** 10;
/** 8 MiB in each of two generations. */
const MOST_SLOTS = 2 ** 20;
/** Slots that are looked at; then the first of them is given to the newer identifier. */
const REACH = 64;

/** Index of the owner that `found` names; none of the ring's for a backend that is no more. */
export function ownerIn(found: number): number {
  return (found >>> OWNER_SHIFT) - 1;
}

/** Whether `found` went elsewhere than where the ring said. */
export function isDiverted(found: number): boolean {
  return (found & DIVERTED) !== 0;
}

class Generation {
  /** Number of slots that are taken. */
  public taken = 0;
  /** Where `find` ended: the slot of what it found, or one for what it did not. */
  public at = 0;
  private words: Int32Array;
  private mask: number;

  public constructor(private readonly seed: number, slots = FIRST_SLOTS) {
    this.words = new Int32Array(slots * SLOT_WORDS);
    this.mask = slots - 1;
  }

  public get slots(): number {
    return this.mask + 1;
  }

  public find(crc: number): number {
    const { words, mask } = this;
    const home = this.homeOf(crc);
    for (let slot = home, end = home + REACH; slot < end; slot += 1) {
      const at = (slot & mask) * SLOT_WORDS;
      const held = words[at + 1];
      if (held === NOWHERE || words[at] === crc) {
        this.at = at;
        return held;
      }
    }
    this.at = home * SLOT_WORDS;
    return NOWHERE;
  }

  /** Writes where the last `find` of the same identifier ended. */
  public put(crc: number, held: number): void {
    const { words, at } = this;
    if (words[at + 1] === NOWHERE) this.taken += 1;
    words[at] = crc;
    words[at + 1] = held;
  }

  public clear(): void {
    if (this.taken > 0) this.words.fill(0);
    this.taken = 0;
  }

  public grow(): void {
    const { words } = this;
    const slots = this.slots * 2;
    this.words = new Int32Array(slots * SLOT_WORDS);
    this.mask = slots - 1;
    this.taken = 0;
    for (let at = 0; at < words.length; at += SLOT_WORDS) {
      if (words[at + 1] === NOWHERE) continue;
      this.find(words[at]);
      this.put(words[at], words[at + 1]);
    }
  }

  /** Replaces all owners. */
  public rename(newOwners: readonly number[]): void {
    const { words } = this;
    for (let at = 1; at < words.length; at += SLOT_WORDS) {
      if (words[at] === NOWHERE) continue;
      const owner = newOwners[ownerIn(words[at])] ?? GONE;
      words[at] = owner + 1 << OWNER_SHIFT | words[at] & (DIVERTED | TIME_MASK);
    }
  }

  /** The seed keeps senders from choosing identifiers that meet in a slot. */
  private homeOf(crc: number): number {
    const mixed = Math.imul(crc ^ this.seed, 0x9e37_79b1);
    return Math.imul(mixed ^ mixed >>> 15, 0x85eb_ca77) >>> 7 & this.mask;
  }
}

/** Remembers for some time. `look` tells it the time; what is newest wins where room is short. */
export class RecentOwners {
  private fresh: Generation;
  private older: Generation;
  private turnedAt = -Infinity;
  private now = 0;
  private tick = 0;
  private readonly longestAge: number;

  /** Remembers for `memoryMs` milliseconds at least, and less than twice as long. */
  public constructor(
    private readonly memoryMs: number,
    private readonly mostSlots = MOST_SLOTS,
    seed = randomBytes(4).readInt32LE(),
  ) {
    this.longestAge = Math.ceil(memoryMs / TICK_MS);
    this.fresh = new Generation(seed);
    this.older = new Generation(seed);
  }

  /** Bytes of both generations. */
  public get sizeBytes(): number {
    return (this.fresh.slots + this.older.slots) * SLOT_WORDS * Int32Array.BYTES_PER_ELEMENT;
  }

  /** It is `now`, by the clock's `monotonic`. */
  public look(now: number): void {
    this.now = now;
    this.tick = Math.floor(now / TICK_MS);
    const age = now - this.turnedAt;
    if (age < this.memoryMs) return;
    this.turn();
    if (age >= 2 * this.memoryMs) this.older.clear();
  }

  /**
   * What is known of the identifier with this checksum, for `ownerIn`, `isDiverted`, `wasSentBy`.
   * With `keeps` it is remembered anew.
   */
  public find(checksum: number, keeps: boolean): number {
    const crc = checksum | 0;
    const held = this.fresh.find(crc);
    if (held !== NOWHERE) return held;
    const older = this.older.find(crc);
    if (older !== NOWHERE && keeps) {
      this.fresh.put(crc, this.withBoundedAge(older));
      this.makeRoom();
      // What made room has moved it.
      this.fresh.find(crc);
    }
    return older;
  }

  /** Remembers where the identifier goes that was looked for last. */
  public set(checksum: number, owner: number, diverted: boolean): void {
    const { fresh } = this;
    fresh.put(checksum | 0,
      owner + 1 << OWNER_SHIFT | (diverted ? DIVERTED : 0) | this.tick & TIME_MASK);
    this.makeRoom();
  }

  /** Whether `found` was first sent there at `moment` or before, by the clock's `monotonic`. */
  public wasSentBy(found: number, moment: number): boolean {
    return this.ageOf(found) >= this.tick - Math.floor(moment / TICK_MS);
  }

  /** The ring has changed: by old index the new one, undefined where a backend is gone. */
  public rename(newOwners: readonly (number | undefined)[]): void {
    const known = newOwners.map((owner) => owner ?? GONE);
    this.fresh.rename(known);
    this.older.rename(known);
  }

  private ageOf(found: number): number {
    return this.tick - (found & TIME_MASK) & TIME_MASK;
  }

  private withBoundedAge(found: number): number {
    if (this.ageOf(found) <= this.longestAge) return found;
    return found & ~TIME_MASK | this.tick - this.longestAge & TIME_MASK;
  }

  private makeRoom(): void {
    const { slots, taken } = this.fresh;
    if (taken * 2 <= slots) return;
    if (slots < this.mostSlots) this.fresh.grow();
    else if (taken * 8 > slots * 5) this.turn();
  }

  private turn(): void {
    const { fresh, older } = this;
    older.clear();
    this.fresh = older;
    this.older = fresh;
    this.turnedAt = this.now;
  }
}
