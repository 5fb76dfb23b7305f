/**
 * The one table of outcomes: what an error means as a gRPC code and as an HTTP status, and back.
 */
import { formatGoDuration } from '../config';
import { PermanentError, RetryableError, messageOf } from '../errors';

/** How a request ended, as `google.rpc.Status` says it. */
export interface Status {
  /** gRPC code; 0 is success. */
  readonly code: number;
  /** The sentence for humans. */
  readonly message: string;
  /** Shortest time to wait before the next try, in milliseconds: `google.rpc.RetryInfo`. */
  readonly retryDelayMs?: number;
}

interface CodeRow {
  /** Name as the Go implementation prints it. */
  readonly name: string;
  /** HTTP status that a receiver answers with. */
  readonly http: number;
  /** Whether an exporter tries again. */
  readonly retry: 'always' | 'when told how long' | 'never';
}

const CODES: readonly CodeRow[] = [
  { name: 'OK', http: 200, retry: 'never' },
  { name: 'Canceled', http: 503, retry: 'always' },
  { name: 'Unknown', http: 500, retry: 'never' },
  { name: 'InvalidArgument', http: 400, retry: 'never' },
  { name: 'DeadlineExceeded', http: 503, retry: 'always' },
  { name: 'NotFound', http: 500, retry: 'never' },
  { name: 'AlreadyExists', http: 500, retry: 'never' },
  { name: 'PermissionDenied', http: 403, retry: 'never' },
  { name: 'ResourceExhausted', http: 429, retry: 'when told how long' },
  { name: 'FailedPrecondition', http: 500, retry: 'never' },
  { name: 'Aborted', http: 503, retry: 'always' },
  { name: 'OutOfRange', http: 503, retry: 'always' },
  { name: 'Unimplemented', http: 404, retry: 'never' },
  { name: 'Internal', http: 500, retry: 'never' },
  { name: 'Unavailable', http: 503, retry: 'always' },
  { name: 'DataLoss', http: 503, retry: 'always' },
  { name: 'Unauthenticated', http: 401, retry: 'never' },
];

const CODE_OF_HTTP: ReadonlyMap<number, number> = new Map([
  [400, 3], [401, 16], [403, 7], [404, 12], [429, 8], [502, 14], [503, 14], [504, 14],
]);

/** gRPC codes by name, those that this runtime speaks of. */
export const Code = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Success. */
export const OK: Status = { code: Code.ok, message: '' };

/** The name of a gRPC code as the Go implementation prints it. */
export function codeName(code: number): string {
  return CODES[code]?.name ?? `Code(${code})`;
}

/** The HTTP status that stands for a gRPC code. */
export function httpStatusOf(code: number): number {
  return CODES[code]?.http ?? 500;
}

/** The gRPC code that stands for an HTTP status. */
export function codeOfHttp(httpStatus: number): number {
  return CODE_OF_HTTP.get(httpStatus) ?? Code.unknown;
}

/** Whether an exporter that was answered so tries again. */
export function isRetryable({ code, retryDelayMs }: Status): boolean {
  const rule = CODES[code]?.retry ?? 'never';
  return rule === 'always' || (rule === 'when told how long' && retryDelayMs !== undefined);
}

/**
 * What a sender is told about an error of the pipeline: its own code if it has one, else INTERNAL
 * when the same data will never be taken and UNAVAILABLE when it may be.
 */
export function statusOf(error: unknown): Status {
  if (error instanceof PermanentError) {
    if (error.code !== undefined) return { code: error.code, message: error.message };
    return { code: Code.internal, message: `Permanent error: ${error.message}` };
  }
  const message = messageOf(error);
  if (!(error instanceof RetryableError)) return { code: Code.unavailable, message };
  const { code = Code.unavailable, delayMs, told = message } = error;
  return { code, message: told, retryDelayMs: delayMs };
}

/** What a pipeline is told about a peer's answer, which is not OK, in the words of upstream. */
export function errorOf(
  status: Status, text: string, retryable = isRetryable(status),
): RetryableError | PermanentError {
  const { code, message, retryDelayMs: delayMs } = status;
  if (!retryable) return new PermanentError(`Permanent error: ${text}`, { code });
  if (!isThrottled(status)) return new RetryableError(text, { code, delayMs, told: message });
  return new RetryableError(`Throttle (${formatGoDuration(delayMs!)}), error: ${text}`, {
    code, delayMs,
  });
}

/** Whether a peer asks to be left alone for a time. */
export function isThrottled({ retryDelayMs }: Status): boolean {
  return retryDelayMs !== undefined && retryDelayMs > 0;
}

/** A status in the words in which Go's gRPC prints it. */
export function statusText({ code, message }: Status): string {
  return `rpc error: code = ${codeName(code)} desc = ${message}`;
}

/** Value of `Retry-After` for a status, which only these two HTTP statuses carry. */
export function retryAfter(status: Status): string | undefined {
  const http = httpStatusOf(status.code);
  if (status.retryDelayMs === undefined || (http !== 429 && http !== 503)) return undefined;
  return String(Math.trunc(status.retryDelayMs / 1000));
}

/** Milliseconds that the value of a `Retry-After` header asks for: whole seconds or a date. */
export function delayOfRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
