/** What an exporter of one signal says about itself, under upstream's names. */
import type { ExporterContext } from '../component';
import { PermanentError, RetryableError } from '../errors';
import { codeName } from '../net/status';
import { ITEM_NAMES, type Payload, Signal } from '../pipeline/payload';
import { BYTE_SIZES, SIZES } from '../telemetry/metric-boundaries';
import type {
  Attributes, Counter, HistogramInstrument, Instrument, Metrics,
} from '../telemetry/metrics';

const ITEM_UNITS: Readonly<Record<Signal, string>> = {
  traces: '{spans}', metrics: '{datapoints}', logs: '{records}',
};
const QUEUE_SIZE: Instrument = {
  name: 'otelcol_exporter_queue_size',
  description: 'Current size of the retry queue (in batches)',
  unit: '{batches}',
};
const QUEUE_CAPACITY: Instrument = {
  name: 'otelcol_exporter_queue_capacity',
  description: 'Fixed capacity of the retry queue (in batches)',
  unit: '{batches}',
};
const IN_FLIGHT: Instrument = {
  name: 'otelcol_exporter_in_flight_requests',
  description: 'Number of requests that are being sent or wait for their next attempt.',
  unit: '{request}',
  isSum: true,
};
const PARTITIONS: Instrument = {
  name: 'otelcol_exporter_queue_batch_partition_cache_size',
  description: 'Number of partitions of which batches are gathered.',
  unit: '{partition}',
};
const PARTITION_CAPACITY: Instrument = {
  name: 'otelcol_exporter_queue_batch_partition_cache_capacity',
  description: 'Number of partitions of which batches can be gathered at the same time.',
  unit: '{partition}',
};

function sizes(name: string, description: string): Record<'items' | 'bytes', HistogramInstrument> {
  return {
    items: {
      name, description: `Number of units in ${description}`, unit: '{unit}', boundaries: SIZES,
    },
    bytes: {
      name: `${name}_bytes`,
      description: `Number of bytes in ${description}`,
      unit: 'By',
      boundaries: BYTE_SIZES,
    },
  };
}

const ENQUEUED = sizes('otelcol_exporter_enqueue_size', 'the request added to the sending queue');
const BATCH_SENT = sizes('otelcol_exporter_queue_batch_send_size', 'the batch that was sent');

/** Counters of one exporter and signal. */
export interface DeliveryCounters {
  /** Counts items that the peer took. */
  readonly sent: Counter;
  /** Counts items that never reach the peer, with what kept them from it. */
  failed(items: number, error: unknown): void;
  /** Counts a request that is given to the queue, whether or not that takes it. */
  enqueued(payload: Payload): void;
  /** Counts a request that the queue's batch made, before it is sent. */
  batchSent(payload: Payload): void;
  /** Counts items that the queue did not take. */
  readonly enqueueFailed: Counter;
}

/** What is looked at when somebody reads the metrics. */
export interface DeliveryState {
  /** Requests between queue and answer. */
  inFlight(): number;
  /** Room taken in the queue; undefined without queue. */
  readonly queue?: { readonly capacity: number; size(): number };
  /** Whether the queue gathers batches. */
  readonly batches?: boolean;
  /** Partitions of the queue's batches; undefined where batches are not told apart. */
  readonly partitions?: { readonly capacity: number; size(): number };
}

/** Counters and gauges of the exporter of `context` for `signal`. */
export function deliveryCounters(
  context: ExporterContext, signal: Signal, sentAttributes: Attributes, state: DeliveryState,
): DeliveryCounters {
  const { metrics } = context;
  const exporter = { exporter: context.id };
  const sentTo = { ...exporter, ...sentAttributes };
  const failedItems = itemsInstrument(signal, 'send_failed', 'that could not be sent');
  // Bound at once: the series stands at 0 before the first failure, so that alerts can be tested.
  metrics.counter(failedItems, sentTo);
  const perSignal = { ...exporter, data_type: signal };
  metrics.observe('gauge', IN_FLIGHT, perSignal, () => state.inFlight());
  const { queue } = state;
  if (queue !== undefined) {
    metrics.observe('gauge', QUEUE_SIZE, perSignal, () => queue.size());
    metrics.observe('gauge', QUEUE_CAPACITY, perSignal, () => queue.capacity);
  }
  const { partitions } = state;
  if (partitions !== undefined) {
    metrics.observe('gauge', PARTITIONS, perSignal, () => partitions.size());
    metrics.observe('gauge', PARTITION_CAPACITY, perSignal, () => partitions.capacity);
  }
  return {
    sent: metrics.counter(itemsInstrument(signal, 'sent', 'that the peer took'), sentTo),
    failed: (items, error) => {
      metrics.counter(failedItems, { ...sentTo, ...failureAttributes(error) }).add(items);
    },
    enqueued: queue === undefined ? nothing : sizeCounter(metrics, ENQUEUED, exporter),
    batchSent: state.batches === true ? sizeCounter(metrics, BATCH_SENT, sentTo) : nothing,
    enqueueFailed: metrics.counter(
      itemsInstrument(signal, 'enqueue_failed', 'that the queue refused'), exporter,
    ),
  };
}

function nothing(): void {
  // There is no queue, or it makes no batches.
}

function sizeCounter(
  metrics: Metrics, { items, bytes }: typeof ENQUEUED, attributes: Attributes,
): (payload: Payload) => void {
  const inItems = metrics.histogram(items, attributes);
  const inBytes = metrics.histogram(bytes, attributes);
  return (payload) => {
    inItems.record(payload.items);
    inBytes.record(payload.sizeBytes);
  };
}

function itemsInstrument(signal: Signal, event: string, what: string): Instrument {
  const items = ITEM_NAMES[signal];
  return {
    name: `otelcol_exporter_${event}_${items}`,
    description: `Number of ${items.replace('_', ' ')} ${what}.`,
    unit: ITEM_UNITS[signal],
  };
}

function failureAttributes(error: unknown): Attributes {
  const typed = error instanceof RetryableError || error instanceof PermanentError;
  const code = typed ? error.code : undefined;
  return {
    'error.type': code === undefined ? '_OTHER' : codeName(code),
    'error.permanent': String(error instanceof PermanentError),
  };
}
