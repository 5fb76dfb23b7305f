/** Puts one gRPC message together: five bytes of prefix, then its bytes. */
import { Code, type Status } from './status';

/** Bytes in front of a message: whether it is compressed, and its length. */
export const PREFIX = 5;

/** What is said of a call without a message. */
export const TOO_FEW = 'cardinality violation: received no request message '
  + 'from non-client-streaming RPC';
/** What is said of a call with more than one. */
export const TOO_MANY = 'cardinality violation: received multiple request messages '
  + 'for non-client-streaming RPC';

/**
 * Collects the chunks of one message. A message that arrives in one chunk is not copied; another is
 * copied once, and only when all of it is here, so that a prefix alone costs no memory.
 */
export class MessageAssembler {
  /** Whether the prefix says that the message is compressed: 1. 0 when not, else malformed. */
  public flag = 0;
  /** Bytes of the message as the prefix says; -1 before the prefix is complete. */
  public length = -1;
  private received = 0;
  private readonly chunks: Uint8Array[] = [];

  public constructor(private readonly maxBytes: number) {}

  /** Takes bytes from the stream; what it returns is why the stream cannot go on. */
  public push(chunk: Uint8Array): Status | undefined {
    this.chunks.push(chunk);
    this.received += chunk.length;
    if (this.length < 0) {
      if (this.received < PREFIX) return undefined;
      this.readPrefix();
      if (this.length > this.maxBytes) return tooLarge(this.length, this.maxBytes);
      if (this.flag > 1) {
        return internal(`grpc: received unexpected payload format ${this.flag}`);
      }
    }
    return this.received > PREFIX + this.length ? internal(TOO_MANY) : undefined;
  }

  /** Told that the stream ended; what it returns is why there is no message. */
  public end(): Status | undefined {
    if (this.received === 0) return internal(TOO_FEW);
    return this.received === PREFIX + this.length ? undefined : internal('unexpected EOF');
  }

  /** Prefix and message in a row. */
  public framed(): Uint8Array {
    return this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks, this.received);
  }

  /** Only the message. */
  public message(): Uint8Array {
    return this.framed().subarray(PREFIX);
  }

  private readPrefix(): void {
    const first = this.chunks[0].length >= PREFIX ? this.chunks[0] : Buffer.concat(this.chunks);
    this.flag = first[0];
    this.length = first[1] * 0x1000000 + (first[2] << 16 | first[3] << 8 | first[4]);
  }
}

/** The prefix of a message of `length` bytes. */
export function messagePrefix(length: number, isCompressed: boolean): Uint8Array {
  const prefix = Buffer.allocUnsafe(PREFIX);
  prefix[0] = isCompressed ? 1 : 0;
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

/** A status that says that a peer broke the rules of gRPC. */
export function internal(message: string): Status {
  return { code: Code.internal, message };
}

/** What is said of a message that is larger than the limit. */
export function tooLarge(length: number, maxBytes: number): Status {
  const message = `grpc: received message larger than max (${length} vs. ${maxBytes})`;
  return { code: Code.resourceExhausted, message };
}
