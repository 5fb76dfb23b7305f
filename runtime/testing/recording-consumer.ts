import type { Consumer } from '../component';
import type { Payload } from '../pipeline/payload';

/** A consumer that keeps what it is given, or refuses it when a test says so. */
export class RecordingConsumer implements Consumer {
  /** What was taken, in order. */
  public readonly payloads: Payload[] = [];
  /** How often it was called, refusals among them. */
  public calls = 0;
  private refusal?: () => Error;
  private refusals = 0;
  private gate?: Promise<void>;

  public async consume(payload: Payload): Promise<void> {
    this.calls++;
    await this.gate;
    if (this.refusal !== undefined && this.refusals > 0) {
      this.refusals--;
      throw this.refusal();
    }
    this.payloads.push(payload);
  }

  /** Number of spans, points or records that were taken. */
  public get items(): number {
    return this.payloads.reduce((sum, payload) => sum + payload.items, 0);
  }

  /** All bytes that were taken, as one request. */
  public get bytes(): Buffer {
    return Buffer.concat(this.payloads.flatMap((payload) => payload.chunks));
  }

  /** Refuses the next `times` payloads with what `make` makes. */
  public refuse(make: () => Error, times = Infinity): void {
    this.refusal = make;
    this.refusals = times;
  }

  /** Takes everything again. */
  public accept(): void {
    this.refusals = 0;
  }

  /** Answers nobody until the function that it returns is called. */
  public hold(): () => void {
    let release = (): void => undefined;
    this.gate = new Promise((resolve) => { release = resolve; });
    return () => {
      this.gate = undefined;
      release();
    };
  }
}
