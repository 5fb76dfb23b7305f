/** What is told of a request that was posted, whichever HTTP carried it. */
import { IncomingBlock, Promises } from './incoming-block';

const MAX_ANSWER_BYTES = 64 * 1024;
/** What nobody reads is not worth a connection that never ends. */
const MOST_READ_BYTES = 16 * MAX_ANSWER_BYTES;
const NONE = new Promises(0);

/** The headers of an answer, as far as anybody looks at them. */
export interface AnswerHead {
  /** Status. */
  readonly status: number;
  /** Type of its body; nothing when it does not say. */
  readonly contentType: string;
  /** Where the request is sent to. */
  readonly location?: string;
  /** When to come again. */
  readonly retryAfter?: string;
  /** Its cookies, a line each. */
  readonly cookies: readonly string[];
}

/**
 * What becomes of a request over HTTP/2: `returned` is that the peer has not looked at it, `unsent`
 * that it was not even sent.
 */
export type HttpCallEnd = 'returned' | 'unsent' | {
  /** The headers of its answer. */
  readonly head: AnswerHead;
  /** The body; empty when it broke off. */
  readonly body: Uint8Array;
} | {
  /** Why there is no answer. */
  readonly failure: string;
  /** Whether the connection may have been ended by the peer just when it was used again. */
  readonly mayTryAgain: boolean;
};

/** A request for HTTP/2. */
export interface OutgoingPost {
  /** Its headers, those first that begin with a colon. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Names of those that no table on the way may keep. */
  readonly sensitive?: ReadonlySet<string>;
  /** The bytes of its body in a row. */
  readonly chunks: readonly Uint8Array[];
  /** How many they are. */
  readonly length: number;
  /** Told once what became of it, unless it was cancelled. */
  answered(end: HttpCallEnd): void;
}

/** The beginning of an answer's body, which is all that anybody reads of it. */
export class HeldAnswer {
  private readonly block = new IncomingBlock(MAX_ANSWER_BYTES, NONE);
  private received = 0;

  /** Whether so much came that the rest must not be waited for. */
  public get isEndless(): boolean {
    return this.received > MOST_READ_BYTES;
  }

  /** What was kept. */
  public get bytes(): Uint8Array {
    return this.block.bytes.subarray(0, this.block.received);
  }

  /** Takes bytes, which may only be there during the call; false when none of them are kept. */
  public push(source: Uint8Array, start: number, end: number): boolean {
    this.received += end - start;
    const kept = Math.min(end - start, MAX_ANSWER_BYTES - this.block.received);
    if (kept > 0) this.block.push(source, start, start + kept, -1);
    return kept > 0;
  }
}
