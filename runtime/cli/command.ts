/** One command of `otelgw`. */
export interface Command {
  /** The word after `otelgw`. */
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /**
   * Does it; `argv` are the words after its name.
   *
   * @returns The exit code: 0 done, 1 failed, 2 called with words that it does not know.
   */
  run(argv: readonly string[]): Promise<number>;
}

/** Thrown by a command that was called with words that it does not know; the exit code is 2. */
export class UsageError extends Error {
  public readonly name = 'UsageError';
}
