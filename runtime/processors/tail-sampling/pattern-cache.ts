/**
 * Remembers which texts match, because a regular expression costs a thousand times a look-up.
 *
 * Texts are looked up by their bytes in sets of four; the one asked for longest ago makes room.
 */
import { hashOfBytes, isText } from './text-set';

const WAYS = 4;

/** Answers a question about texts, and remembers the answers. */
export class PatternCache {
  private readonly sets: number;
  private readonly texts: (Uint8Array | undefined)[];
  private readonly answers: Uint8Array;
  private readonly askedAt: Float64Array;
  private asked = 0;

  /** A cache of about `size` answers of `ask`. */
  public constructor(size: number, private readonly ask: (text: string) => boolean) {
    this.sets = Math.max(1, Math.ceil(size / WAYS));
    const entries = this.sets * WAYS;
    this.texts = Array.from<Uint8Array | undefined>({ length: entries });
    this.answers = new Uint8Array(entries);
    this.askedAt = new Float64Array(entries);
  }

  /** The answer for the text in `bytes` from `start` to `end`. */
  public test(bytes: Uint8Array, start: number, end: number): boolean {
    this.asked += 1;
    const first = hashOfBytes(bytes, start, end) % this.sets * WAYS;
    let longestAgo = first;
    for (let entry = first; entry < first + WAYS; entry += 1) {
      const text = this.texts[entry];
      if (text !== undefined && isText(text, bytes, start, end)) {
        this.askedAt[entry] = this.asked;
        return this.answers[entry] === 1;
      }
      if (this.askedAt[entry] < this.askedAt[longestAgo]) longestAgo = entry;
    }
    const text = Buffer.from(bytes.subarray(start, end));
    const answer = this.ask(text.toString());
    this.texts[longestAgo] = text;
    this.answers[longestAgo] = answer ? 1 : 0;
    this.askedAt[longestAgo] = this.asked;
    return answer;
  }
}
