import { RetryableError } from '../errors';
import { createPayload, type Payload } from '../pipeline/payload';
import type { Sender } from '../pipeline/sender';

/** What a scripted sender does with one payload: takes it, fails, or waits for the test. */
export type Answer = 'take' | 'hang' | ((payload: Payload) => Error);

/** A sender that answers by a script, and takes everything when the script is over. */
export class ScriptedSender implements Sender {
  /** What was sent, attempts that failed among them. */
  public readonly attempts: Payload[] = [];
  /** What was taken. */
  public readonly taken: Payload[] = [];
  /** The time-outs that attempts were given. */
  public readonly timeouts: number[] = [];
  /** Whether it was closed. */
  public closed = false;
  private readonly hanging: { resolve(): void; reject(error: Error): void }[] = [];

  public constructor(
    /** What the next attempts are answered with; a test may add to it. */
    public readonly script: Answer[] = [],
    /** The answer to every attempt after the script. */
    public fallback: Answer = 'take',
  ) {}

  public async send(payload: Payload, timeoutMs: number): Promise<void> {
    this.attempts.push(payload);
    this.timeouts.push(timeoutMs);
    if (this.closed) throw new RetryableError('sender is closed');
    const answer = this.script.shift() ?? this.fallback;
    if (answer === 'hang') {
      await new Promise<void>((resolve, reject) => {
        this.hanging.push({ resolve, reject });
      });
    } else if (answer !== 'take') {
      throw answer(payload);
    }
    this.taken.push(payload);
  }

  public close(): Promise<void> {
    this.closed = true;
    for (const { reject } of this.hanging.splice(0)) reject(new RetryableError('sender is closed'));
    return Promise.resolve();
  }

  /** Lets all attempts that hang succeed. */
  public release(): void {
    for (const { resolve } of this.hanging.splice(0)) resolve();
  }

  /** Number of attempts that hang. */
  public get waiting(): number {
    return this.hanging.length;
  }
}

/** `sender` with copies of what is lent for the time of a call, as scripts remember for longer. */
export function withCopies(sender: Sender): Sender {
  return {
    send: ({ chunks, items, signal }, timeoutMs) => sender.send(
      createPayload(signal, chunks.map((chunk) => Uint8Array.from(chunk)), items), timeoutMs),
    close: () => sender.close(),
  };
}
