/**
 * Finds fixed-size records by a 128-bit id: open addressing over typed arrays.
 *
 * A million live traces in a JavaScript Map cost 117 bytes each and pauses of hundreds of
 * milliseconds; here the garbage collector sees two arrays. A record is `stride` words, the first
 * four of which are its id, and is named by the offset of its first word.
 */
import { randomBytes } from 'crypto';

/** Names no record. */
export const NONE = -1;
/** Number of words of an id, which are the first ones of a record. */
export const ID_WORDS = 4;

const SLOT_WORDS = 2;
const LEAST_RECORDS = 16;
// What is reserved and not yet used costs no pages, but a memory limiter counts it; so what is
// huge begins smaller than its limit and grows by copying, some 40 ms at a time.
const MOST_FIRST_RECORDS = 1 << 18;

/** Spreads ids over slots. The seed keeps a sender from choosing ids that collide. */
export function hashOfId(
  seed: number, w0: number, w1: number, w2: number, w3: number,
): number {
  let hash = Math.imul(seed ^ w0, 0x9e37_79b1);
  hash = Math.imul((hash ^ hash >>> 15) + w1, 0x85eb_ca77);
  hash = Math.imul((hash ^ hash >>> 13) + w2, 0xc2b2_ae3d);
  hash = Math.imul((hash ^ hash >>> 16) + w3, 0x27d4_eb2f);
  return hash ^ hash >>> 15;
}

function slotsFor(records: number): number {
  return 2 ** Math.ceil(Math.log2(records * 2));
}

/** Records by id. */
export class IdTable {
  /** All records. Replaced when the table grows: read it anew after every insertion. */
  public words: Int32Array;
  /** Number of records in the table. */
  public size = 0;
  private readonly seed: number;
  private room: number;
  /** Per slot: hash of the id, and the record's offset + 1; 0 is an empty slot. */
  private slots: Int32Array;
  private mask: number;
  /** Records that were removed, chained by their first word. */
  private freed = NONE;
  private fresh = 0;

  public constructor(
    private readonly stride: number,
    limit: number,
    options: { readonly seed?: number; readonly firstRecords?: number } = {},
  ) {
    this.seed = options.seed ?? randomBytes(4).readInt32LE();
    const first = options.firstRecords ?? MOST_FIRST_RECORDS;
    this.room = Math.max(LEAST_RECORDS, Math.min(limit, first));
    this.words = new Int32Array(this.room * stride);
    const slots = slotsFor(this.room);
    this.slots = new Int32Array(slots * SLOT_WORDS);
    this.mask = slots - 1;
  }

  /** The record with this id, or NONE. */
  public find(w0: number, w1: number, w2: number, w3: number): number {
    const { slots, words, mask } = this;
    const hash = hashOfId(this.seed, w0, w1, w2, w3);
    for (let slot = hash & mask; ; slot = slot + 1 & mask) {
      const record = slots[slot * SLOT_WORDS + 1] - 1;
      if (record < 0) return NONE;
      if (slots[slot * SLOT_WORDS] === hash && words[record] === w0 && words[record + 1] === w1
        && words[record + 2] === w2 && words[record + 3] === w3) return record;
    }
  }

  /** A new record with this id, which must not be there; all its other words are 0. */
  public insert(w0: number, w1: number, w2: number, w3: number): number {
    const record = this.takeRecord();
    const { words } = this;
    words[record] = w0;
    words[record + 1] = w1;
    words[record + 2] = w2;
    words[record + 3] = w3;
    const end = record + this.stride;
    for (let at = record + ID_WORDS; at < end; at += 1) words[at] = 0;
    this.place(hashOfId(this.seed, w0, w1, w2, w3), record);
    this.size += 1;
    return record;
  }

  /** Takes a record out. Its offset will be given to a later one. */
  public remove(record: number): void {
    this.closeGap(this.slotOf(record));
    this.words[record] = this.freed;
    this.freed = record;
    this.size -= 1;
  }

  private takeRecord(): number {
    const reused = this.freed;
    if (reused !== NONE) {
      this.freed = this.words[reused];
      return reused;
    }
    if (this.fresh === this.words.length) this.grow();
    const record = this.fresh;
    this.fresh = record + this.stride;
    return record;
  }

  private place(hash: number, record: number): void {
    const { slots, mask } = this;
    let slot = hash & mask;
    while (slots[slot * SLOT_WORDS + 1] !== 0) slot = slot + 1 & mask;
    slots[slot * SLOT_WORDS] = hash;
    slots[slot * SLOT_WORDS + 1] = record + 1;
  }

  private slotOf(record: number): number {
    const { slots, words, mask } = this;
    const hash = hashOfId(
      this.seed, words[record], words[record + 1], words[record + 2], words[record + 3]);
    let slot = hash & mask;
    while (slots[slot * SLOT_WORDS + 1] !== record + 1) slot = slot + 1 & mask;
    return slot;
  }

  /** Moves later slots of the same run back, so that no search meets a hole or a tombstone. */
  private closeGap(emptied: number): void {
    const { slots, mask } = this;
    let gap = emptied;
    for (let slot = gap + 1 & mask; slots[slot * SLOT_WORDS + 1] !== 0; slot = slot + 1 & mask) {
      const home = slots[slot * SLOT_WORDS] & mask;
      if ((slot - home & mask) < (slot - gap & mask)) continue;
      slots[gap * SLOT_WORDS] = slots[slot * SLOT_WORDS];
      slots[gap * SLOT_WORDS + 1] = slots[slot * SLOT_WORDS + 1];
      gap = slot;
    }
    slots[gap * SLOT_WORDS + 1] = 0;
  }

  private grow(): void {
    this.room *= 2;
    const words = new Int32Array(this.room * this.stride);
    words.set(this.words);
    this.words = words;
    const old = this.slots;
    const slots = slotsFor(this.room);
    this.slots = new Int32Array(slots * SLOT_WORDS);
    this.mask = slots - 1;
    for (let at = 0; at < old.length; at += SLOT_WORDS) {
      if (old[at + 1] !== 0) this.place(old[at], old[at + 1] - 1);
    }
  }
}
