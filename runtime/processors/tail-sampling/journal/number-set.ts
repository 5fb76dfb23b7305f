/** A set of whole numbers from 0 on that mostly follow each other: 32 of them take one entry. */

const WORD_BITS = 32;

/** A set. */
export class NumberSet {
  private readonly blocks = new Map<number, number>();

  /** Puts a number in. */
  public add(number: number): void {
    const block = Math.floor(number / WORD_BITS);
    this.blocks.set(block, (this.blocks.get(block) ?? 0) | 1 << number % WORD_BITS);
  }

  /** Whether a number is in it. */
  public has(number: number): boolean {
    const block = this.blocks.get(Math.floor(number / WORD_BITS)) ?? 0;
    return (block & 1 << number % WORD_BITS) !== 0;
  }

  /** Whether all numbers from `first` to `last` are; so it is where there are none. */
  public hasAll(first: number, last: number): boolean {
    for (let number = first; number <= last; number += 1) if (!this.has(number)) return false;
    return true;
  }
}
