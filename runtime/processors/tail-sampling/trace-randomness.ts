/** The randomness of a trace: 56 bits that its spans say, or else those of its id. */
import { hasBit, type FactQuestions, type RandomnessQuestion } from './fact-questions';
import type { Word64 } from '../../otlp/sampling-threshold';

/** Reads the randomness of traces. */
export class TraceRandomness {
  /** Upper 24 bits of the trace that was read last. */
  public high = 0;
  /** Lower 32 bits, without sign. */
  public low = 0;

  public constructor(
    private readonly questions: FactQuestions, private readonly asked: RandomnessQuestion,
  ) {}

  /** Reads that of the trace whose record begins at `trace`. */
  public read(words: Int32Array, trace: number): void {
    if (hasBit(words, trace, this.asked.randomBit)) {
      const word = trace + this.questions.randomnessWord;
      this.high = words[word];
      this.low = words[word + 1] >>> 0;
    } else {
      readIdRandomness(words, trace, this);
    }
  }

  /** Whether a sampler with this threshold keeps the trace. */
  public isAtLeast(threshold: Word64, words: Int32Array, trace: number): boolean {
    this.read(words, trace);
    return this.high === threshold.high
      ? this.low >= threshold.low : this.high > threshold.high;
  }
}

/** Asks for the randomness of traces, and reads it. */
export function randomnessReader(questions: FactQuestions): TraceRandomness {
  return new TraceRandomness(questions, questions.askRandomness());
}

/** Reads the randomness that the id in the four words from `at` is. */
export function readIdRandomness(
  words: Int32Array, at: number, to: { high: number; low: number },
): void {
  to.high = bigEndian(words[at + 2]) & 0xff_ffff;
  to.low = bigEndian(words[at + 3]) >>> 0;
}

/** The words of an id hold its bytes with the first one lowest. */
function bigEndian(word: number): number {
  return (word & 0xff) << 24 | (word & 0xff00) << 8 | word >>> 8 & 0xff00 | word >>> 24;
}
