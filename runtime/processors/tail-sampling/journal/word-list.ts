/** Words that are gathered one after the other in an array that grows and is used again. */

const FIRST_WORDS = 256;

/** A list of words. */
export class WordList {
  /** Number of words in it. */
  public length = 0;
  private words = new Int32Array(FIRST_WORDS);

  /** Appends four words. */
  public pushId(w0: number, w1: number, w2: number, w3: number): void {
    this.reserve(4);
    const { words, length } = this;
    words[length] = w0;
    words[length + 1] = w1;
    words[length + 2] = w2;
    words[length + 3] = w3;
    this.length = length + 4;
  }

  /** Appends a word. */
  public push(word: number): void {
    this.reserve(1);
    this.words[this.length] = word;
    this.length += 1;
  }

  /** Takes all words from `start` on out, as a copy. */
  public takeFrom(start: number): Int32Array {
    const taken = this.words.slice(start, this.length);
    this.length = start;
    return taken;
  }

  /** Takes the first `count` words out, as a copy; those behind them move up. */
  public takeFirst(count: number): Int32Array {
    const taken = this.words.slice(0, count);
    this.words.copyWithin(0, count, this.length);
    this.length -= count;
    return taken;
  }

  private reserve(count: number): void {
    if (this.length + count <= this.words.length) return;
    const longer = new Int32Array(this.words.length * 2);
    longer.set(this.words);
    this.words = longer;
  }
}
