/**
 * What the configured policies ask about a trace, one bit per question.
 *
 * Policies register their questions when they are made; the answers are gathered while spans
 * arrive (trace-facts.ts). A decision then reads bits and never looks at a span.
 */
import { BITS } from './trace-table';

/** Answers whether the value of an attribute matches. */
export interface AttributeTest {
  /** Whether a resource with a value like this one matches. */
  matchesResource(value: AttributeValue): boolean;
  /** Whether a span with a value like this one matches. */
  matchesSpan(value: AttributeValue): boolean;
}

/** What a value of an attribute is. */
export const OTHER_VALUE = 0;
/** A text: `bytes` from `start` to `end`. */
export const STRING_VALUE = 1;
/** A truth value: `truth`. */
export const BOOL_VALUE = 2;
/** A whole number: `integer`. */
export const INT_VALUE = 3;

/** The value of an attribute. One object is used for all of them, one after the other. */
export interface AttributeValue {
  /** What it is. */
  kind: number;
  /** Where a text is. */
  bytes: Uint8Array;
  /** Offset of the first byte of a text. */
  start: number;
  /** Offset after the last byte of a text. */
  end: number;
  /** A truth value; false for all other kinds, as upstream reads them. */
  truth: boolean;
  /** A whole number, rounded beyond 2^53; 0 for all other kinds, as upstream reads them. */
  integer: number;
}

/** A question about an attribute. */
export interface AttributeQuestion {
  /** Where the answer is. */
  readonly bit: number;
  /** What is asked about the value. */
  readonly test: AttributeTest;
}

/** All questions about attributes of one name. */
export interface KeyQuestions {
  /** The name as bytes. */
  readonly key: Uint8Array;
  /** The questions. */
  readonly questions: AttributeQuestion[];
}

/** A question about the time between the first start and the last end. */
export interface DurationQuestion {
  /** Where the answer is. */
  readonly bit: number;
  /** It must be longer than this many whole milliseconds. */
  readonly aboveMs: number;
  /** It must not be longer than this many; 0 is no limit. */
  readonly upToMs: number;
}

/** A question about the status of spans. */
export interface StatusQuestion {
  /** Where the answer is. */
  readonly bit: number;
  /** The code. */
  readonly code: number;
}

/** A question about the trace states of spans. */
export interface TraceStateQuestion {
  /** Where the answer is. */
  readonly bit: number;
  /** Whether the text in `bytes` from `start` to `end` is a trace state that matches. */
  matches(bytes: Uint8Array, start: number, end: number): boolean;
}

/** Where it stands in a trace's record what its spans say about its randomness. */
export interface RandomnessQuestion {
  /** Whether some span says the randomness. */
  readonly randomBit: number;
  /** Whether some span says a randomness or a threshold. */
  readonly sampledBit: number;
}

const WORD_BITS = 32;
/** Number of words of the randomness, which stand behind the answers of one bit. */
export const RANDOM_WORDS = 2;

/** Whether the bit is set in the record of a trace. */
export function hasBit(words: Int32Array, trace: number, bit: number): boolean {
  return (words[trace + BITS + (bit >>> 5)] >>> (bit & 31) & 1) === 1;
}

/** The questions of all policies of a processor. */
export class FactQuestions {
  /** Those about attributes, by name. */
  public readonly keys: KeyQuestions[] = [];
  /** Those about durations. */
  public readonly durations: DurationQuestion[] = [];
  /** Those about status codes. */
  public readonly statuses: StatusQuestion[] = [];
  /** Those about trace states. */
  public readonly traceStates: TraceStateQuestion[] = [];
  /** Whether the trace's randomness is asked for. */
  public randomness?: RandomnessQuestion;
  /** Where it is whether a span has the W3C flag `sampled`, if that is asked for. */
  public sampledFlagBit?: number;
  private bits = 0;

  /** Number of words that answers of one bit take. */
  public get bitWords(): number {
    return Math.ceil(this.bits / WORD_BITS);
  }

  /** The word of a record that holds the upper half of the randomness; the lower one follows. */
  public get randomnessWord(): number {
    return BITS + this.bitWords;
  }

  /** Whether an attribute `key` of a resource or span passes `test`. Gives the answer's bit. */
  public askAttribute(key: string, test: AttributeTest): number {
    const bytes = Buffer.from(key);
    let asked = this.keys.find((other) => bytes.equals(other.key));
    if (asked === undefined) {
      asked = { key: bytes, questions: [] };
      this.keys.push(asked);
    }
    const bit = this.bits++;
    asked.questions.push({ bit, test });
    return bit;
  }

  /** Whether the trace lasted longer than `aboveMs` and, unless that is 0, at most `upToMs`. */
  public askDuration(aboveMs: number, upToMs: number): number {
    const bit = this.bits++;
    this.durations.push({ bit, aboveMs, upToMs });
    return bit;
  }

  /** Whether a span has a trace state that `matches`. Gives the answer's bit. */
  public askTraceState(matches: TraceStateQuestion['matches']): number {
    const bit = this.bits++;
    this.traceStates.push({ bit, matches });
    return bit;
  }

  /** Whether a span has the W3C flag `sampled`. Gives the answer's bit. */
  public askSampledFlag(): number {
    this.sampledFlagBit ??= this.bits++;
    return this.sampledFlagBit;
  }

  /** What spans say about the trace's randomness; it stands in the words of `randomnessWord`. */
  public askRandomness(): RandomnessQuestion {
    this.randomness ??= { randomBit: this.bits++, sampledBit: this.bits++ };
    return this.randomness;
  }

  /** Whether a span has this status code. */
  public askStatus(code: number): number {
    const asked = this.statuses.find((other) => other.code === code);
    if (asked !== undefined) return asked.bit;
    const bit = this.bits++;
    this.statuses.push({ bit, code });
    return bit;
  }
}
