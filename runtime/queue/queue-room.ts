import type { SendingQueueSettings } from '../config';
import { PermanentError, RetryableError } from '../errors';
import type { MemoryAccount } from './memory-budget';
import { sizeOf } from './queue-parts';
import { Fifo } from '../pipeline/fifo';
import type { Payload } from '../pipeline/payload';

interface Waiter {
  readonly payload: Payload;
  enter(): void;
  refuse(error: RetryableError): void;
}

/** What every request of a stopped queue is told. */
export function stopped(): RetryableError {
  return new RetryableError('sending queue is stopped');
}

/** The room of a queue: `queue_size`, and its part of the memory of the process. */
export class QueueRoom {
  private used = 0;
  private closed = false;
  private readonly waiters = new Fifo<Waiter>();

  public constructor(
    private readonly settings: SendingQueueSettings,
    /** What the queue holds in memory. */
    public readonly memory: MemoryAccount,
  ) {}

  /** Room that is taken, in units of the sizer. */
  public get size(): number {
    return this.used;
  }

  /** Whether nothing enters any more. */
  public get isClosed(): boolean {
    return this.closed;
  }

  /**
   * Calls `enter` when `payload` has its room: at once, or later where it may wait. The answer is
   * that of `enter`.
   *
   * @throws RetryableError when there is no room, and PermanentError when there never is.
   */
  public admit(payload: Payload, enter: () => void | Promise<void>): void | Promise<void> {
    if (this.closed) throw stopped();
    const { queueSize, sizer, blockOnOverflow } = this.settings;
    if (sizeOf(payload, sizer) > queueSize || !this.memory.canEverHold(payload.sizeBytes)) {
      throw new PermanentError('element size too large');
    }
    if (this.waiters.length === 0 && this.fits(payload)) {
      this.take(payload);
      return enter();
    }
    if (!blockOnOverflow) throw this.full(payload);
    return new Promise<void>((resolve, reject) => {
      this.waiters.push({
        payload,
        enter: () => { Promise.resolve(enter()).then(resolve, reject); },
        refuse: reject,
      });
      this.letInWhenFreed();
    });
  }

  /** Takes room for what was found, whether or not there is some. */
  public found(size: number): void {
    this.used += size;
  }

  /** Gives back what `payload` takes of `queue_size`. */
  public leave(size: number): void {
    this.used -= size;
    this.letIn();
  }

  /** Lets in who waits and has room now. */
  public letIn(): void {
    for (let first = this.waiters.first(); first && this.fits(first.payload);
      first = this.waiters.first()) {
      this.waiters.shift();
      this.take(first.payload);
      first.enter();
    }
  }

  /** Lets nobody in any more, and refuses those who wait. */
  public close(): void {
    this.closed = true;
    for (const waiter of this.waiters.takeAll()) waiter.refuse(stopped());
  }

  private take(payload: Payload): void {
    this.used += sizeOf(payload, this.settings.sizer);
    this.memory.take(payload.sizeBytes);
  }

  private fits(payload: Payload): boolean {
    const { queueSize, sizer } = this.settings;
    return this.used + sizeOf(payload, sizer) <= queueSize
      && this.memory.hasRoomFor(payload.sizeBytes);
  }

  private full(payload: Payload): RetryableError {
    const isShort = !this.memory.hasRoomFor(payload.sizeBytes);
    return new RetryableError(isShort
      ? `sending queue is full: it holds ${this.memory.heldBytes} bytes, its part of the memory`
      : 'sending queue is full');
  }

  /** Another queue's requests may be what keeps ours out. */
  private letInWhenFreed(): void {
    this.memory.onceFreed(() => {
      if (this.waiters.length === 0) return;
      this.letIn();
      if (this.waiters.length > 0) this.letInWhenFreed();
    });
  }
}
