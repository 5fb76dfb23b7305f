/** The body of a request as it comes in: copied once, to the place where it stays. */
import type { Promises } from './http2/incoming-message';

const NOTHING: Uint8Array = new Uint8Array(0);
const LEAST_BLOCK = 4096;

/**
 * Takes the bytes of one body. What its sender says of its length costs no memory beyond what
 * `promises` has left: without, the block grows by doubling as bytes come.
 */
export class IncomingBody {
  private block = NOTHING;
  private length = -1;
  private received = 0;
  private promised = 0;

  public constructor(
    /** Most bytes that there may be. */
    private readonly maxBytes: number,
    private readonly promises: Promises,
  ) {}

  /** Told how many bytes the sender says that there are; -1 when it does not. */
  public expect(length: number): void {
    this.length = length;
  }

  /** Takes bytes, which are only there during the call; false when there are too many. */
  public push(source: Uint8Array, start: number, end: number): boolean {
    const filled = this.received + end - start;
    if (filled > this.maxBytes) return false;
    if (filled > this.block.length) this.makeRoom(filled);
    this.block.set(
      start === 0 && end === source.length ? source : source.subarray(start, end), this.received);
    this.received = filled;
    return true;
  }

  /** The whole body; nothing more comes. */
  public end(): Uint8Array {
    this.giveBack();
    return this.received === this.block.length
      ? this.block : this.block.subarray(0, this.received);
  }

  /** Forgets all of it. */
  public drop(): void {
    this.giveBack();
    this.block = NOTHING;
    this.received = 0;
  }

  private makeRoom(filled: number): void {
    const missing = this.length - filled;
    let size = Math.max(filled, this.length);
    if (missing > LEAST_BLOCK && this.received === 0 && this.promises.take(missing)) {
      this.promised = missing;
    } else if (missing !== 0) {
      size = Math.min(this.maxBytes, Math.max(LEAST_BLOCK, 2 * filled));
      if (missing > 0) size = Math.min(size, this.length);
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
