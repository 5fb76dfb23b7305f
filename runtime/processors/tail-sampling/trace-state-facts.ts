/** Answers the questions of the policies about the trace states of spans. */
import type { FactQuestions } from './fact-questions';
import { BITS } from './trace-table';
import { TraceState } from '../../otlp/trace-state';

/** Gathers what trace states say. */
export class TraceStateFacts {
  /** Whether anything is asked. */
  public readonly asked: boolean;
  private readonly state = new TraceState();
  private readonly randomnessWord: number;
  private hasRandomness = false;
  private high = 0;
  private low = 0;
  private start = 0;
  private stop = 0;

  public constructor(
    private readonly questions: FactQuestions,
    /** The answers of one bit. */
    private readonly bits: Int32Array,
  ) {
    this.asked = questions.traceStates.length > 0 || questions.randomness !== undefined;
    this.randomnessWord = questions.randomnessWord;
  }

  /** Begins with spans of the trace with this record. */
  public begin(words: Int32Array, trace: number): void {
    const { randomness } = this.questions;
    if (randomness === undefined) return;
    const bit = randomness.randomBit;
    this.hasRandomness = (words[trace + BITS + (bit >>> 5)] >>> (bit & 31) & 1) === 1;
    this.high = words[trace + this.randomnessWord];
    this.low = words[trace + this.randomnessWord + 1];
  }

  /** What is found from here on is about another span. */
  public beginSpan(): void {
    this.start = this.stop = 0;
  }

  /** The span's trace state is the text from `start` to `end`; of several the last one counts. */
  public found(start: number, end: number): void {
    this.start = start;
    this.stop = end;
  }

  /** Answers for the span whose fields were read. */
  public answer(bytes: Uint8Array): void {
    if (this.start === this.stop) return;
    const { traceStates, randomness } = this.questions;
    for (let i = 0; i < traceStates.length; i += 1) {
      if (traceStates[i].matches(bytes, this.start, this.stop)) this.set(traceStates[i].bit);
    }
    if (randomness === undefined || this.hasRandomness) return;
    const { state } = this;
    if (!state.read(bytes, this.start, this.stop)) return;
    if (state.hasThreshold || state.hasRandomness) this.set(randomness.sampledBit);
    if (!state.hasRandomness) return;
    this.set(randomness.randomBit);
    this.hasRandomness = true;
    this.high = state.randomness.high;
    this.low = state.randomness.low;
  }

  /** Adds what was found, but for the bits, to the trace's record. */
  public end(words: Int32Array, trace: number): void {
    if (!this.hasRandomness || this.questions.randomness === undefined) return;
    words[trace + this.randomnessWord] = this.high;
    words[trace + this.randomnessWord + 1] = this.low;
  }

  private set(bit: number): void {
    this.bits[bit >>> 5] |= 1 << (bit & 31);
  }
}
