/** Requests that wait until there is room for their traces; their senders wait with them. */
import type { SharedGauge } from './tail-sampling-metrics';
import { Fifo } from '../../pipeline/fifo';
import type { Payload } from '../../pipeline/payload';

interface WaitingRequest {
  readonly payload: Payload;
  resolve(written: void | Promise<void>): void;
  reject(error: unknown): void;
}

/** Requests, in the order in which they came. */
export class WaitingRequests {
  private readonly requests = new Fifo<WaitingRequest>();

  /** `take` takes a request whose turn has come, or throws. */
  public constructor(
    private readonly gauge: SharedGauge,
    private readonly take: (payload: Payload) => void | Promise<void>,
  ) {}

  /** How many wait. */
  public get count(): number {
    return this.requests.length;
  }

  /** Waits; the promise settles as taking the request then ends. */
  public add(payload: Payload): Promise<void> {
    return new Promise((resolve, reject) => {
      this.requests.push({ payload, resolve, reject });
      this.gauge.set(this.count);
    });
  }

  /** Takes the request that has waited longest. */
  public letIn(): void {
    const request = this.requests.shift();
    this.gauge.set(this.count);
    if (request === undefined) return;
    try {
      request.resolve(this.take(request.payload));
    } catch (error) {
      request.reject(error);
    }
  }
}
