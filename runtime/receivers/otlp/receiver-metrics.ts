import type { ComponentContext } from '../../component';
import { ITEM_NAMES, type Signal } from '../../pipeline/payload';
import type { Counter } from '../../telemetry/metrics';

/** How telemetry came in. */
export type Transport = 'grpc' | 'http';

/** What a receiver counts of one signal over one transport. */
export interface ReceiverCounters {
  /** Items that the pipeline took. */
  readonly accepted: Counter;
  /** Items that the pipeline refused. */
  readonly refused: Counter;
}

const UNITS: Readonly<Record<Signal, string>> = {
  traces: '{span}', metrics: '{datapoint}', logs: '{record}',
};

/** The counters of the receiver of `context`, under upstream's names. */
export function receiverCounters(
  { id, metrics }: ComponentContext, signal: Signal, transport: Transport,
): ReceiverCounters {
  const items = ITEM_NAMES[signal];
  const words = items.replace('_', ' ');
  const attributes = { receiver: id, transport };
  // Upstream's receivers count nothing here either, but dashboards ask for it.
  metrics.counter({
    name: `otelcol_receiver_failed_${items}`,
    description: `The number of ${words} that failed to be processed by the receiver due to`
      + ' internal errors.',
    unit: UNITS[signal],
  }, attributes);
  return {
    accepted: metrics.counter({
      name: `otelcol_receiver_accepted_${items}`,
      description: `Number of ${words} successfully pushed into the pipeline.`,
      unit: UNITS[signal],
    }, attributes),
    refused: metrics.counter({
      name: `otelcol_receiver_refused_${items}`,
      description: `Number of ${words} that could not be pushed into the pipeline.`,
      unit: UNITS[signal],
    }, attributes),
  };
}
