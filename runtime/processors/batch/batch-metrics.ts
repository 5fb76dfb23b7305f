/** What the batch processor says about itself, under upstream's names. */
import type { Trigger } from './held-batches';
import type { Payload } from '../../pipeline/payload';
import { BYTE_SIZES, SIZES } from '../../telemetry/metric-boundaries';
import type { Gauge, HistogramInstrument, Instrument, Metrics } from '../../telemetry/metrics';

const SEND_SIZE: HistogramInstrument = {
  name: 'otelcol_processor_batch_batch_send_size',
  description: 'Number of units in the batch',
  unit: '{units}',
  boundaries: SIZES,
};
const SEND_SIZE_BYTES: HistogramInstrument = {
  name: 'otelcol_processor_batch_batch_send_size_bytes',
  description: 'Number of bytes in batch that was sent',
  unit: 'By',
  boundaries: BYTE_SIZES,
};
const SIZE_TRIGGER: Instrument = {
  name: 'otelcol_processor_batch_batch_size_trigger_send',
  description: 'Number of times the batch was sent due to a size trigger',
  unit: '{times}',
};
const TIMEOUT_TRIGGER: Instrument = {
  name: 'otelcol_processor_batch_timeout_trigger_send',
  description: 'Number of times the batch was sent due to a timeout trigger',
  unit: '{times}',
};

const CARDINALITY: Instrument = {
  name: 'otelcol_processor_batch_metadata_cardinality',
  description: 'Number of distinct metadata value combinations being processed',
  unit: '{combinations}',
  isSum: true,
};

/** Counts batches. */
export interface BatchMetrics {
  /** Counts a batch that the next consumer took. */
  count(payload: Payload, trigger: Trigger): void;
  /** Combinations of metadata that are told apart. */
  readonly combinations: Gauge;
}

/** The metrics of the batch processor `processor`. */
export function batchMetrics(metrics: Metrics, processor: string): BatchMetrics {
  const items = metrics.histogram(SEND_SIZE, { processor });
  const bytes = metrics.histogram(SEND_SIZE_BYTES, { processor });
  const triggers = {
    size: metrics.counter(SIZE_TRIGGER, { processor }),
    timeout: metrics.counter(TIMEOUT_TRIGGER, { processor }),
  };
  return {
    combinations: metrics.gauge(CARDINALITY, { processor }),
    count: (payload, trigger) => {
      items.record(payload.items);
      bytes.record(payload.sizeBytes);
      triggers[trigger].add(1);
    },
  };
}
