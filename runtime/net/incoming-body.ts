/** The body of a request as it comes in. */
import { IncomingBlock, type Promises } from './incoming-block';

/**
 * Takes the bytes of one body. What its sender says of its length costs no memory beyond what
 * `promises` has left.
 */
export class IncomingBody {
  private readonly block: IncomingBlock;
  private length = -1;

  public constructor(
    /** Most bytes that there may be. */
    private readonly maxBytes: number,
    promises: Promises,
  ) {
    this.block = new IncomingBlock(maxBytes, promises);
  }

  /** Told how many bytes the sender says that there are; -1 when it does not. */
  public expect(length: number): void {
    this.length = length;
  }

  /** Takes bytes, which are only there during the call; false when there are too many. */
  public push(source: Uint8Array, start: number, end: number): boolean {
    if (this.block.received + end - start > this.maxBytes) return false;
    this.block.push(source, start, end, this.length);
    return true;
  }

  /** The whole body; nothing more comes. */
  public end(): Uint8Array {
    const { bytes, received } = this.block;
    this.block.settle();
    return received === bytes.length ? bytes : bytes.subarray(0, received);
  }

  /** Forgets all of it. */
  public drop(): void {
    this.block.drop();
  }
}
