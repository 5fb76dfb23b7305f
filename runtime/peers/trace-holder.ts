/** What the pool needs of the processor that holds traces. */

/** Neither held nor decided. */
export const UNKNOWN = 0;
/** Waits here for its decision. */
export const HELD = 1;
/** Was decided: kept. */
export const DECIDED_KEPT = 2;
/** Was decided: not kept. */
export const DECIDED_DROPPED = 3;

/**
 * Holds traces and decides about them. An id is four words, which hold its 16 bytes, the first of
 * each four lowest (as in `otlp/id-table.ts`).
 *
 * For every trace of what it takes (its own `consume`, and `take`), the holder does this, in order:
 * a verdict is followed; a held trace is appended to; else `TracePeers.locate` says where the spans
 * belong: they are held here, or given as the bytes of a request to `TracePeers.queue` (one trace)
 * or `TracePeers.forward` (any number of them, for one pod). What it decides it tells `decided`. A
 * sender's spans are refused while `TracePeers.isFull`.
 */
export interface TraceHolder {
  /** UNKNOWN, HELD, DECIDED_KEPT or DECIDED_DROPPED. */
  stateOf(w0: number, w1: number, w2: number, w3: number): number;
  /** Whether `bytes` more bytes of spans could be taken now. */
  hasRoom(bytes: number): boolean;
  /**
   * Places the spans of a request, whose bytes now belong to the holder. `hops` and `isForwarded`
   * are for `locate`. A promise is fulfilled when they may be acknowledged.
   */
  take(request: Uint8Array, hops: number, isForwarded: boolean): void | Promise<void>;
  /** A pod has taken over a request that was given to `TracePeers.forward` or `queue`. */
  taken?(request: Uint8Array): void;
  /**
   * Every pod knows that this one is there, which takes spans when the promise is fulfilled. What
   * the holder places until then goes where it belongs.
   */
  joined?(): Promise<void>;
  /**
   * Holds a trace that `stateOf` says is UNKNOWN, without asking `locate`. Each chunk is a request
   * with spans of this trace only. It is decided as if its first span had come at `since` by the
   * clock's `monotonic`.
   */
  hold(
    w0: number, w1: number, w2: number, w3: number, chunks: readonly Uint8Array[], since: number,
  ): void;
  /**
   * Another pod has decided: remembers the verdict, and lets a held trace follow it. When a verdict
   * is known already, that one stays.
   */
  learn(w0: number, w1: number, w2: number, w3: number, isKept: boolean): void;
  /** Spans of a trace whose verdict is known follow it. Each chunk is as in `hold`. */
  follow(
    w0: number, w1: number, w2: number, w3: number, chunks: readonly Uint8Array[], isKept: boolean,
  ): void;
  /** Whether no trace waits for its decision. */
  readonly isIdle: boolean;
}
