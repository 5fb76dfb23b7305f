/** One gRPC message as it comes in: copied once, to the place where it stays. */
import {
  internal, PREFIX, TOO_FEW, TOO_MANY, tooLarge,
} from '../message-assembler';
import type { Status } from '../status';

const NOTHING: Uint8Array = new Uint8Array(0);
const LEAST_BLOCK = 4096;

/**
 * Memory that may be set aside for bytes that prefixes promise and that are not here yet. As long
 * as there is some, a message has its whole block at once; after that, blocks grow as bytes come.
 */
export class Promises {
  public constructor(private left: number) {}

  /** Takes `bytes`; false when there are not so many. */
  public take(bytes: number): boolean {
    if (bytes > this.left) return false;
    this.left -= bytes;
    return true;
  }

  /** Gives back what was taken. */
  public give(bytes: number): void {
    this.left += bytes;
  }
}

/** Takes the bytes of one message. */
export class IncomingMessage {
  /** Whether the message is compressed: 1. 0 when not. */
  public flag = 0;
  /** Bytes of the message as its prefix says; -1 before all of the prefix is here. */
  public length = -1;
  /** Where the message lies, from the beginning; longer than the message until `end`. */
  public block = NOTHING;
  private prefixFilled = 0;
  private lengthSoFar = 0;
  private received = 0;
  private promised = 0;

  public constructor(
    private readonly maxBytes: number, private readonly promises: Promises,
  ) {}

  /** Takes bytes, which are only there during the call; why the stream cannot go on. */
  public push(source: Uint8Array, start: number, end: number): Status | undefined {
    let at = start;
    while (this.length < 0 && at < end) {
      const failure = this.takePrefix(source[at++]);
      if (failure !== undefined) return failure;
    }
    const length = end - at;
    if (length === 0) return undefined;
    const filled = this.received + length;
    if (filled > this.length) return internal(TOO_MANY);
    if (filled > this.block.length) this.makeRoom(filled);
    this.block.set(source.subarray(at, end), this.received);
    this.received = filled;
    return undefined;
  }

  /** Told that no more bytes come; why there is no message. */
  public end(): Status | undefined {
    this.giveBack();
    if (this.prefixFilled === 0) return internal(TOO_FEW);
    return this.received === this.length ? undefined : internal('unexpected EOF');
  }

  /** Forgets all of it. */
  public drop(): void {
    this.giveBack();
    this.block = NOTHING;
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

  private makeRoom(filled: number): void {
    const missing = this.length - filled;
    let size = this.length;
    if (missing > LEAST_BLOCK && this.received === 0 && this.promises.take(missing)) {
      this.promised = missing;
    } else if (missing > LEAST_BLOCK) {
      size = Math.min(size, 2 * filled);
    }
    const block = size <= LEAST_BLOCK ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size);
    if (this.received > 0) block.set(this.block.subarray(0, this.received));
    this.block = block;
  }

  private giveBack(): void {
    if (this.promised > 0) this.promises.give(this.promised);
    this.promised = 0;
  }
}
