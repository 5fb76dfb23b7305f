import type { Trigger } from './held-batches';
import type { Clock, Timer } from '../../clock';
import type { BatchSettings } from '../../config';
import { MalformedError } from '../../errors';
import { splitItems } from '../../otlp/item-splitter';
import type { ClientMetadata } from '../../pipeline/client-metadata';
import { mergePayloads, withMetadata, type Payload, type Signal } from '../../pipeline/payload';

/** What a gathering works with. */
export interface GatheringOptions {
  /** When batches are sent. */
  readonly settings: BatchSettings;
  /** What is gathered. */
  readonly signal: Signal;
  /** What all of it came with, as far as it is told apart; nothing otherwise. */
  readonly metadata?: ClientMetadata;
  /** The time. */
  readonly clock: Clock;
  /** Takes a batch that is due. */
  send(batch: Payload, trigger: Trigger): void;
}

/** Payloads that wait until there are enough of them, or for long enough. */
export class Gathering {
  private gathered: Payload[] = [];
  private gatheredItems = 0;
  private timer?: Timer;
  private readonly waitsForMore: boolean;

  public constructor(private readonly options: GatheringOptions) {
    const { timeout, sendBatchSize } = options.settings;
    this.waitsForMore = timeout > 0 && sendBatchSize > 0;
  }

  /** Items that wait. */
  public get items(): number {
    return this.gatheredItems;
  }

  /** Adds `payload`, and sends what is due. */
  public add(payload: Payload): void {
    this.gathered.push(payload);
    this.gatheredItems += payload.items;
    const { clock, settings: { sendBatchSize, timeout } } = this.options;
    if (this.waitsForMore && this.gatheredItems < sendBatchSize) {
      this.timer ??= clock.after(timeout, () => this.send(1, 'timeout'));
    } else {
      this.send(this.waitsForMore ? sendBatchSize : 1, 'size');
    }
  }

  /** Sends all that waits. */
  public flush(): void {
    if (this.gatheredItems > 0) this.send(1, 'timeout');
  }

  /** Sends batches while at least `enough` items are gathered; what is left goes on waiting. */
  private send(enough: number, trigger: Trigger): void {
    this.timer?.cancel();
    this.timer = undefined;
    const { clock, metadata, settings, signal } = this.options;
    const { sendBatchMaxSize, timeout } = settings;
    // A batch is of many clients, so it keeps the metadata of none but what all have in common.
    const all = withMetadata(mergePayloads(signal, this.gathered), metadata);
    this.gathered = [];
    this.gatheredItems = 0;
    for (const batch of pieces(all, sendBatchMaxSize)) {
      if (batch.items >= enough) {
        this.options.send(withMetadata(batch, metadata), trigger);
      } else {
        this.gathered.push(batch);
        this.gatheredItems += batch.items;
      }
    }
    if (this.gatheredItems > 0) this.timer = clock.after(timeout, () => this.send(1, 'timeout'));
  }
}

/** Bytes that cannot be cut are sent whole: whoever reads them will say what is wrong. */
function pieces(all: Payload, most: number): Payload[] {
  if (most === 0 || all.items <= most) return [all];
  try {
    return splitItems(all, most, most);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return [all];
  }
}
