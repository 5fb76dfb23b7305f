/**
 * What peers may send before they are credited more, tied to the memory that it takes.
 *
 * Bytes of messages that are not complete are *held*. A connection's window shrinks by what it
 * holds, so that a peer that leaves many messages unfinished comes to a stand; one that must go on
 * to finish any of them gets some more, as long as there is memory. Where there is none, the stream
 * that began last is given up. So no window and no number of connections makes a server hold more
 * than its budget.
 */
import { ConnectionError, DEFAULT_WINDOW, ErrorCode } from './frames';
import type { Http2Stream } from './stream';

/** What is left to a connection that would otherwise come to a stand. */
const STEP = 256 * 1024;

/** Memory for messages that are on their way in, of all connections of a server or client. */
export class ReceiveBudget {
  /** Bytes that are held now. */
  public held = 0;

  public constructor(
    /** Most bytes that all connections may hold. */
    public readonly maxBytes: number,
    /** Most bytes that one may. */
    public readonly maxConnectionBytes: number,
  ) {}
}

/** The receiving side of one connection. */
export class ReceiveWindow {
  /** What the peer may send now. */
  private window = DEFAULT_WINDOW;
  /** Bytes of the peer that are held. */
  private held = 0;

  public constructor(
    private readonly budget: ReceiveBudget,
    /** What a peer may send when nothing is held. */
    private readonly windowBytes: number,
    /** Writes a credit of so many bytes. */
    private readonly credit: (bytes: number) => void,
  ) {}

  /** Whether more is held than may be. */
  public get isOver(): boolean {
    return this.held > this.budget.maxConnectionBytes || this.budget.held > this.budget.maxBytes;
  }

  /**
   * Counts a DATA frame.
   *
   * @throws ConnectionError when the peer was not allowed to send so much.
   */
  public take(length: number): void {
    this.window -= length;
    if (this.window < 0) {
      throw new ConnectionError(ErrorCode.flowControlError,
        `DATA: must fit the window of the connection, got ${-this.window} bytes more`);
    }
  }

  /** Counts bytes that `stream` keeps. */
  public hold(stream: Http2Stream, length: number): void {
    stream.held += length;
    this.held += length;
    this.budget.held += length;
  }

  /** Counts that `stream` keeps nothing any more: it was handed over or forgotten. */
  public release(stream: Http2Stream): void {
    const { held } = stream;
    stream.held = 0;
    this.held -= held;
    this.budget.held -= held;
  }

  /** Credits what can be credited; false when the peer can send nothing and holds the most. */
  public replenish(): boolean {
    const { budget, windowBytes } = this;
    let allowance = windowBytes - this.held;
    const canGrow = this.held + STEP <= budget.maxConnectionBytes
      && budget.held + STEP <= budget.maxBytes;
    if (allowance < STEP && canGrow) allowance = STEP;
    const missing = allowance - this.window;
    const isWorthIt = missing >= windowBytes >> 2 || missing > 0 && this.window < STEP >> 1;
    if (isWorthIt) {
      this.window += missing;
      this.credit(missing);
    }
    return this.window >= STEP >> 1 || canGrow;
  }
}
