/** Texts that are looked up by their bytes, without making a string of them. */

const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

/** Hash of the bytes from `start` to `end`. */
export function hashOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ bytes[at], FNV_PRIME);
  return hash >>> 0;
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
  private readonly longest: number;

  public constructor(texts: readonly string[]) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, texts.length * 2)));
    this.slots = Array.from<Uint8Array | undefined>({ length: size });
    this.mask = size - 1;
    let longest = 0;
    for (const text of texts) {
      const bytes = Buffer.from(text);
      longest = Math.max(longest, bytes.length);
      if (!this.has(bytes, 0, bytes.length)) this.slots[this.emptySlot(bytes)] = bytes;
    }
    this.longest = longest;
  }

  /** Whether the text in `bytes` from `start` to `end` is in the set. */
  public has(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start > this.longest) return false;
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
