/** How messages reach other pods. The pool has no sockets of its own. */
import type { PeerAnswer, PeerRequest } from './messages';

/** Why a call failed. */
export class PeerUnreachable extends Error {
  public readonly name = 'PeerUnreachable';

  public constructor(
    message: string,
    /**
     * Whether nobody listens there (connection refused, no such host), so that surely nobody took
     * the message. False when it may have been taken: time-out, reset, broken answer.
     */
    public readonly isRefused: boolean,
  ) {
    super(message);
  }
}

/** Carries messages. */
export interface PeerTransport {
  /**
   * Gives `request` to the pod at `address` (as rings spell it; which port peers speak on is the
   * transport's business) and resolves with its answer. Tries once, for a bounded time of about two
   * seconds; the pool repeats until it is answered or the pod is gone. Only `then` is used of what
   * is returned, once.
   *
   * @returns rejects with PeerUnreachable, or with MalformedError when the answer is none.
   */
  send(address: string, request: PeerRequest): PromiseLike<PeerAnswer>;
  /** The pod at `address` is gone: what is open to it may be closed. */
  forget(address: string): void;
}
