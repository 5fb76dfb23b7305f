/** Writes what reaches it into files, one request after the other. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileWriter } from './file-writer';
import { groupedPath } from './grouped-path';
import type { Exporter, ExporterContext } from '../../component';
import type { FileSettings } from '../../config';
import { messageOf, RetryableError } from '../../errors';
import { compressionLoading, deflate } from '../../net/compression';
import { protoToJson } from '../../otlp/proto-to-json';
import { groupByResource } from '../../otlp/resource-groups';
import { createPayload, type Payload, type Signal } from '../../pipeline/payload';
import { deliveryCounters, type DeliveryCounters } from '../../queue/delivery-metrics';

const PERMISSIONS = '0755';
const LENGTH_BYTES = 4;
const LINE_FEED = Buffer.from('\n');

/** The file exporter of all pipelines that name it. */
export function createFileExporter(settings: FileSettings, context: ExporterContext): Exporter {
  return new FileExporter(settings, context);
}

class FileExporter implements Exporter {
  /** By path; the one used last stands last. */
  private readonly writers = new Map<string, Promise<FileWriter>>();
  private readonly opened = new Set<FileWriter>();
  private readonly counters = new Map<Signal, DeliveryCounters>();
  private inFlight = 0;
  private isRunning = false;

  public constructor(
    private readonly settings: FileSettings, private readonly context: ExporterContext,
  ) {
    for (const signal of context.signals) {
      const counters = deliveryCounters(context, signal, {}, { inFlight: () => this.inFlight });
      this.counters.set(signal, counters);
    }
  }

  public get pendingItems(): number {
    let items = 0;
    for (const writer of this.opened) items += writer.pendingItems;
    return items;
  }

  public async start(): Promise<void> {
    const { compression, createDirectory, groupBy, path } = this.settings;
    if (compression !== '') await compressionLoading([compression]);
    if (createDirectory) await this.makeDirectory(dirname(path));
    this.isRunning = true;
    if (groupBy.enabled) return;
    try {
      await this.writerOf(path);
    } catch (error) {
      this.isRunning = false;
      throw new Error(`exporters.${this.context.id}.path: must be a file that can be written, got ${
        messageOf(error)}`, { cause: error });
    }
  }

  public async stop(): Promise<void> {
    this.isRunning = false;
    const writers = [...this.writers.values()];
    this.writers.clear();
    await Promise.all(writers.map((writer) => this.close(writer)));
  }

  public async consume(payload: Payload): Promise<void> {
    if (!this.isRunning) throw new RetryableError('file exporter is stopped');
    if (payload.items === 0) return;
    const counters = this.counters.get(payload.signal);
    this.inFlight++;
    try {
      await (this.settings.groupBy.enabled
        ? this.writeGroups(payload) : this.writeTo(this.settings.path, payload));
      counters?.sent.add(payload.items);
    } catch (error) {
      counters?.failed(payload.items, error);
      throw error;
    } finally {
      this.inFlight--;
    }
  }

  /** A retry after one group failed writes the others once more, as upstream's does. */
  private async writeGroups(payload: Payload): Promise<void> {
    const { groupBy, path } = this.settings;
    for (const [segment, entries] of groupByResource(payload, groupBy.resourceAttribute)) {
      if (segment === undefined) {
        this.context.log.debug(
          `Resource does not contain ${groupBy.resourceAttribute} attribute, dropping it`);
        continue;
      }
      await this.writeTo(
        groupedPath(path, segment), createPayload(payload.signal, entries, payload.items));
    }
  }

  private async writeTo(path: string, payload: Payload): Promise<void> {
    const message = this.encode(payload);
    const writer = await this.writerOf(path).catch((error: unknown) => {
      throw new RetryableError(`file ${path}: must be writable, got ${messageOf(error)}`);
    });
    await writer.write(message, payload.items);
  }

  private encode({ chunks, signal }: Payload): Uint8Array {
    const { compression, compressionParams, format } = this.settings;
    const plain = format === 'json' ? [protoToJson(signal, chunks)] : chunks;
    if (compression === '' && format === 'json') return Buffer.concat([...plain, LINE_FEED]);
    const body = compression === ''
      ? Buffer.concat(plain) : deflate(compression, plain, compressionParams.level);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, body]);
  }

  private writerOf(path: string): Promise<FileWriter> {
    const known = this.writers.get(path);
    const writer = known ?? this.openWriter(path);
    this.writers.delete(path);
    this.writers.set(path, writer);
    // One that cannot be opened is tried again by whoever comes next.
    if (known === undefined) {
      writer.catch(() => this.writers.get(path) === writer && this.writers.delete(path));
    }
    this.closeOldest();
    return writer;
  }

  private async openWriter(path: string): Promise<FileWriter> {
    const { clock, log } = this.context;
    const { settings } = this;
    if (settings.groupBy.enabled) await this.makeDirectory(dirname(path));
    const writer = new FileWriter({ path, settings, clock, log });
    await writer.open();
    this.opened.add(writer);
    return writer;
  }

  private closeOldest(): void {
    const { maxOpenFiles } = this.settings.groupBy;
    for (const [path, writer] of this.writers) {
      if (this.writers.size <= maxOpenFiles) return;
      this.writers.delete(path);
      void this.close(writer);
    }
  }

  private async close(opening: Promise<FileWriter>): Promise<void> {
    const writer = await opening.catch(() => undefined);
    if (writer === undefined) return;
    try {
      await writer.close();
    } catch (error) {
      this.context.log.error('A file could not be closed.', {
        error: messageOf(error), dropped_items: writer.pendingItems,
      });
    }
    this.opened.delete(writer);
  }

  private async makeDirectory(path: string): Promise<void> {
    const mode = parseInt(this.settings.directoryPermissions || PERMISSIONS, 8);
    await mkdir(path, { recursive: true, mode });
  }
}
