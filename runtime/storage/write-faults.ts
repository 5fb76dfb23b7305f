/** Says that files cannot be written: once for each reason, and again when they can be. */
import type { LogWords } from './log-settings';
import type { Logger } from '../telemetry/logger';

const OTHER = 'other';

/** What is said of the writers of one log, or of several that are one to whoever reads it. */
export class WriteFaults {
  private readonly failing = new Set<object>();
  private readonly told = new Set<string>();

  public constructor(private readonly words: LogWords, private readonly log: Logger) {}

  /** Whether the last write of a writer has failed. */
  public has(writer: object): boolean {
    return this.failing.has(writer);
  }

  /** A write of `writer` has failed by `error`, which `message` tells. */
  public failed(writer: object, error: unknown, message: string): void {
    const reason = (error as NodeJS.ErrnoException).code ?? OTHER;
    if (!this.told.has(reason)) this.log.error(this.words.failing, { error: message });
    this.told.add(reason);
    this.failing.add(writer);
  }

  /** A write of `writer` has not. */
  public worked(writer: object): void {
    if (!this.failing.delete(writer) || this.failing.size > 0) return;
    this.told.clear();
    this.log.info(this.words.again);
  }
}
