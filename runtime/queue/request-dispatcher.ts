import type { Dispatcher, DispatcherOptions, Entry } from './queue-parts';

/** Sends requests as they are, `num_consumers` at a time. */
export class RequestDispatcher implements Dispatcher {
  private busy = 0;

  public constructor(private readonly options: DispatcherOptions) {}

  /** Whether one more may be sent now. */
  public get hasRoom(): boolean {
    return this.busy < this.options.settings.numConsumers;
  }

  /** Whether none is being sent. */
  public get isIdle(): boolean {
    return this.busy === 0;
  }

  /** Sends one. */
  public dispatch(entry: Entry): void {
    this.busy += 1;
    void this.send(entry);
  }

  /** Nothing is gathered here. */
  public flush(): void {
    // What it takes is sent at once.
  }

  /** Nothing waits here. */
  public abandon(): [] {
    return [];
  }

  private async send(entry: Entry): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    try {
      await this.options.deliver(entry.payload);
    } catch (error) {
      failure = { error };
    }
    this.busy -= 1;
    try {
      entry.done(failure);
    } finally {
      this.options.onEnd();
    }
  }
}
