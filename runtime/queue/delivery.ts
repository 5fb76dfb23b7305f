/** The way of a payload out of an exporter: queue → retry → time-out → sender. */
import type { Exporter, ExporterContext } from '../component';
import type { RetrySettings, SendingQueueSettings } from '../config';
import type { Payload } from '../pipeline/payload';
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
  readonly sentAttributes?: Attributes | ((payload: Payload) => Attributes);
  /** Longest time in milliseconds that `stop` drains the queue; then the rest is lost, and said. */
  readonly drainDeadline?: number;
  /** A number in [0, 1) per call, for the jitter of retries. `Math.random` when none is given. */
  readonly random?: () => number;
}

/** An exporter that gives all it is given to `options.sender`. */
export declare function createDelivery(options: DeliveryOptions): Exporter;
