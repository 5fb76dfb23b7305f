/**
 * A bounded queue on disk between `consume` and the sender.
 *
 * Whoever gives a payload is answered when the storage keeps it. A payload takes room until the
 * sender is done with it, and what the storage held at the start does as well.
 */
import type { DeliverySpans } from './delivery-spans';
import { processBudget } from './memory-budget';
import {
  isFailure, sizeOf, type Dispatcher, type Entry, type RequestQueue,
} from './queue-parts';
import { QueueRoom, stopped } from './queue-room';
import { dispatcherOf, type QueueOptions } from './sending-queue';
import { takeOrigin, withOrigin } from './stored-origin';
import type { Timer } from '../clock';
import type { ComponentContext } from '../component';
import type { SendingQueueSettings } from '../config';
import { messageOf, RetryableError } from '../errors';
import type { Payload } from '../pipeline/payload';
import {
  storageExtension, type RequestLog, type StoredRequest, type Totals,
} from '../storage/storage';

/** Nothing more is read while what is being delivered, read from disk, takes this many bytes. */
const MOST_BYTES_READ = 67_108_864;
const PAUSE_AFTER_FAILURE_MS = 1_000;

/** A request that is not sent any more by this process, because its storage keeps it. */
export class KeptForRestart extends RetryableError {
  public readonly name: string = 'KeptForRestart';
}

/** What a queue on disk is made from. */
export interface PersistentQueueOptions extends QueueOptions {
  /** The exporter's context. */
  readonly context: ComponentContext;
  /** The storage extension's name. */
  readonly storage: string;
  /** Who knows by which spans requests came, where spans are made. */
  readonly spans?: Pick<DeliverySpans, 'originOf' | 'restore'>;
}

/** The queue of one exporter and signal. */
export class PersistentQueue implements RequestQueue {
  /** What the storage keeps is not lost. */
  public readonly pendingItems = 0;
  private readonly room: QueueRoom;
  private readonly settings: SendingQueueSettings;
  private readonly dispatcher: Dispatcher;
  private readonly kept: Totals = { requests: 0, items: 0, bytes: 0 };
  private requests?: RequestLog;
  private bytesRead = 0;
  private isReading = false;
  private readAgain = false;
  private pause?: Timer;
  private appending = 0;
  private readonly idleListeners: (() => void)[] = [];

  public constructor(private readonly options: PersistentQueueOptions) {
    this.settings = options.settings;
    this.room = new QueueRoom(options.settings, options.memory ?? processBudget.open());
    this.dispatcher = dispatcherOf({ ...options, onEnd: () => this.work() });
  }

  /** Room that is taken, in units of the sizer. */
  public get size(): number {
    return this.room.size;
  }

  /** Partitions of which batches are gathered; undefined where they are not told apart. */
  public get partitions(): Dispatcher['partitions'] {
    return this.dispatcher.partitions;
  }

  /** Opens the storage and begins to send what it holds. */
  public async start(): Promise<void> {
    const { context, signal, storage } = this.options;
    const { queueSize, sizer } = this.settings;
    const requests = await storageExtension(storage, context).openLog({
      context,
      signal,
      capacityBytes: sizer === 'bytes' ? queueSize : undefined,
      onLost: (lost) => this.change(lost, -1),
    });
    this.change(requests.found, 1);
    this.requests = requests;
    if (requests.found.requests > 0) {
      context.log.info('The sending queue holds requests of an earlier run.', {
        ...requests.found,
      });
    }
    this.work();
  }

  /** Takes `payload` when the storage keeps it. */
  public offer(payload: Payload): void | Promise<void> {
    const { requests } = this;
    if (requests === undefined) throw stopped();
    return this.room.admit(payload, () => this.append(requests, payload));
  }

  /** Takes nothing more, and reads nothing more: what is not being sent stays where it is. */
  public close(): void {
    this.room.close();
    this.pause?.cancel();
    this.dispatcher.flush();
    this.tellIdle();
  }

