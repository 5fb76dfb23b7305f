/**
 * A payload: the bytes of telemetry on their way, never decoded into objects.
 *
 * `resource_spans`, `resource_metrics` and `resource_logs` are repeated fields, so the bytes of
 * several export requests, written one after the other, are again one export request. Merging
 * therefore only collects chunks; nobody copies them before the socket does.
 */

import type { ClientMetadata } from './client-metadata';
import { messageBlocks } from '../wire/block-pool';

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
  /** What the client sent beside it; absent unless the receiver keeps it. */
  readonly metadata?: ClientMetadata;
  /**
   * Whether only one consumer at a time has these bytes: whoever is done with them for good may
   * have their memory used again, once (`letGo`). That is only so as it was received.
   */
  isExclusive?: true;
}

/** A payload over `chunks`, which hold `items` items and came with `metadata`. */
export function createPayload(
  signal: Signal, chunks: readonly Uint8Array[], items: number, metadata?: ClientMetadata,
): Payload {
  let sizeBytes = 0;
  for (const chunk of chunks) sizeBytes += chunk.length;
  return metadata === undefined
    ? { signal, chunks, items, sizeBytes }
    : { signal, chunks, items, sizeBytes, metadata };
}

/** What was just received: a payload over `bytes`, which nobody else has. */
export function receivedPayload(
  signal: Signal, bytes: Uint8Array, items: number, metadata?: ClientMetadata,
): Payload {
  const chunks = [bytes];
  const sizeBytes = bytes.length;
  return metadata === undefined
    ? { signal, chunks, items, sizeBytes, isExclusive: true }
    : { signal, chunks, items, sizeBytes, metadata, isExclusive: true };
}

/** `payload` as several consumers get it at once. */
export function shared(payload: Payload): Payload {
  return payload.isExclusive
    ? createPayload(payload.signal, payload.chunks, payload.items, payload.metadata) : payload;
}

/** The bytes of `payload` are read by nobody any more, not even to send them once more. */
export function letGo(payload: Payload): void {
  if (!payload.isExclusive) return;
  // Soon the memory may be lent to somebody else, who must not lose it.
  payload.isExclusive = undefined;
  for (const chunk of payload.chunks) messageBlocks.give(chunk);
}

/** The same telemetry as if it had come with `metadata`, or with none. */
export function withMetadata(payload: Payload, metadata: ClientMetadata | undefined): Payload {
  if (payload.metadata === metadata) return payload;
  return createPayload(payload.signal, payload.chunks, payload.items, metadata);
}

/**
 * All of `payloads`, which are of one signal, as one payload. No byte is copied. Parts of one
 * request keep its metadata; what is gathered from several requests has none.
 */
export function mergePayloads(signal: Signal, payloads: readonly Payload[]): Payload {
  if (payloads.length === 1) return payloads[0];
  const chunks: Uint8Array[] = [];
  let items = 0;
  let metadata = payloads[0]?.metadata;
  for (const payload of payloads) {
    for (const chunk of payload.chunks) chunks.push(chunk);
    items += payload.items;
    if (payload.metadata !== metadata) metadata = undefined;
  }
  return createPayload(signal, chunks, items, metadata);
}
