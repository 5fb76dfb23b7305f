/** A directory of files for tests of queues on disk, and requests that can be told apart. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentContext, type TestContext } from './component-context';
import { systemClock, type Clock } from '../clock';
import type { FileStorageSettings } from '../config';
import { RecordingLogger } from './recording-logger';
import { createFileStorageExtension } from '../extensions/file-storage/file-storage';
import { createPayload, type Payload } from '../pipeline/payload';
import type { RequestLog, StorageExtension, Totals } from '../storage/storage';
import { PrometheusMetrics } from '../telemetry/prometheus-metrics';

const directories: string[] = [];

/** A new directory. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'otelgw-storage-'));
  directories.push(directory);
  return directory;
}

/** Deletes all directories that tests made. */
export function deleteDirectories(): void {
  for (const directory of directories.splice(0)) {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Settings of the extension; small files unless told otherwise. */
export function storageSettings(
  directory: string, given: Partial<FileStorageSettings> = {},
): FileStorageSettings {
  return {
    directory,
    timeout: 0,
    maxSize: 0,
    compaction: {
      directory,
      onStart: false,
      onRebound: false,
      reboundNeededThresholdMib: 100,
      reboundTriggerThresholdMib: 10,
      maxTransactionSize: 65_536,
      checkInterval: 5_000,
      cleanupOnStart: false,
    },
    fsync: false,
    createDirectory: false,
    directoryPermissions: '0750',
    recreate: false,
    ...given,
  };
}

/** An exporter's context, whose extensions are `extensions`. */
export interface StorageWorld {
  /** The extension, started. */
  readonly storage: StorageExtension;
  /** Its and the exporter's context. */
  readonly context: Omit<TestContext, 'clock'> & { readonly clock: Clock };
  /** Lines that were logged. */
  readonly log: RecordingLogger;
  /** What was counted. */
  readonly metrics: PrometheusMetrics;
}

/** A storage extension over `directory`, started. Real files need real time. */
export async function openStorage(
  directory: string, given: Partial<FileStorageSettings> = {}, clock: Clock = systemClock,
): Promise<StorageWorld> {
  const log = new RecordingLogger();
  const metrics = new PrometheusMetrics();
  const context = { ...componentContext('otlp_grpc/a b', { log, metrics }), clock };
  const storage = createFileStorageExtension(
    storageSettings(directory, given), { ...context, id: 'file_storage' });
  await storage.start();
  return {
    storage,
    context: {
      ...context, extension: (id) => (id === 'file_storage' ? storage : undefined),
    },
    log,
    metrics,
  };
}

/** The log of the exporter's traces; `lost` counts what is lost. */
export async function openLog(
  { context, storage }: StorageWorld, lost: Totals = { requests: 0, items: 0, bytes: 0 },
  onReadable: () => void = () => undefined,
): Promise<RequestLog> {
  return storage.openLog({
    context,
    signal: 'traces',
    capacityBytes: 1,
    onReadable,
    onLost: ({ requests, items, bytes }) => {
      lost.requests += requests;
      lost.items += items;
      lost.bytes += bytes;
    },
  });
}

/** A request of `bytes` bytes that says its number, and so many items. */
export function numbered(number: number, bytes = 100, items = 1): Payload {
  const body = Buffer.alloc(bytes, number & 0xff);
  body.writeUInt32LE(number, 0);
  return createPayload('traces', [body], items, { tenant: [`t${number}`] });
}

/** The number of a request. */
export function numberOf({ chunks }: Payload): number {
  return Buffer.concat(chunks).readUInt32LE(0);
}

/** Reads all that is left, without telling that it is done. */
export async function readAll(log: RequestLog): Promise<Payload[]> {
  const payloads: Payload[] = [];
  while (log.hasUnread) {
    const stored = await log.next();
    if (stored === undefined) break;
    payloads.push(stored.payload);
  }
  return payloads;
}

/** Files below `directory` whose names end so. */
export function filesOf(directory: string, ending: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending)).sort().map((file) => join(directory, file));
}
