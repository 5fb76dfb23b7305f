/** What an extension that keeps requests over a restart does for the exporters that name it. */
import type { ComponentContext, Extension } from '../component';
import type { Payload, Signal } from '../pipeline/payload';

/** How much there is of something, in each unit that a queue can be told to count. */
export interface Totals {
  /** Requests. */
  requests: number;
  /** Spans, data points or log records. */
  items: number;
  /** Bytes of the requests themselves. */
  bytes: number;
}

/** A request that was read from a log. */
export interface StoredRequest {
  /** The request, with the metadata that it came with. */
  readonly payload: Payload;
  /** Tells the log that it need not be kept any longer. */
  done(): void;
}

/** Requests of one exporter and signal in the order in which they came. One reader reads it. */
export interface RequestLog {
  /** What it held when it was opened. */
  readonly found: Readonly<Totals>;
  /** Whether something was not read yet. */
  readonly hasUnread: boolean;
  /**
   * Keeps `payload`: when the promise is fulfilled, it is read again after a crash.
   *
   * @throws RetryableError when it cannot be written; then it was not kept.
   */
  append(payload: Payload): Promise<void>;
  /**
   * The next request; undefined when all were read, or what is left cannot be read now: then the
   * owner is told when it may be. What is damaged is left out, counted and logged.
   */
  next(): Promise<StoredRequest | undefined> | StoredRequest | undefined;
  /** Keeps everything that is not done for the next process. Twice is harmless. */
  close(): Promise<void>;
}

/** Whose requests a log holds. */
export interface LogOwner {
  /** Context of the exporter: its id, metrics and log. */
  readonly context: ComponentContext;
  /** What kind of telemetry it holds. */
  readonly signal: Signal;
  /** Most bytes that the queue may hold, where it counts bytes. */
  readonly capacityBytes?: number;
  /** Told of requests that were found or appended and cannot be read any longer. */
  onLost(lost: Readonly<Totals>): void;
  /** Told when it is worth the while to read again what could not be read. */
  onReadable(): void;
}

/** An extension that opens logs. */
export interface StorageExtension extends Extension {
  /**
   * Opens the log of `owner`.
   *
   * @throws Error when it cannot be used.
   */
  openLog(owner: LogOwner): Promise<RequestLog>;
}

function isStorage(extension: Extension): extension is StorageExtension {
  return 'openLog' in extension;
}

/**
 * The storage extension `id`.
 *
 * @throws Error when there is none of this name, or it is of another kind.
 */
export function storageExtension(id: string, context: ComponentContext): StorageExtension {
  const found = context.extension(id);
  const where = `exporters.${context.id}.sending_queue.storage`;
  if (found === undefined) {
    throw new Error(`${where}: must name an extension of service.extensions, got "${id}"`);
  }
  if (!isStorage(found)) {
    throw new Error(`${where}: must name a storage extension such as file_storage, got "${id}"`);
  }
  return found;
}
