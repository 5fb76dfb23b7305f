/**
 * Gives payloads to the next component, and again when it asks for that.
 *
 * Nobody waits for a sampled trace whose sender was answered long ago, so what the next component
 * cannot take now is kept here, within bounds of time and memory.
 */
import type { Clock, Timer } from '../../clock';
import type { Consumer } from '../../component';
import type { RetrySettings } from '../../config';
import { messageOf, PermanentError, RetryableError } from '../../errors';
import type { Payload } from '../../pipeline/payload';
import { PartialFailure } from '../../pipeline/sender';
import { Backoff } from '../../queue/retry';
import type { Logger } from '../../telemetry/logger';
import type { Counter } from '../../telemetry/metrics';

const RETRY: RetrySettings = {
  enabled: true,
  initialInterval: 100,
  maxInterval: 5000,
  maxElapsedTime: 300_000,
  multiplier: 2,
  randomizationFactor: 0.5,
};
/** From here on no more traces are decided until there is room. */
const FULL_BYTES = 64 * 1024 * 1024;
/** Late spans cannot be kept from coming: from here on what is refused is lost. */
const MOST_BYTES = 256 * 1024 * 1024;

/** At the end, refusals count as final after this time: the components behind need theirs. */
const LONGEST_STOP_MS = 8_000;
const LONGEST_WAIT_WHILE_STOPPING_MS = 500;

/** What an outbox is made from. */
export interface OutboxOptions {
  /** Takes the payloads. */
  readonly next: Consumer;
  /** The time. */
  readonly clock: Clock;
  /** Where losses are said. */
  readonly log: Logger;
  /** Counts spans that are lost. */
  readonly lost: Counter;
  /** A number in [0, 1) per call, for the jitter of retries. `Math.random` when none is given. */
  readonly random?: () => number;
}

/** Knows what left until somebody else has it. */
export interface OutboxJournal {
  /** Number of the parcel that left last. */
  readonly parcels: number;
  /** A parcel is about to leave; it may when the promise is fulfilled. */
  leave(): Promise<void>;
  /** A parcel was taken, or is lost. */
  end(parcel: number): void;
}

interface Parcel {
  payload: Payload;
  readonly since: number;
  /** Its number in the journal. */
  number?: number;
  backoff?: Backoff;
}

/** Payloads on their way to the next component. */
export class Outbox {
  /** Number of spans that the next component has not taken yet. */
  public items = 0;
  private bytes = 0;
  private parcels = 0;
  /** Each tries again what was refused. */
  private readonly waiting = new Set<() => void>();
  private stopsAt = Infinity;
  /** Whether what is under way is the next component's to end. */
  private isOver = false;
  private ending?: Timer;
  /** Absent where there is none. */
  public journal?: OutboxJournal;
  private readonly roomListeners: (() => void)[] = [];
  private readonly idleListeners: (() => void)[] = [];

  public constructor(private readonly options: OutboxOptions) {}

  /** Whether so much waits that no more should be decided. */
  public get isFull(): boolean {
    return !this.isOver && this.bytes >= FULL_BYTES;
  }

  /** Takes a payload over. */
  public send(payload: Payload): void {
    this.items += payload.items;
    this.bytes += payload.sizeBytes;
    this.parcels += 1;
    const parcel: Parcel = { payload, since: this.options.clock.monotonic() };
    const { journal } = this;
    if (journal === undefined) {
      this.attempt(parcel);
      return;
    }
    const written = journal.leave();
    parcel.number = journal.parcels;
    void written.then(() => this.attempt(parcel));
  }

  /** Calls `listener` once when it is no longer full. */
  public onRoom(listener: () => void): void {
    this.roomListeners.push(listener);
  }

  /** The process ends: what is refused from now on is tried again for a short time only. */
  public hurry(): void {
    if (this.stopsAt !== Infinity) return;
    this.stopsAt = this.options.clock.monotonic() + LONGEST_STOP_MS;
    // However long it was asked to wait.
    for (const again of [...this.waiting]) again();
    this.ending = this.options.clock.after(LONGEST_STOP_MS, () => this.endWaiting());
  }

