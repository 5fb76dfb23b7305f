/** What a log says about itself. */
import type { LogOwner } from './storage';
import type { Counter, Instrument } from '../telemetry/metrics';

const DISK_BYTES: Instrument = {
  name: 'otelgw_exporter_queue_disk_bytes',
  description: 'Bytes of the files of the sending queue.',
  unit: 'By',
};
const DAMAGED_PLACES: Instrument = {
  name: 'otelgw_exporter_queue_damaged_places',
  description: 'Number of places in files of the sending queue that could not be read.',
  unit: '{place}',
};
const DAMAGED_BYTES: Instrument = {
  name: 'otelgw_exporter_queue_damaged_bytes',
  description: 'Bytes in files of the sending queue that could not be read.',
  unit: 'By',
};
const WRITE_FAILURES: Instrument = {
  name: 'otelgw_exporter_queue_write_failures',
  description: 'Number of writes to files of the sending queue that failed.',
  unit: '{write}',
};

/** Counters of one log. */
export interface LogMetrics {
  /** Counts places that are damaged. */
  readonly damagedPlaces: Counter;
  /** Counts bytes that are damaged. */
  readonly damagedBytes: Counter;
  /** Counts writes that failed. */
  readonly writeFailures: Counter;
  /** Shows how large the files are. */
  observeDisk(read: () => number): void;
}

/** The metrics of the log of `owner`. */
export function logMetrics({ context: { id, metrics }, signal }: LogOwner): LogMetrics {
  const attributes = { exporter: id, data_type: signal };
  return {
    damagedPlaces: metrics.counter(DAMAGED_PLACES, attributes),
    damagedBytes: metrics.counter(DAMAGED_BYTES, attributes),
    writeFailures: metrics.counter(WRITE_FAILURES, attributes),
    observeDisk: (read) => metrics.observe('gauge', DISK_BYTES, attributes, read),
  };
}
