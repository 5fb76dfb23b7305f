/** Texts that are looked up by their bytes, without making a string of them. */
import { wordAt } from '../../wire/reader';

const FIRST_HASH = 0x811c_9dc5;
const MULTIPLIER = 0x85eb_ca6b;
const WORD = 4;

/** Hash of the bytes from `start` to `end`, four at a time. */
export function hashOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = FIRST_HASH ^ end - start;
  let at = start;
  for (; at + WORD <= end; at += WORD) {
    hash = Math.imul(hash ^ wordAt(bytes, at), MULTIPLIER);
    hash ^= hash >>> 15;
  }
  for (; at < end; at += 1) hash = Math.imul(hash ^ bytes[at], MULTIPLIER);
  return (hash ^ hash >>> 15) >>> 0;
}

/** Whether `text` stands in `bytes` from `start` to `end`. */
export function isText(text: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i += 1) if (text[i] !== bytes[start + i]) return false;
  return true;
}

/** A set of texts that never changes. */
export class TextSet {
  private readonly slots: (Uint8Array | undefined)[];
  private readonly mask: number;
  /** 1 for each length that a text has, up to that of the longest. */
  private readonly lengths: Uint8Array;

  public constructor(texts: readonly string[]) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, texts.length * 2)));
    this.slots = Array.from<Uint8Array | undefined>({ length: size });
    this.mask = size - 1;
    const all = texts.map((text) => Buffer.from(text));
    this.lengths = new Uint8Array(1 + Math.max(0, ...all.map(({ length }) => length)));
    for (const bytes of all) {
      this.lengths[bytes.length] = 1;
      if (!this.has(bytes, 0, bytes.length)) this.slots[this.emptySlot(bytes)] = bytes;
    }
  }

  /** Whether the text in `bytes` from `start` to `end` is in the set. */
  public has(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.lengths[end - start] !== 1) return false;
    for (let slot = hashOfBytes(bytes, start, end) & this.mask; ; slot = slot + 1 & this.mask) {
      const text = this.slots[slot];
      if (text === undefined) return false;
      if (isText(text, bytes, start, end)) return true;
    }
  }

  private emptySlot(bytes: Uint8Array): number {
    let slot = hashOfBytes(bytes, 0, bytes.length) & this.mask;
    while (this.slots[slot] !== undefined) slot = slot + 1 & this.mask;
    return slot;
  }
}