  /**
   * Resolves when everything was taken or lost, or is in the hands of the next component, which
   * then has to stop before it answers. What is refused for too long is lost.
   */
  public finish(): Promise<void> {
    this.hurry();
    return new Promise((resolve) => {
      this.idleListeners.push(resolve);
      if (this.parcels === 0 || this.isOver) this.tellIdle();
    });
  }

  /** An exporter may try for minutes what it has taken in, until it is stopped, too. */
  private endWaiting(): void {
    this.isOver = true;
    for (const again of [...this.waiting]) again();
    for (const tell of this.roomListeners.splice(0)) tell();
    this.tellIdle();
  }

  private tellIdle(): void {
    if (this.idleListeners.length > 0) this.ending?.cancel();
    for (const tell of this.idleListeners.splice(0)) tell();
  }

  private attempt(parcel: Parcel): void {
    let answer: void | Promise<void>;
    try {
      answer = this.options.next.consume(parcel.payload);
    } catch (error) {
      this.failed(parcel, error);
      return;
    }
    if (answer === undefined) {
      this.taken(parcel);
    } else {
      answer.then(() => this.taken(parcel), (error: unknown) => this.failed(parcel, error));
    }
  }

  private failed(parcel: Parcel, error: unknown): void {
    if (error instanceof PartialFailure) this.keepRest(parcel, error);
    if (!(error instanceof RetryableError)) {
      this.lose(parcel, error);
      // Whatever is neither retryable nor permanent is a bug, and must not end here.
      if (!(error instanceof PermanentError)) queueMicrotask(() => { throw error; });
      return;
    }
    const { clock, random } = this.options;
    parcel.backoff ??= new Backoff(RETRY, random ?? Math.random);
    const now = clock.monotonic();
    const wait = parcel.backoff.next(now - parcel.since, error.delayMs);
    const isLost = wait === undefined || this.bytes > MOST_BYTES;
    if (isLost) this.lose(parcel, error);
    else if (now >= this.stopsAt) this.giveUp(parcel, error);
    else this.retryLater(parcel, wait, error);
  }

  private retryLater(parcel: Parcel, wait: number, error: RetryableError): void {
    if (this.waiting.size === 0) {
      this.options.log.warn('The next component takes no sampled spans now; they are kept.', {
        error: messageOf(error), kept_spans: this.items,
      });
    }
    const isStopping = this.stopsAt !== Infinity;
    const ms = isStopping ? Math.min(wait, LONGEST_WAIT_WHILE_STOPPING_MS) : wait;
    const again = (): void => {
      timer.cancel();
      this.waiting.delete(again);
      this.attempt(parcel);
    };
    const timer: Timer = this.options.clock.after(ms, again);
    this.waiting.add(again);
  }

  private keepRest(parcel: Parcel, { rest, lostItems }: PartialFailure): void {
    const { payload } = parcel;
    if (lostItems > 0) this.options.lost.add(lostItems);
    this.items += rest.items - payload.items;
    this.bytes += rest.sizeBytes - payload.sizeBytes;
    parcel.payload = rest;
  }

  /** The process ends: a journal gives the parcel to the next one. */
  private giveUp(parcel: Parcel, error: RetryableError): void {
    if (parcel.number === undefined) {
      this.lose(parcel, error);
      return;
    }
    this.options.log.warn('Sampled spans stay in the journal for the next process.', {
      error: messageOf(error), kept_spans: parcel.payload.items,
    });
    this.done(parcel.payload);
  }

  private taken({ payload, number }: Parcel): void {
    if (number !== undefined) this.journal?.end(number);
    this.done(payload);
  }

  private lose(parcel: Parcel, error: unknown): void {
    const { payload } = parcel;
    this.options.lost.add(payload.items);
    this.options.log.error('Sampled spans are lost: the next component did not take them.', {
      error: messageOf(error), lost_spans: payload.items,
    });
    this.taken(parcel);
  }

  private done(payload: Payload): void {
    this.items -= payload.items;
    this.bytes -= payload.sizeBytes;
    this.parcels -= 1;
    if (!this.isFull) for (const tell of this.roomListeners.splice(0)) tell();
    if (this.parcels === 0) this.tellIdle();
  }
}
