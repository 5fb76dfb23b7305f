/** Remembers which of a sender's numbered messages were taken. */

const WORD_BITS = 32;
/** Numbers behind the highest one that are told apart. */
const WINDOW = 1024;

/**
 * A window over numbers that rise. A sender counts on only when a message was answered, so what
 * lies behind the window was taken.
 */
export class DuplicateWindow {
  private readonly bits = new Uint32Array(WINDOW / WORD_BITS);
  private highest = 0;

  /** Whether the message with this number was taken. */
  public has(seq: number): boolean {
    if (seq > this.highest) return false;
    if (seq <= this.highest - WINDOW) return true;
    return (this.bits[wordOf(seq)] & bitOf(seq)) !== 0;
  }

  /** Writes down that it was taken. */
  public add(seq: number): void {
    if (seq - this.highest >= WINDOW) this.bits.fill(0);
    else for (let n = this.highest + 1; n < seq; n += 1) this.bits[wordOf(n)] &= ~bitOf(n);
    this.highest = Math.max(this.highest, seq);
    this.bits[wordOf(seq)] |= bitOf(seq);
  }
}

function wordOf(seq: number): number {
  return Math.floor(seq % WINDOW / WORD_BITS);
}

function bitOf(seq: number): number {
  return 1 << seq % WORD_BITS;
}
