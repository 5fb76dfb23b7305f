/**
 * A payload: the bytes of telemetry on their way, never decoded into objects.
 *
 * `resource_spans`, `resource_metrics` and `resource_logs` are repeated fields, so the bytes of
 * several export requests, written one after the other, are again one export request. Merging
 * therefore only collects chunks; nobody copies them before the socket does.
 */

/** What kind of telemetry a payload holds. */
export type Signal = 'traces' | 'metrics' | 'logs';

/** All signals, in the order in which upstream lists them. */
export const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs'];

/** What one item of a signal is called in metric names. */
export const ITEM_NAMES: Readonly<Record<Signal, string>> = {
  traces: 'spans',
  metrics: 'metric_points',
  logs: 'log_records',
};

/** Telemetry of one signal as bytes. The bytes are shared: nobody changes them in place. */
export interface Payload {
  /** What kind of telemetry this is. */
  readonly signal: Signal;
  /** Protobuf bytes; each chunk is a whole Export…ServiceRequest, and so are all in a row. */
  readonly chunks: readonly Uint8Array[];
  /** Number of spans, data points or log records. */
  readonly items: number;
  /** Number of bytes in all chunks. */
  readonly sizeBytes: number;
}

/** A payload over `chunks`, which hold `items` items. */
export function createPayload(
  signal: Signal, chunks: readonly Uint8Array[], items: number,
): Payload {
  let sizeBytes = 0;
  for (const chunk of chunks) sizeBytes += chunk.length;
  return { signal, chunks, items, sizeBytes };
}

/** All of `payloads`, which are of one signal, as one payload. No byte is copied. */
export function mergePayloads(signal: Signal, payloads: readonly Payload[]): Payload {
  if (payloads.length === 1) return payloads[0];
  const chunks: Uint8Array[] = [];
  let items = 0;
  for (const payload of payloads) {
    for (const chunk of payload.chunks) chunks.push(chunk);
    items += payload.items;
  }
  return createPayload(signal, chunks, items);
}
