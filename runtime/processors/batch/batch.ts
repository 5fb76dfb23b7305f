/** Gathers small payloads into larger ones. Merging only collects chunks; no byte is copied. */
import { batchMetrics, BatchMetrics } from './batch-metrics';
import { HeldBatches, Trigger } from './held-batches';
import type { Timer } from '../../clock';
import type { Processor, ProcessorContext } from '../../component';
import type { BatchSettings } from '../../config';
import { MalformedError, RetryableError } from '../../errors';
import { splitItems } from '../../otlp/item-splitter';
import { mergePayloads, withMetadata, type Payload } from '../../pipeline/payload';

/** Batches that may be held while the next consumer is slow or refuses. */
const MOST_BATCHES_HELD = 4;
const SMALLEST_BOUND = 8192;

/** The batch processor of one pipeline. */
export function createBatchProcessor(
  settings: BatchSettings, context: ProcessorContext,
): Processor {
  return new BatchProcessor(settings, context);
}

class BatchProcessor implements Processor {
  private readonly waitsForMore: boolean;
  private readonly bound: number;
  private readonly metrics: BatchMetrics;
  private readonly batches: HeldBatches;
  private gathered: Payload[] = [];
  private gatheredItems = 0;
  private timer?: Timer;
  private stopping?: Promise<void>;
  /** Callers of `consume` that wait for room. */
  private readonly waiting: (() => void)[] = [];

  public constructor(
    private readonly settings: BatchSettings, private readonly context: ProcessorContext,
  ) {
    const { timeout, sendBatchSize, sendBatchMaxSize } = settings;
    const { clock, log, next } = context;
    this.waitsForMore = timeout > 0 && sendBatchSize > 0;
    this.bound = MOST_BATCHES_HELD * Math.max(sendBatchSize, sendBatchMaxSize, SMALLEST_BOUND);
    this.metrics = batchMetrics(context.metrics, context.id);
    this.batches = new HeldBatches({
      next,
      clock,
      log,
      onSent: (payload, trigger) => this.metrics.count(payload, trigger),
      onLeft: () => { for (const enter of this.waiting.splice(0)) enter(); },
    });
  }

  public get pendingItems(): number {
    return this.gatheredItems + this.batches.items;
  }

  public start(): Promise<void> {
    return Promise.resolve();
  }

  public stop(): Promise<void> {
    this.stopping ??= this.flush();
    return this.stopping;
  }

  public consume(payload: Payload): void | Promise<void> {
    if (this.stopping !== undefined) throw new RetryableError('batch processor is stopped');
    if (payload.items === 0) return undefined;
    if (!this.hasRoomFor(payload)) return this.waitForRoom(payload);
    this.gather(payload);
    return undefined;
  }

  /** A payload that is larger than all room is taken when nothing else is held. */
  private hasRoomFor(payload: Payload): boolean {
    const held = this.gatheredItems + this.batches.items;
    return held === 0 || held + payload.items <= this.bound;
  }

  /** Behind a slow consumer the sender waits; behind one that refuses, it is refused as well. */
  private async waitForRoom(payload: Payload): Promise<void> {
    while (!this.hasRoomFor(payload)) {
      if (this.batches.isBlocked) {
        throw new RetryableError('batch processor is full: the next consumer refuses data');
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      if (this.stopping !== undefined) throw new RetryableError('batch processor is stopped');
    }
    this.gather(payload);
  }

  private gather(payload: Payload): void {
    this.gathered.push(payload);
    this.gatheredItems += payload.items;
    const { sendBatchSize, timeout } = this.settings;
    if (this.waitsForMore && this.gatheredItems < sendBatchSize) {
      this.timer ??= this.context.clock.after(timeout, () => this.send(1, 'timeout'));
    } else {
      this.send(this.waitsForMore ? sendBatchSize : 1, 'size');
    }
  }

  /** Sends batches while at least `enough` items are gathered; what is left goes on waiting. */
  private send(enough: number, trigger: Trigger): void {
    this.timer?.cancel();
    this.timer = undefined;
    // A batch is of many clients, so it keeps the metadata of none, even if it holds one request.
    const all = withMetadata(mergePayloads(this.context.signal, this.gathered), undefined);
    this.gathered = [];
    this.gatheredItems = 0;
    const { sendBatchMaxSize, timeout } = this.settings;
    for (const batch of this.pieces(all, sendBatchMaxSize)) {
      if (batch.items >= enough) {
        this.batches.push(batch, trigger);
      } else {
        this.gathered.push(batch);
        this.gatheredItems += batch.items;
      }
    }
    if (this.gatheredItems > 0) {
      this.timer = this.context.clock.after(timeout, () => this.send(1, 'timeout'));
    }
  }

  /** Bytes that cannot be cut are sent whole: whoever reads them will say what is wrong. */
  private pieces(all: Payload, most: number): Payload[] {
    if (most === 0 || all.items <= most) return [all];
    try {
      return splitItems(all, most, most);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return [all];
    }
  }

  private async flush(): Promise<void> {
    if (this.gatheredItems > 0) this.send(1, 'timeout');
    const finished = this.batches.finish();
    for (const enter of this.waiting.splice(0)) enter();
    await finished;
  }
}
