/** Bytes that are written one after the other, in a block that grows and is used again. */

const FIRST_BYTES = 4096;

/** A block of bytes with an end that moves. */
export class GrowingBytes {
  /** The block. Replaced when it grows: read it anew after `reserve`. */
  public bytes: Uint8Array;
  /** Offset after the last byte that was written. */
  public end = 0;

  /** A block that has `firstBytes` bytes at first. */
  public constructor(firstBytes = FIRST_BYTES) {
    this.bytes = new Uint8Array(firstBytes);
  }

  /** Makes room for `length` bytes more. */
  public reserve(length: number): void {
    if (this.end + length <= this.bytes.length) return;
    const longer = new Uint8Array(Math.max(this.bytes.length * 2, this.end + length));
    longer.set(this.bytes.subarray(0, this.end));
    this.bytes = longer;
  }

  /** Appends the bytes of `from` from `start` to `end`, for which there must be room. */
  public copy(from: Uint8Array, start: number, end: number): void {
    this.bytes.set(from.subarray(start, end), this.end);
    this.end += end - start;
  }
}
