/** One gRPC message as it comes in. */
import { IncomingBlock, type Promises } from '../incoming-block';
import {
  internal, PREFIX, TOO_FEW, TOO_MANY, tooLarge,
} from '../message-assembler';
import type { Status } from '../status';

/** Takes the bytes of one message. */
export class IncomingMessage {
  /** Whether the message is compressed: 1. 0 when not. */
  public flag = 0;
  /** Bytes of the message as its prefix says; -1 before all of the prefix is here. */
  public length = -1;
  private prefixFilled = 0;
  private lengthSoFar = 0;
  private readonly incoming: IncomingBlock;

  public constructor(private readonly maxBytes: number, promises: Promises) {
    this.incoming = new IncomingBlock(maxBytes, promises);
  }

  /** Where the message lies, from the beginning; longer than the message until `end`. */
  public get block(): Uint8Array {
    return this.incoming.bytes;
  }

  /** Takes bytes, which are only there during the call; why the stream cannot go on. */
  public push(source: Uint8Array, start: number, end: number): Status | undefined {
    let at = start;
    while (this.length < 0 && at < end) {
      const failure = this.takePrefix(source[at++]);
      if (failure !== undefined) return failure;
    }
    if (at === end) return undefined;
    if (this.incoming.received + end - at > this.length) return internal(TOO_MANY);
    this.incoming.push(source, at, end, this.length);
    return undefined;
  }

  /** Told that no more bytes come; why there is no message. */
  public end(): Status | undefined {
    this.incoming.settle();
    if (this.prefixFilled === 0) return internal(TOO_FEW);
    return this.incoming.received === this.length ? undefined : internal('unexpected EOF');
  }

  /** Forgets all of it. */
  public drop(): void {
    this.incoming.drop();
  }

  private takePrefix(byte: number): Status | undefined {
    if (this.prefixFilled++ === 0) {
      this.flag = byte;
      return undefined;
    }
    this.lengthSoFar = this.lengthSoFar * 0x100 + byte;
    if (this.prefixFilled < PREFIX) return undefined;
    this.length = this.lengthSoFar;
    if (this.length > this.maxBytes) return tooLarge(this.length, this.maxBytes);
    if (this.flag > 1) return internal(`grpc: received unexpected payload format ${this.flag}`);
    return undefined;
  }
}
