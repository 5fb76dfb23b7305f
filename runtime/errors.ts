/**
 * The two kinds of failure that may cross a consumer, and what each of them asks of the caller.
 *
 * Everything else that is thrown is a bug: it is logged with its stack and ends the process.
 */

/** What an error may say beside its sentence. */
export interface FailureOptions {
  /** What led to this error. */
  readonly cause?: unknown;
  /** gRPC status code (0 to 16) that a peer or component gave; kept when a receiver answers. */
  readonly code?: number;
}

/** What a retryable error may say beside its sentence. */
export interface RetryableOptions extends FailureOptions {
  /** Shortest time to wait before the next try, in milliseconds, when the peer asked for one. */
  readonly delayMs?: number;
  /** What the sender is told in place of the sentence: a peer's own words, without its code. */
  readonly told?: string;
}

/** The same data may be taken later: a full queue, a peer that is away, memory that is short. */
export class RetryableError extends Error {
  public readonly name: string = 'RetryableError';
  /** gRPC status code that the peer or component gave, if any. */
  public readonly code?: number;
  /** Shortest time to wait before the next try, in milliseconds, when the peer asked for one. */
  public readonly delayMs?: number;
  /** What the sender is told in place of the sentence, if not that. */
  public readonly told?: string;

  public constructor(message: string, options: RetryableOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.delayMs = options.delayMs;
    this.told = options.told;
  }
}

/** The same data will never be taken: it is counted, logged and dropped. */
export class PermanentError extends Error {
  public readonly name: string = 'PermanentError';
  /** gRPC status code that the peer or component gave, if any. */
  public readonly code?: number;

  public constructor(message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
  }
}

/** Bytes that are not what they claim to be: a protobuf, JSON or compressed body that is broken. */
export class MalformedError extends PermanentError {
  public readonly name: string = 'MalformedError';

  public constructor(where: string, rule: string, got: string | number) {
    super(`${where}: ${rule}, got ${got}`, { code: 3 });
  }
}

/** The sentence of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
