/** What queues are made of, in memory and on disk. */
import type { Clock } from '../clock';
import type { SendingQueueSettings } from '../config';
import { PermanentError, RetryableError } from '../errors';
import type { Payload, Signal } from '../pipeline/payload';

/** What requests are counted in. */
export type Sizer = 'requests' | 'items' | 'bytes';

/** How large `payload` is for a queue or batch that counts by `sizer`. */
export function sizeOf(payload: Payload, sizer: Sizer | undefined): number {
  if (sizer === 'items') return payload.items;
  return sizer === 'bytes' ? payload.sizeBytes : 1;
}

/** A failure that callers are told; everything else that is thrown is a bug. */
export type Failure = RetryableError | PermanentError;

/** Whether what was thrown is a failure and no bug. */
export function isFailure(error: unknown): error is Failure {
  return error instanceof RetryableError || error instanceof PermanentError;
}

/** Sends a request, and throws when it was not taken in the end. */
export type Deliver = (payload: Payload) => Promise<void>;

/** A request on its way from a queue to the sender. */
export interface Entry {
  /** The request. */
  readonly payload: Payload;
  /**
   * Called once, when it was sent or given up. `failure` holds what was thrown; a bug is thrown
   * again when nobody waits for it.
   */
  done(failure?: { readonly error: unknown }): void;
}

/** Gives requests to the sender, some at a time. */
export interface Dispatcher {
  /** Whether it takes another one now. */
  readonly hasRoom: boolean;
  /** Whether it has nothing left. */
  readonly isIdle: boolean;
  /** Partitions of which batches are gathered; undefined where they are not told apart. */
  readonly partitions?: { readonly capacity: number; size(): number };
  /** Takes a request when there is room. */
  dispatch(entry: Entry): void;
  /** Waits for nothing more: what it gathers is sent, now and from now on. */
  flush(): void;
  /** Takes out what nobody has begun to send, as it would have been sent. */
  abandon(error: Error): Payload[];
}

/** What a dispatcher is made from. */
export interface DispatcherOptions {
  /** What is sent. */
  readonly signal: Signal;
  /** How many at a time, and how they are gathered. */
  readonly settings: SendingQueueSettings;
  /** The time. */
  readonly clock: Clock;
  /** Sends one request. */
  readonly deliver: Deliver;
  /** Called for each payload that was made of `parts`, where somebody wants to know. */
  derived?(payload: Payload, parts: readonly Payload[]): void;
  /** Called when a request has ended: there may be room, or nothing left. */
  onEnd(): void;
}

/** Requests that wait for the sender, in memory or on disk. */
export interface RequestQueue {
  /** Room that is taken, in units of the sizer. */
  readonly size: number;
  /** Items that were taken, and are lost when the process ends now. */
  readonly pendingItems: number;
  /** Partitions of which batches are gathered; undefined where they are not told apart. */
  readonly partitions?: { readonly capacity: number; size(): number };
  /**
   * Makes it ready.
   *
   * @throws Error when its storage is not there or cannot be used.
   */
  start(): Promise<void>;
  /**
   * Takes `payload`, or waits for room when the settings say so.
   *
   * @throws RetryableError when there is no room, or when the queue is closed.
   * @throws PermanentError when the payload is larger than the whole queue.
   */
  offer(payload: Payload): void | Promise<void>;
  /** Takes nothing more. */
  close(): void;
  /** Resolves, after `close`, when nothing more is being delivered or will be. */
  idle(): Promise<void>;
  /** Takes out what is lost because nobody began to deliver it. Who waits for a result is told. */
  abandon(): Payload[];
  /** Closes what it opened, and says what it keeps. */
  finish(): Promise<void>;
}
