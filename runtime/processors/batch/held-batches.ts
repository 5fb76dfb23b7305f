import type { Clock, Timer } from '../../clock';
import type { Consumer } from '../../component';
import { formatGoDuration } from '../../config';
import { messageOf, PermanentError, RetryableError } from '../../errors';
import type { Payload } from '../../pipeline/payload';
import { PartialFailure } from '../../pipeline/sender';
import type { Logger } from '../../telemetry/logger';

/** What set a batch going. */
export type Trigger = 'size' | 'timeout';

interface Batch {
  payload: Payload;
  readonly trigger: Trigger;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const WAIT_GROWTH = 1.5;
const WAIT_WHILE_STOPPING_MS = 200;
const LONGEST_STOP_MS = 5_000;

/** What the line of batches works with. */
export interface HeldBatchesOptions {
  /** The next consumer. */
  readonly next: Consumer;
  /** The time. */
  readonly clock: Clock;
  /** Where it says what is lost. */
  readonly log: Logger;
  /** Told of each batch that the next consumer took. */
  onSent(payload: Payload, trigger: Trigger): void;
  /** Told how many items less are held, taken or lost. */
  onLess(items: number): void;
  /** Told whenever a batch has left the line, taken or lost. */
  onLeft(): void;
}

/** Batches on their way to the next consumer: one after the other, each until it is taken. */
export class HeldBatches {
  private readonly line: Batch[] = [];
  private held = 0;
  private wait = FIRST_WAIT_MS;
  private sending?: Promise<void>;
  private endWait?: () => void;
  private stopsAt?: number;

  public constructor(private readonly options: HeldBatchesOptions) {}

  /** Items in the line. */
  public get items(): number {
    return this.held;
  }

  /** Whether the next consumer refused the batch at the head of the line. */
  public get isBlocked(): boolean {
    return this.wait !== FIRST_WAIT_MS;
  }

  /** Puts a batch at the end of the line, and sends it at once when the line is empty. */
  public push(payload: Payload, trigger: Trigger): void {
    this.line.push({ payload, trigger });
    this.held += payload.items;
    this.sending ??= this.send();
  }

  /** Resolves when the line is empty. What is refused for some seconds more is lost, and said. */
  public async finish(): Promise<void> {
    this.stopsAt = this.options.clock.monotonic() + LONGEST_STOP_MS;
    this.endWait?.();
    await this.sending;
  }

  private async send(): Promise<void> {
    for (let batch = this.line[0]; batch !== undefined; batch = this.line[0]) {
      await this.sendOne(batch);
      this.wait = FIRST_WAIT_MS;
      this.line.shift();
      this.lessen(batch.payload.items);
      this.options.onLeft();
    }
    this.sending = undefined;
  }

  private async sendOne(batch: Batch): Promise<void> {
    for (;;) {
      try {
        const taken = this.options.next.consume(batch.payload);
        if (taken !== undefined) await taken;
        this.options.onSent(batch.payload, batch.trigger);
        return;
      } catch (error) {
        if (!(error instanceof RetryableError)) {
          this.lose(batch, error);
          return;
        }
        if (error instanceof PartialFailure) this.keepRest(batch, error);
        if (this.isTooLate()) {
          this.lose(batch, error);
          return;
        }
        await this.pause(error);
      }
    }
  }

  private lessen(items: number): void {
    this.held -= items;
    this.options.onLess(items);
  }

  private isTooLate(): boolean {
    return this.stopsAt !== undefined && this.options.clock.monotonic() >= this.stopsAt;
  }

  private keepRest(batch: Batch, { rest, lostItems, message }: PartialFailure): void {
    this.lessen(batch.payload.items - rest.items);
    batch.payload = rest;
    if (lostItems > 0) this.sayLost(lostItems, message);
  }

  /** A bug is no reason to say that data was lost: it is thrown, and ends the process. */
  private lose(batch: Batch, error: unknown): void {
    if (!(error instanceof RetryableError) && !(error instanceof PermanentError)) throw error;
    this.sayLost(batch.payload.items, messageOf(error));
  }

  private sayLost(items: number, error: string): void {
    this.options.log.error('Sender failed', { error, dropped_items: items });
  }

  private pause(error: RetryableError): Promise<void> {
    const isStopping = this.stopsAt !== undefined;
    const ms = isStopping ? WAIT_WHILE_STOPPING_MS : Math.max(this.wait, error.delayMs ?? 0);
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * WAIT_GROWTH);
    this.options.log.warn('Sender failed. The batch is kept and sent again.', {
      error: error.message, interval: formatGoDuration(ms), held_items: this.held,
    });
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.endWait = undefined;
        resolve();
      };
      const timer: Timer = this.options.clock.after(ms, end);
      this.endWait = end;
    });
  }
}
