/** Gathers small payloads into larger ones. Merging only collects chunks; no byte is copied. */
import { batchMetrics, BatchMetrics } from './batch-metrics';
import { Gathering } from './gathering';
import { HeldBatches } from './held-batches';
import { combinationOf, type MetadataCombination } from './metadata-combination';
import type { Processor, ProcessorContext } from '../../component';
import type { BatchSettings } from '../../config';
import { PermanentError, RetryableError } from '../../errors';
import type { Payload } from '../../pipeline/payload';
import { within } from '../../telemetry/spans';

/** Batches that may be held while the next consumer is slow or refuses. */
const MOST_BATCHES_HELD = 4;
const SMALLEST_BOUND = 8192;

/** The batch processor of one pipeline. */
export function createBatchProcessor(
  settings: BatchSettings, context: ProcessorContext,
): Processor {
  return new BatchProcessor(settings, context);
}

/** What is on its way with the same metadata: its batches wait for no others. */
interface Lane {
  readonly gathering: Gathering;
  readonly batches: HeldBatches;
}

class BatchProcessor implements Processor {
  private readonly bound: number;
  private readonly metrics: BatchMetrics;
  private readonly names: readonly string[];
  private readonly lanes = new Map<string, Lane>();
  /** Items in all lanes. */
  private held = 0;
  private stopping?: Promise<void>;
  /** Callers of `consume` that wait for room. */
  private readonly waiting: (() => void)[] = [];

  public constructor(
    private readonly settings: BatchSettings, private readonly context: ProcessorContext,
  ) {
    const { metadataKeys, sendBatchSize, sendBatchMaxSize } = settings;
    this.bound = MOST_BATCHES_HELD * Math.max(sendBatchSize, sendBatchMaxSize, SMALLEST_BOUND);
    this.metrics = batchMetrics(context.metrics, context.id);
    this.names = metadataKeys.map((name) => name.toLowerCase()).sort();
    // Upstream has one combination without keys, and none yet with keys.
    if (this.names.length === 0) this.metrics.combinations.add(1);
  }

  public get pendingItems(): number {
    return this.held;
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
    const combination = combinationOf(this.names, payload.metadata);
    if (!this.hasRoomFor(payload)) return this.waitForRoom(payload, combination);
    this.gather(payload, combination);
    return undefined;
  }

  /** A payload that is larger than all room is taken when nothing else is held. */
  private hasRoomFor(payload: Payload): boolean {
    return this.held === 0 || this.held + payload.items <= this.bound;
  }

  /** Behind a slow consumer the sender waits; behind one that refuses, it is refused as well. */
  private async waitForRoom(payload: Payload, combination: MetadataCombination): Promise<void> {
    while (!this.hasRoomFor(payload)) {
      if ([...this.lanes.values()].some(({ batches }) => batches.isBlocked)) {
        throw new RetryableError('batch processor is full: the next consumer refuses data');
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      if (this.stopping !== undefined) throw new RetryableError('batch processor is stopped');
    }
    this.gather(payload, combination);
  }

  private gather(payload: Payload, combination: MetadataCombination): void {
    const lane = this.lanes.get(combination.key) ?? this.addLane(combination);
    this.held += payload.items;
    lane.gathering.add(payload);
  }

  private addLane({ key, metadata }: MetadataCombination): Lane {
    const { metadataCardinalityLimit: limit } = this.settings;
    if (this.names.length > 0 && limit > 0 && this.lanes.size >= limit) {
      throw new PermanentError('too many batcher metadata-value combinations');
    }
    const { clock, log, next, signal, spans } = this.context;
    const batches = new HeldBatches({
      // What is gathered from many is sent in the span of none of them.
      next: spans === undefined ? next : {
        consume: (payload) => within(spans, undefined, () => next.consume(payload)),
      },
      clock,
      log,
      onSent: (payload, trigger) => this.metrics.count(payload, trigger),
      onLess: (items) => { this.held -= items; },
      onLeft: () => this.left(key),
    });
    const gathering = new Gathering({
      settings: this.settings,
      signal,
      metadata,
      clock,
      send: (batch, trigger) => batches.push(batch, trigger),
    });
    const lane = { gathering, batches };
    this.lanes.set(key, lane);
    if (this.names.length > 0) this.metrics.combinations.add(1);
    return lane;
  }

  /**
   * A batch has left a lane. Lanes of which nothing is on its way are given up: clients come and
   * go, and upstream's processor in time refuses all new ones because of those that are gone.
   */
  private left(key: string): void {
    const lane = this.lanes.get(key);
    if (this.names.length > 0 && lane?.gathering.items === 0 && lane.batches.items === 0) {
      this.lanes.delete(key);
      this.metrics.combinations.add(-1);
    }
    for (const enter of this.waiting.splice(0)) enter();
  }

  private async flush(): Promise<void> {
    const lanes = [...this.lanes.values()];
    for (const { gathering } of lanes) gathering.flush();
    const finished = Promise.all(lanes.map(({ batches }) => batches.finish()));
    for (const enter of this.waiting.splice(0)) enter();
    await finished;
  }
}