  /** Resolves when nothing is being delivered. */
  public idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.idleListeners.push(resolve));
  }

  /** Takes out what nobody has begun to deliver; nothing of it is lost. */
  public abandon(): [] {
    this.dispatcher.abandon(new KeptForRestart('the time to drain the queue is over'));
    this.tellIdle();
    return [];
  }

  /** Closes the log and says what is in it. */
  public async finish(): Promise<void> {
    await this.requests?.close();
    if (this.requests === undefined || this.kept.requests === 0) return;
    this.options.context.log.info('Requests stay on disk and are sent after the next start.', {
      data_type: this.options.signal, ...this.kept,
    });
  }

  private get isIdle(): boolean {
    return this.dispatcher.isIdle && !this.isReading && this.appending === 0;
  }

  private async append(requests: RequestLog, payload: Payload): Promise<void> {
    const { memory } = this.room;
    this.appending += 1;
    try {
      await requests.append(withOrigin(payload, this.options.spans?.originOf(payload)));
      this.kept.requests += 1;
      this.kept.items += payload.items;
      this.kept.bytes += payload.sizeBytes;
    } catch (error) {
      this.room.leave(sizeOf(payload, this.settings.sizer));
      throw error;
    } finally {
      this.appending -= 1;
      memory.give(payload.sizeBytes);
      this.room.letIn();
      this.work();
    }
  }

  private work(): void {
    this.tellIdle();
    if (this.requests === undefined || this.room.isClosed) return;
    if (this.isReading) {
      this.readAgain = true;
      return;
    }
    this.isReading = true;
    void this.readAll(this.requests).finally(() => {
      this.isReading = false;
      if (this.readAgain && this.pause === undefined) this.work();
      else this.tellIdle();
    });
  }

  private async readAll(requests: RequestLog): Promise<void> {
    this.readAgain = false;
    try {
      while (this.mayRead) {
        const stored = await requests.next();
        if (stored === undefined || this.room.isClosed) return;
        this.dispatch(stored);
      }
    } catch (error) {
      this.tryAgainLater(error);
    }
  }

  private get mayRead(): boolean {
    return !this.room.isClosed && this.dispatcher.hasRoom && this.pause === undefined
      && (this.bytesRead < MOST_BYTES_READ);
  }

  private dispatch({ payload: stored, done }: StoredRequest): void {
    const { payload, place } = takeOrigin(stored);
    const { sizeBytes } = payload;
    if (place !== undefined) this.options.spans?.restore(payload, place);
    this.bytesRead += sizeBytes;
    this.room.memory.take(sizeBytes);
    const entry: Entry = {
      payload,
      done: (failure) => {
        this.bytesRead -= sizeBytes;
        this.room.memory.give(sizeBytes);
        if (failure?.error instanceof KeptForRestart) return;
        // Failures are dealt with where they happen. Only a bug can get here, and ends the process.
        if (failure !== undefined && !isFailure(failure.error)) throw failure.error;
        done();
        this.kept.requests -= 1;
        this.kept.items -= payload.items;
        this.kept.bytes -= sizeBytes;
        this.room.leave(sizeOf(payload, this.settings.sizer));
      },
    };
    this.dispatcher.dispatch(entry);
  }

  private tryAgainLater(error: unknown): void {
    const { clock, context } = this.options;
    context.log.error('The sending queue cannot be read. It is tried again.', {
      error: messageOf(error),
    });
    this.pause ??= clock.after(PAUSE_AFTER_FAILURE_MS, () => {
      this.pause = undefined;
      this.work();
    });
  }

  /** Counts what was found, or is lost. */
  private change(totals: Readonly<Totals>, sign: 1 | -1): void {
    this.kept.requests += sign * totals.requests;
    this.kept.items += sign * totals.items;
    this.kept.bytes += sign * totals.bytes;
    const size = totals[this.settings.sizer ?? 'requests'];
    if (sign === 1) this.room.found(size); else this.room.leave(size);
  }

  private tellIdle(): void {
    if (this.idleListeners.length === 0 || !this.isIdle) return;
    for (const listener of this.idleListeners.splice(0)) listener();
  }
}
