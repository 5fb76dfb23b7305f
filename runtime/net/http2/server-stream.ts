/** What the streams of a server have in common, whatever its requests mean. */
import { firstBlock } from './answer-blocks';
import type { Http2Connection } from './connection';
import type { RequestHead } from './request-head';
import { Http2Stream, type FieldList } from './stream';

/** What the streams of one connection share. */
export interface StreamHost {
  /** The connection. */
  readonly connection: Http2Connection;
  /** Whether no headers were sent on the connection yet. */
  isFirstAnswer: boolean;
  /** Messages that were handed over and are not answered, those of streams that ended too. */
  underWay: number;
  /** Told that something was sent that a client waits for. */
  spoke(): void;
  /** Milliseconds for which what is read at `now` may have waited, for nobody read; else 0. */
  stoodStill(now: number): number;
  /** Ends the connection after its requests; those have `graceMs`, 0 is without limit. */
  retire(graceMs: number): void;
}

/** A stream that a client has begun. */
export abstract class ServerStream extends Http2Stream {
  /** When `expire` is to be called, by the monotonic clock; Infinity for never. */
  public deadline = Infinity;

  public constructor(
    id: number,
    /** The look after which it began. */
    public readonly began: number,
  ) {
    super(id);
  }

  /** Whether the request is not yet complete. */
  public get isIncomplete(): boolean {
    return !this.isPeerDone;
  }

  /** Goes on after the headers, which are looked at during this call only. */
  public abstract begin(
    head: RequestHead, fields: FieldList, isWhole: boolean, now: number): void;
  /** Told that the deadline has passed; it may set another. */
  public abstract expire(): void;
}

/** `block` as it must be sent next on the connection of `host`. */
export function blockFor(host: StreamHost, block: Uint8Array): Uint8Array {
  if (!host.isFirstAnswer) return block;
  host.isFirstAnswer = false;
  return firstBlock(block);
}
