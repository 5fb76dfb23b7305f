/**
 * A bounded queue in memory between `consume` and the sender.
 *
 * A payload takes room until the sender is done with it, not only until it leaves the line, so
 * `queue_size` bounds all that an exporter holds. Upstream counts the same way.
 */
import { BatchDispatcher } from './batch-dispatcher';
import { processBudget, type MemoryAccount } from './memory-budget';
import {
  isFailure, sizeOf, type Dispatcher, type DispatcherOptions, type Entry, type RequestQueue,
} from './queue-parts';
import { QueueRoom, stopped } from './queue-room';
import { RequestDispatcher } from './request-dispatcher';
import type { SendingQueueSettings } from '../config';
import { Fifo } from '../pipeline/fifo';
import type { Payload } from '../pipeline/payload';

/** What a queue is made from. */
export interface QueueOptions extends Omit<DispatcherOptions, 'onEnd'> {
  /** What it may hold in memory; a part of what the process may use unless given. */
  readonly memory?: MemoryAccount;
}

/** Sends what a queue gives it, in batches where the settings say so. */
export function dispatcherOf(options: DispatcherOptions): Dispatcher {
  const { batch } = options.settings;
  return batch === undefined
    ? new RequestDispatcher(options)
    : new BatchDispatcher(options, batch);
}

/** The queue of one exporter and signal. */
export class SendingQueue implements RequestQueue {
  private readonly line = new Fifo<Entry>();
  private readonly room: QueueRoom;
  private readonly settings: SendingQueueSettings;
  private readonly dispatcher: Dispatcher;
  private promised = 0;
  private readonly idleListeners: (() => void)[] = [];

  public constructor(options: QueueOptions) {
    this.settings = options.settings;
    this.room = new QueueRoom(options.settings, options.memory ?? processBudget.open());
    this.dispatcher = dispatcherOf({ ...options, onEnd: () => this.work() });
  }

  /** Room that is taken, in units of the sizer. */
  public get size(): number {
    return this.room.size;
  }

  /** Items that were taken without anybody waiting for the result, and are not delivered yet. */
  public get pendingItems(): number {
    return this.promised;
  }

  /** Partitions of which batches are gathered; undefined where they are not told apart. */
  public get partitions(): Dispatcher['partitions'] {
    return this.dispatcher.partitions;
  }

  /** There is nothing to be opened. */
  public start(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Takes `payload`, or waits for room when the settings say so. With `waitForResult` the promise
   * follows the delivery.
   */
  public offer(payload: Payload): void | Promise<void> {
    return this.room.admit(payload, () => this.enter(payload));
  }

  /** Takes nothing more; what is in it goes on being delivered. */
  public close(): void {
    this.room.close();
    this.work();
  }

  /** Resolves when nothing is in it and nothing is being delivered. */
  public idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.idleListeners.push(resolve));
  }

  /** Takes out what nobody has begun to deliver. Whoever waits for a result is told: refused. */
  public abandon(): Payload[] {
    const error = stopped();
    const lost = this.dispatcher.abandon(error);
    for (const entry of this.line.takeAll()) {
      lost.push(entry.payload);
      entry.done({ error });
    }
    this.tellIdle();
    return this.settings.waitForResult ? [] : lost;
  }

  /** There is nothing to be closed. */
  public finish(): Promise<void> {
    return Promise.resolve();
  }

  private get isIdle(): boolean {
    return this.line.length === 0 && this.dispatcher.isIdle;
  }

  private enter(payload: Payload): void | Promise<void> {
    if (this.settings.waitForResult) {
      return new Promise<void>((resolve, reject) => {
        this.push(payload, (failure) => {
          if (failure === undefined) resolve(); else reject(failure.error);
        });
      });
    }
    this.promised += payload.items;
    this.push(payload, (failure) => {
      this.promised -= payload.items;
      // Failures are dealt with where they happen. Only a bug can get here, and ends the process.
      if (failure !== undefined && !isFailure(failure.error)) throw failure.error;
    });
    return undefined;
  }

  private push(payload: Payload, tell: Entry['done']): void {
    this.line.push({
      payload,
      done: (failure) => {
        try {
          tell(failure);
        } finally {
          this.room.memory.give(payload.sizeBytes);
          this.room.leave(sizeOf(payload, this.settings.sizer));
        }
      },
    });
    this.work();
  }

  private work(): void {
    while (this.dispatcher.hasRoom) {
      const entry = this.line.shift();
      if (entry === undefined) break;
      this.dispatcher.dispatch(entry);
    }
    if (this.room.isClosed && this.line.length === 0) this.dispatcher.flush();
    this.tellIdle();
  }

  private tellIdle(): void {
    if (this.idleListeners.length === 0 || !this.isIdle) return;
    for (const listener of this.idleListeners.splice(0)) listener();
  }
}
