/** What an exporter of one signal says about itself, under upstream's names. */
import type { ExporterContext } from '../component';
import { PermanentError, RetryableError } from '../errors';
import { codeName } from '../net/status';
import { ITEM_NAMES, Signal } from '../pipeline/payload';
import type { Attributes, Counter, Instrument } from '../telemetry/metrics';

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
};

/** Counters of one exporter and signal. */
export interface DeliveryCounters {
  /** Counts items that the peer took. */
  readonly sent: Counter;
  /** Counts items that never reach the peer, with what kept them from it. */
  failed(items: number, error: unknown): void;
  /** Counts items that the queue did not take. */
  readonly enqueueFailed: Counter;
}

/** What is looked at when somebody reads the metrics. */
export interface DeliveryState {
  /** Requests between queue and answer. */
  inFlight(): number;
  /** Room taken in the queue; undefined without queue. */
  readonly queue?: { readonly capacity: number; size(): number };
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
  return {
    sent: metrics.counter(itemsInstrument(signal, 'sent', 'that the peer took'), sentTo),
    failed: (items, error) => {
      metrics.counter(failedItems, { ...sentTo, ...failureAttributes(error) }).add(items);
    },
    enqueueFailed: metrics.counter(
      itemsInstrument(signal, 'enqueue_failed', 'that the queue refused'), exporter,
    ),
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
