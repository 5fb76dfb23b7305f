/**
 * A bounded queue in memory between `consume` and the sender.
 *
 * A payload takes room until the sender is done with it, not only until it leaves the line, so
 * `queue_size` bounds all that an exporter holds. Upstream counts the same way.
 */
import type { SendingQueueSettings } from '../config';
import { PermanentError, RetryableError } from '../errors';
import type { Payload } from '../pipeline/payload';

interface Entry {
  readonly payload: Payload;
  readonly size: number;
  readonly done?: { resolve(): void; reject(error: unknown): void };
}

interface Waiter {
  readonly size: number;
  enter(): void;
  refuse(error: RetryableError): void;
}

/** What takes payloads out of the queue; it is called `num_consumers` at a time. */
export type Deliver = (payload: Payload) => Promise<void>;

/** The queue of one exporter and signal. */
export class SendingQueue {
  private readonly line: Entry[] = [];
  private readonly waiters: Waiter[] = [];
  private used = 0;
  private promised = 0;
  private busy = 0;
  private closed = false;
  private readonly idleListeners: (() => void)[] = [];

  public constructor(
    private readonly settings: SendingQueueSettings,
    private readonly deliver: Deliver,
  ) {}

  /** Room that is taken, in units of the sizer. */
  public get size(): number {
    return this.used;
  }

  /** Items that were taken without anybody waiting for the result, and are not delivered yet. */
  public get pendingItems(): number {
    return this.promised;
  }

  /**
   * Takes `payload`, or waits for room when the settings say so. With `waitForResult` the promise
   * follows the delivery.
   *
   * @throws RetryableError when there is no room, or when the queue is closed.
   * @throws PermanentError when the payload is larger than the whole queue.
   */
  public offer(payload: Payload): void | Promise<void> {
    if (this.closed) throw stopped();
    const size = sizeOf(payload, this.settings.sizer);
    if (size > this.settings.queueSize) {
      throw new PermanentError('element size too large');
    }
    if (this.fits(size) && this.waiters.length === 0) return this.enter(payload, size);
    if (!this.settings.blockOnOverflow) {
      throw new RetryableError('sending queue is full');
    }
    return new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        Promise.resolve(this.enter(payload, size)).then(resolve, reject);
      };
      this.waiters.push({ size, enter, refuse: reject });
    });
  }

  /** Takes nothing more; what is in it goes on being delivered. */
  public close(): void {
    this.closed = true;
    for (const waiter of this.waiters.splice(0)) waiter.refuse(stopped());
  }

  /** Resolves when nothing is in it and nothing is being delivered. */
  public idle(): Promise<void> {
    if (this.busy === 0 && this.line.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleListeners.push(resolve));
  }

  /** Takes out what nobody has begun to deliver. Whoever waits for a result is told: refused. */
  public abandon(): Payload[] {
    const entries = this.line.splice(0);
    for (const { payload, size, done } of entries) {
      this.used -= size;
      if (done === undefined) this.promised -= payload.items;
      done?.reject(stopped());
    }
    if (this.busy === 0) this.tellIdle();
    return entries.filter(({ done }) => done === undefined).map(({ payload }) => payload);
  }

  private fits(size: number): boolean {
    return this.used + size <= this.settings.queueSize;
  }

  private enter(payload: Payload, size: number): void | Promise<void> {
    this.used += size;
    if (!this.settings.waitForResult) {
      this.promised += payload.items;
      this.push({ payload, size });
      return undefined;
    }
    return new Promise<void>((resolve, reject) => {
      this.push({ payload, size, done: { resolve, reject } });
    });
  }

  private push(entry: Entry): void {
    this.line.push(entry);
    this.work();
  }

  private work(): void {
    while (this.busy < this.settings.numConsumers) {
      const entry = this.line.shift();
      if (entry === undefined) return;
      this.busy++;
      void this.process(entry);
    }
  }

  private async process(entry: Entry): Promise<void> {
    try {
      await this.deliver(entry.payload);
      entry.done?.resolve();
    } catch (error) {
      // Without somebody who waits, only a bug can get here: it ends the process as it should.
      if (entry.done === undefined) throw error;
      entry.done.reject(error);
    } finally {
      this.busy--;
      this.used -= entry.size;
      if (entry.done === undefined) this.promised -= entry.payload.items;
      this.letIn();
      this.work();
      if (this.busy === 0 && this.line.length === 0) this.tellIdle();
    }
  }

  private letIn(): void {
    while (this.waiters.length > 0 && this.fits(this.waiters[0].size)) {
      this.waiters.shift()?.enter();
    }
  }

  private tellIdle(): void {
    for (const listener of this.idleListeners.splice(0)) listener();
  }
}

function stopped(): RetryableError {
  return new RetryableError('sending queue is stopped');
}

function sizeOf(payload: Payload, sizer: SendingQueueSettings['sizer']): number {
  if (sizer === 'items') return payload.items;
  return sizer === 'bytes' ? payload.sizeBytes : 1;
}
