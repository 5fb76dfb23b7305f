/** Requests of a queue that may share a batch. */
import type { QueueBatchSettings } from './batch-dispatcher';
import { sizeOf, type Entry, type Sizer } from './queue-parts';
import type { Clock, Timer } from '../clock';
import { MalformedError, RetryableError } from '../errors';
import { splitBytes, splitItems } from '../otlp/item-splitter';
import type { ClientMetadata } from '../pipeline/client-metadata';
import { mergePayloads, withMetadata, type Payload, type Signal } from '../pipeline/payload';

/** A request, or a piece of one, which has no payload of its own, in a batch. */
export type Part = Pick<Entry, 'done'> & Partial<Pick<Entry, 'payload'>>;

/** What is sent as one request. */
export interface Batch {
  /** The bytes. */
  readonly payload: Payload;
  /** Who is told how that ended. */
  readonly parts: readonly Part[];
}

/** What a partition is made from. */
export interface PartitionOptions {
  /** What is gathered. */
  readonly signal: Signal;
  /** Sizes and times. */
  readonly settings: QueueBatchSettings;
  /** What sizes count. */
  readonly sizer: Sizer;
  /** What all requests of the partition came with, as far as they are told apart by it. */
  readonly metadata?: ClientMetadata;
  /** The time. */
  readonly clock: Clock;
  /** Called for each payload that was made of `parts`. */
  derived?(payload: Payload, parts: readonly Payload[]): void;
  /** Called when the batch has waited long enough. */
  onTimeout(): void;
}

/** Gathers one batch after the other. */
export class BatchPartition {
  /** When it last got a request, by the monotonic clock. */
  public lastUse: number;
  private payloads: Payload[] = [];
  private parts: Part[] = [];
  private size = 0;
  private timer?: Timer;

  public constructor(private readonly options: PartitionOptions) {
    this.lastUse = options.clock.monotonic();
  }

  /** Whether no request waits. */
  public get isEmpty(): boolean {
    return this.parts.length === 0;
  }

  /** Adds a request; the batches that are full now. */
  public add(entry: Entry): Batch[] {
    const { clock, settings: { maxSize, minSize }, sizer } = this.options;
    this.lastUse = clock.monotonic();
    const pieces = this.piecesOf(entry.payload);
    if (pieces.length > 1) {
      for (const piece of pieces) this.options.derived?.(piece, [entry.payload]);
    }
    const parts = sharedBy(entry, pieces.length);
    const full: (Batch | undefined)[] = [];
    for (const [at, piece] of pieces.entries()) {
      const size = sizeOf(piece, sizer);
      // The first piece fills up what was gathered before, unless not one item fits.
      if (maxSize > 0 && this.size + size > maxSize) full.push(this.takeAll());
      this.payloads.push(piece);
      this.parts.push(parts[at]);
      this.size += size;
      if (at < pieces.length - 1 || this.size >= minSize) full.push(this.takeAll());
    }
    if (!this.isEmpty) {
      this.timer ??= clock.after(this.options.settings.flushTimeout, () => {
        this.timer = undefined;
        this.options.onTimeout();
      });
    }
    return full.flatMap((batch) => batch ?? []);
  }

  /** What is gathered, as a batch. */
  public takeAll(): Batch | undefined {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.isEmpty) return undefined;
    const { metadata, signal } = this.options;
    const payload = this.payloads.length === 1
      ? this.payloads[0]
      : withMetadata(mergePayloads(signal, this.payloads), metadata);
    if (this.payloads.length > 1) this.options.derived?.(payload, this.payloads);
    const batch = { payload, parts: this.parts };
    this.payloads = [];
    this.parts = [];
    this.size = 0;
    return batch;
  }

  /** Bytes that cannot be cut are sent whole: whoever reads them will say what is wrong. */
  private piecesOf(payload: Payload): Payload[] {
    const { settings: { maxSize }, sizer } = this.options;
    const room = maxSize - this.size;
    if (maxSize === 0 || sizeOf(payload, sizer) <= room) return [payload];
    try {
      return sizer === 'bytes'
        ? splitBytes(payload, room, maxSize)
        : splitItems(payload, room, maxSize);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return [payload];
    }
  }
}

/**
 * A request in `count` pieces has ended when all of them have: with the first failure after which
 * it may be sent again, or else with the first one.
 */
function sharedBy(entry: Entry, count: number): Part[] {
  if (count === 1) return [entry];
  let left = count;
  let told: { readonly error: unknown } | undefined;
  const part: Part = {
    done: (failure) => {
      const isBetter = failure?.error instanceof RetryableError
        && !(told?.error instanceof RetryableError);
      if (told === undefined || isBetter) told = failure;
      left -= 1;
      if (left === 0) entry.done(told);
    },
  };
  return Array.from({ length: count }, () => part);
}
