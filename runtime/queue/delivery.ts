/**
 * The way of a payload out of an exporter: queue → retry → time-out → sender.
 *
 * Each signal has a queue and workers of its own, as upstream's exporters have, so that a flood of
 * logs keeps no trace waiting. All of them share the sender.
 */
import type { Exporter, ExporterContext } from '../component';
import type { RetrySettings, SendingQueueSettings } from '../config';
import type { MemoryBudget } from './memory-budget';
import { SignalDelivery } from './signal-delivery';
import type { Payload, Signal } from '../pipeline/payload';
import type { Sender } from '../pipeline/sender';
import type { Attributes } from '../telemetry/metrics';

/** The settings that all exporters with a sender share. */
export interface DeliverySettings {
  /** Longest time of one attempt in milliseconds; 0 is no limit. */
  readonly timeout: number;
  /** The queue; without it, `consume` waits for the sender. */
  readonly sendingQueue?: SendingQueueSettings;
  /** When to try again. */
  readonly retryOnFailure: RetrySettings;
}

/** What a delivery is made from. */
export interface DeliveryOptions {
  /** The exporter's name in the configuration. */
  readonly id: string;
  /** Queue, retry and time-out. */
  readonly settings: DeliverySettings;
  /** Sends one payload, one attempt per call. The delivery closes it when it stops. */
  readonly sender: Sender;
  /** The exporter's context. */
  readonly context: ExporterContext;
  /** Attributes of the metrics of sent data beside `exporter`, for example `server.address`. */
  readonly sentAttributes?: Attributes | ((signal: Signal) => Attributes);
  /**
   * Longest time in milliseconds that `stop` drains the queue; then the rest is lost, and said.
   * @default 10000
   */
  readonly drainDeadline?: number;
  /** What queues may hold in memory; half of what the process may use unless given. */
  readonly memory?: MemoryBudget;
  /** A number in [0, 1) per call, for the jitter of retries. `Math.random` when none is given. */
  readonly random?: () => number;
}

const DRAIN_DEADLINE_MS = 10_000;

/** An exporter that gives all it is given to `options.sender`. */
export function createDelivery(options: DeliveryOptions): Exporter {
  return new Delivery(options);
}

class Delivery implements Exporter {
  private readonly bySignal = new Map<Signal, SignalDelivery>();
  private stopping?: Promise<void>;

  public constructor(private readonly options: DeliveryOptions) {
    for (const signal of options.context.signals) this.add(signal);
  }

  public get pendingItems(): number {
    let items = 0;
    for (const delivery of this.bySignal.values()) items += delivery.pendingItems;
    return items;
  }

  public async start(): Promise<void> {
    this.options.sender.open?.();
    for (const delivery of this.bySignal.values()) await delivery.start();
  }

  public consume(payload: Payload): void | Promise<void> {
    return (this.bySignal.get(payload.signal) ?? this.add(payload.signal)).consume(payload);
  }

  public stop(): Promise<void> {
    this.stopping ??= this.drain();
    return this.stopping;
  }

  private add(signal: Signal): SignalDelivery {
    const { sentAttributes } = this.options;
    const attributes = typeof sentAttributes === 'function'
      ? sentAttributes(signal)
      : sentAttributes ?? {};
    const delivery = new SignalDelivery(this.options, signal, attributes);
    this.bySignal.set(signal, delivery);
    return delivery;
  }

  private async drain(): Promise<void> {
    const deliveries = [...this.bySignal.values()];
    for (const delivery of deliveries) delivery.close();
    const idle = Promise.all(deliveries.map((delivery) => delivery.idle()));
    const { context, drainDeadline, sender } = this.options;
    const deadline = context.clock.after(drainDeadline ?? DRAIN_DEADLINE_MS, () => {
      for (const delivery of deliveries) delivery.abandon();
      // Ends the attempts under way; each of them then counts and logs its own loss.
      void sender.close();
    });
    await idle;
    deadline.cancel();
    await sender.close();
    for (const delivery of deliveries) await delivery.finish();
  }
}
