/** One HTTP request and its answer, whatever carries them. */
import type { IncomingHttpHeaders } from 'http';
import type { RawHeaders } from './request-metadata';
import type { HttpCall, ToldHttpCall } from '../telemetry/calls';

/** Why there is no body: it is too large, or the peer went away in the middle. */
export type NoBody = 'too large' | 'aborted';

/** Told of a body, or why there is none. */
export type TakeBody = (body: Uint8Array | NoBody) => void;

/** What is counted of a request. */
export class Tally {
  /** Status of the answer. */
  public status = 200;
  /** Bytes of the body, as sent. */
  public requestBytes = 0;
  /** Bytes of the answer's body. */
  public responseBytes = 0;
  /** Who is told when it ends, if anybody. */
  public told?: ToldHttpCall;

  /** Told once that the answer is sent, or its client gone. */
  public end(): void {
    this.told?.end(this.status, this.requestBytes, this.responseBytes);
    this.told = undefined;
  }
}

/** A request that waits for its answer. */
export interface HttpExchange {
  /** Its method. */
  readonly method: string;
  /** What is asked for: path and query. */
  readonly target: string;
  /** Its headers, by names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** The headers as they came, where somebody wants them. */
  readonly rawHeaders: RawHeaders;
  /** Address of the client. */
  readonly peer: string;
  /** Port of the client. */
  readonly peerPort: number;
  /** What is counted. */
  readonly tally: Tally;
  /** What is said of the request to those who count, but for its route. */
  readonly facts: HttpCall;
  /**
   * Collects the body within the limit of the server, and tells `done` once. What comes after the
   * limit is discarded.
   */
  collect(done: TakeBody): void;
  /** Says a header of the answer, in place of what was said of it before. */
  setHeader(name: string, value: string): void;
  /** Says one more value of a header. */
  appendHeader(name: string, value: string): void;
  /** Answers, unless that was done before or the client is gone. */
  answer(
    status: number, headers: Readonly<Record<string, string>>, body: string | Uint8Array): void;
  /** What is still to come of the request is not wanted. */
  discard(): void;
}
