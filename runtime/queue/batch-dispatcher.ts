/**
 * Gathers requests of a queue into batches, and sends those `num_consumers` at a time.
 *
 * A batch is sent when it holds `min_size`, or `flush_timeout` after its first request came. None
 * is larger than `max_size`, unless one item alone is. A request that lies in several batches has
 * ended when the last of them has.
 */
import { BatchPartition, type Batch, type Part } from './batch-partition';
import type { Dispatcher, DispatcherOptions, Entry } from './queue-parts';
import type { Timer } from '../clock';
import type { SendingQueueSettings } from '../config';
import { RetryableError } from '../errors';
import type { ClientMetadata } from '../pipeline/client-metadata';
import { Fifo } from '../pipeline/fifo';
import type { Payload } from '../pipeline/payload';
import { PartialFailure } from '../pipeline/sender';

/** What a queue is told about batches. */
export type QueueBatchSettings = NonNullable<SendingQueueSettings['batch']>;

/** Sends batches of requests. */
export class BatchDispatcher implements Dispatcher {
  /** Partitions of which batches are gathered; undefined where they are not told apart. */
  public readonly partitions?: { readonly capacity: number; size(): number };
  /** The one that was used last stands last. */
  private readonly byKey = new Map<string, BatchPartition>();
  private readonly ready = new Fifo<Batch>();
  private readonly keys: readonly string[];
  private busy = 0;
  private isFlushing = false;
  private idleTimer?: Timer;

  public constructor(
    private readonly options: DispatcherOptions, private readonly settings: QueueBatchSettings,
  ) {
    const { cacheSize, metadataKeys } = settings.partition;
    this.keys = metadataKeys.map((key) => key.toLowerCase());
    if (this.keys.length > 0) {
      this.partitions = { capacity: cacheSize, size: () => this.byKey.size };
    }
  }

  /** Whether another request may be gathered: none is while batches wait to be sent. */
  public get hasRoom(): boolean {
    return this.ready.length === 0;
  }

  /** Whether nothing is gathered or sent. */
  public get isIdle(): boolean {
    if (this.busy > 0 || this.ready.length > 0) return false;
    for (const partition of this.byKey.values()) if (!partition.isEmpty) return false;
    return true;
  }

  /** Adds a request to its batch. */
  public dispatch(entry: Entry): void {
    const partition = this.partitionOf(entry.payload.metadata);
    for (const batch of partition.add(entry)) this.ready.push(batch);
    if (this.isFlushing) this.take(partition);
    this.sendReady();
  }

  /** Sends what is gathered, now and from now on. */
  public flush(): void {
    this.isFlushing = true;
    this.idleTimer?.cancel();
    for (const partition of this.byKey.values()) this.take(partition);
    this.sendReady();
  }

  /** Takes out all batches that nobody has begun to send. */
  public abandon(error: Error): Payload[] {
    for (const partition of this.byKey.values()) this.take(partition);
    return this.ready.takeAll().map((batch) => {
      for (const { done } of batch.parts) done({ error });
      return batch.payload;
    });
  }

  private partitionOf(metadata: ClientMetadata | undefined): BatchPartition {
    const key = this.keys.length === 0 ? '' : keyOf(metadata, this.keys);
    const found = this.byKey.get(key);
    if (found !== undefined) {
      if (this.keys.length === 0) return found;
      this.byKey.delete(key);
      this.byKey.set(key, found);
      return found;
    }
    if (this.byKey.size >= this.settings.partition.cacheSize) this.forgetOldest();
    const { clock, signal, settings } = this.options;
    const partition = new BatchPartition({
      signal,
      clock,
      settings: this.settings,
      sizer: this.settings.sizer ?? (settings.sizer === 'bytes' ? 'bytes' : 'items'),
      metadata: only(metadata, this.keys),
      derived: this.options.derived,
      onTimeout: () => {
        this.take(partition);
        this.sendReady();
      },
    });
    this.byKey.set(key, partition);
    this.forgetIdleLater();
    return partition;
  }

  private forgetOldest(): void {
    for (const [key, partition] of this.byKey) {
      this.take(partition);
      this.byKey.delete(key);
      return;
    }
  }

  /** Only what is told apart by metadata can grow in number. */
  private forgetIdleLater(): void {
    if (this.keys.length === 0 || this.idleTimer !== undefined || this.isFlushing) return;
    const { clock } = this.options;
    const { idleTimeout } = this.settings.partition;
    this.idleTimer = clock.after(idleTimeout, () => {
      this.idleTimer = undefined;
      for (const [key, partition] of this.byKey) {
        if (clock.monotonic() - partition.lastUse < idleTimeout || !partition.isEmpty) break;
        this.byKey.delete(key);
      }
      if (this.byKey.size > 0) this.forgetIdleLater();
    });
  }

  private take(partition: BatchPartition): void {
    const batch = partition.takeAll();
    if (batch !== undefined) this.ready.push(batch);
  }

  private sendReady(): void {
    while (this.busy < this.options.settings.numConsumers) {
      const batch = this.ready.shift();
      if (batch === undefined) return;
      this.busy += 1;
      void this.send(batch);
    }
  }

  private async send({ payload, parts }: Batch): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    try {
      await this.options.deliver(payload);
    } catch (error) {
      failure = { error };
    }
    this.busy -= 1;
    try {
      for (const part of parts) part.done(failureOf(part, payload, failure));
    } finally {
      this.sendReady();
      this.options.onEnd();
    }
  }
}

/**
 * How it ended for one of those whose requests are in `payload`. What is left of a batch is more
 * than what is left of one of them, and less than what is left of one that lies in several: who
 * waits is told to send all of it again.
 */
function failureOf(
  part: Part, payload: Payload, failure?: { readonly error: unknown },
): { readonly error: unknown } | undefined {
  if (!(failure?.error instanceof PartialFailure) || part.payload === payload) return failure;
  const { error } = failure;
  const { code, delayMs, told } = error;
  return { error: new RetryableError(error.message, { cause: error, code, delayMs, told }) };
}

/** Lengths stand before values, so that no two combinations have one key. */
function keyOf(metadata: ClientMetadata | undefined, keys: readonly string[]): string {
  let key = '';
  for (const name of keys) {
    const values = metadata?.[name] ?? [];
    key += `${values.length};`;
    for (const value of values) key += `${value.length}:${value}`;
  }
  return key;
}

function only(
  metadata: ClientMetadata | undefined, keys: readonly string[],
): ClientMetadata | undefined {
  if (metadata === undefined || keys.length === 0) return undefined;
  return Object.fromEntries(keys.flatMap((key) =>
    Object.hasOwn(metadata, key) ? [[key, metadata[key]]] : []));
}
