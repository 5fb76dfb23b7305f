/** Compresses what a client sends, in the way that its settings name. */
import { messageOf } from '../errors';
import { compressionLoading, deflate, type Compression } from './compression';
import { Code } from './status';
import type { Done } from './transport';

/** Compresses messages in one way. */
export class Compressor {
  private loading: Promise<void> | undefined;

  public constructor(
    /** The algorithm's name. */
    public readonly name: Compression,
    private readonly level = 0,
  ) {
    this.loading = compressionLoading([name]);
    this.loading?.then(() => { this.loading = undefined; }, () => undefined);
  }

  /** Whether `compress` must not be called yet. */
  public get isLoading(): boolean {
    return this.loading !== undefined;
  }

  /** Calls `then` when `compress` may be called, or tells `done` why it never may. */
  public load(then: () => void, done: Done): void {
    this.loading?.then(then, (error: unknown) => {
      const message = `cannot compress with ${this.name}: ${messageOf(error)}`;
      done({ code: Code.unavailable, message }, new Uint8Array(0));
    });
  }

  /** The chunks as one that is compressed. */
  public compress(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
    return [deflate(this.name, chunks, this.level)];
  }
}
