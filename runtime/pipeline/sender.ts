import { RetryableError, RetryableOptions } from '../errors';
import type { Payload } from './payload';
import type { SpanPlace } from '../telemetry/spans';

/** Gives payloads to one peer, one attempt per call: no queue, no retry. */
export interface Sender {
  /**
   * Begins to connect; called once, before the first attempt.
   *
   * @throws Error when it can never work, for example without a certificate that it names.
   */
  open?(): void;
  /**
   * Sends `payload` and resolves when the peer has taken all of it. Its bytes are lent: once the
   * promise is fulfilled they may be overwritten. Spans that are made of it stand below `parent`.
   *
   * @throws RetryableError when the same bytes may be taken later; PartialFailure when only some.
   * @throws PermanentError when they never will be.
   */
  send(payload: Payload, timeoutMs: number, parent?: SpanPlace): Promise<void>;
  /** Ends what is open. Attempts under way end with a RetryableError. Twice is harmless. */
  close(): Promise<void>;
}

/** Some of a payload was taken and must not be sent again; `rest` is what may be tried later. */
export class PartialFailure extends RetryableError {
  public readonly name: string = 'PartialFailure';
  /** What was not taken. */
  public readonly rest: Payload;
  /** Items of the payload that were refused for good; they are not in `rest`. */
  public readonly lostItems: number;

  public constructor(
    message: string, rest: Payload, lostItems: number, options: RetryableOptions = {},
  ) {
    super(message, options);
    this.rest = rest;
    this.lostItems = lostItems;
  }
}
