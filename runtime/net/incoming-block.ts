/** Bytes of one peer as they come in: copied once, to the place where they stay. */
import { messageBlocks } from '../wire/block-pool';
import { countMessageBytes } from '../wire/message-garbage';

/** A block that is empty. */
const NOTHING: Uint8Array = new Uint8Array(0);
const LEAST_BLOCK = 4096;

/**
 * Memory that may be set aside for bytes that peers promise and that are not here yet. As long as
 * there is some, a message has its whole block at once; after that, blocks grow as bytes come.
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

/** A block that grows up to what a peer says, or to the most that there may be. */
export class IncomingBlock {
  /** Where the bytes lie, from the beginning; it may be longer than they are. */
  public bytes = NOTHING;
  /** Number of bytes that are here. */
  public received = 0;
  private promised = 0;

  public constructor(private readonly maxBytes: number, private readonly promises: Promises) {}

  /** Takes bytes, which are only there during the call; `expected` in all, -1 when unknown. */
  public push(source: Uint8Array, start: number, end: number, expected: number): void {
    const filled = this.received + end - start;
    if (filled > this.bytes.length) this.makeRoom(filled, expected);
    this.bytes.set(
      start === 0 && end === source.length ? source : source.subarray(start, end), this.received);
    this.received = filled;
  }

  /** Forgets all of it. */
  public drop(): void {
    this.settle();
    this.bytes = NOTHING;
    this.received = 0;
  }

  /** Told that nothing more comes: what was set aside is used, or free again. */
  public settle(): void {
    if (this.promised > 0) this.promises.give(this.promised);
    this.promised = 0;
  }

  private makeRoom(filled: number, expected: number): void {
    const size = this.sizeFor(filled, expected);
    const block = size <= LEAST_BLOCK ? smallBlock(size) : messageBlocks.take(size);
    if (this.received > 0) {
      block.set(this.bytes.subarray(0, this.received));
      messageBlocks.give(this.bytes);
    }
    this.bytes = block;
  }

  private sizeFor(filled: number, expected: number): number {
    const missing = expected - filled;
    if (missing < 0) {
      return Math.max(filled, Math.min(this.maxBytes, Math.max(LEAST_BLOCK, 2 * filled)));
    }
    if (missing <= LEAST_BLOCK) return expected;
    if (this.received > 0 || !this.promises.take(missing)) return Math.min(expected, 2 * filled);
    this.promised = missing;
    return expected;
  }
}

function smallBlock(size: number): Uint8Array {
  countMessageBytes(size);
  return Buffer.allocUnsafe(size);
}
