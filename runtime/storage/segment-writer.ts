/**
 * Writes requests to the newest segment of a log.
 *
 * Requests that come while a write is under way share the next one, and its fsync: the busier the
 * disk, the larger the writes.
 */
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { LogSettings } from './log-settings';
import { encodeRecord, HEADER_BYTES, type RecordAt } from './record';
import { Segment, writeAll } from './segment';
import { messageOf, RetryableError } from '../errors';
import type { Payload } from '../pipeline/payload';
import type { Logger } from '../telemetry/logger';

/** Requests that share one write stay below this, in bytes, unless one of them is larger. */
const LARGEST_WRITE = 8_388_608;
/** The kernel takes 1,024 pieces with one call. */
const MOST_PIECES = 1_000;
/** What is said when there is no room, and only that. */
const FULL = new Set(['ENOSPC', 'EDQUOT']);

interface Waiting {
  readonly payload: Payload;
  resolve(): void;
  reject(error: unknown): void;
}

/** Where a request was written. */
export interface Written {
  /** The request. */
  readonly payload: Payload;
  /** The segment that holds it. */
  readonly segment: Segment;
  /** Where it is in that. */
  readonly record: RecordAt;
}

/** What a writer needs of its log. */
export interface WriterOptions {
  /** How requests are kept. */
  readonly settings: LogSettings;
  /** The folder of the log. */
  readonly folder: string;
  /** The number of the first segment that it makes. */
  readonly firstNumber: number;
  /** Where it says that it cannot write. */
  readonly log: Logger;
  /** Bytes of all files of the log. */
  diskBytes(): number;
  /** Told of a new segment, before anything is in it. */
  onSegment(segment: Segment): void;
  /** Told of a request that is kept, before whoever appended it is. */
  onWritten(written: Written): void;
  /** Told of a write that failed. */
  onFailure(): void;
  /** Whether all that was written to the newest segment is done. */
  isSpent(newest: Segment): boolean;
}

/** The end of a log at which it grows. */
export class SegmentWriter {
  private segment?: Segment;
  private nextNumber: number;
  private readonly waiting: Waiting[] = [];
  private working?: Promise<void>;
  private isFailing = false;

  public constructor(private readonly options: WriterOptions) {
    this.nextNumber = options.firstNumber;
  }

  /** Resolves when `payload` is kept; rejects with a RetryableError when it cannot be. */
  public append(payload: Payload): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ payload, resolve, reject });
      this.working ??= this.work();
    });
  }

  /** Ends the segment that is written to, when it is and nobody appends to it now. */
  public seal(segment: Segment): void {
    if (this.segment !== segment || this.working !== undefined) return;
    this.segment = undefined;
    segment.isSealed = true;
  }

  /** Resolves when nothing is being written. */
  public async idle(): Promise<void> {
    while (this.working !== undefined) await this.working;
  }

  private async work(): Promise<void> {
    // All that arrives in this turn of the event loop comes along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) await this.write(this.takeGroup());
    this.working = undefined;
  }

  private takeGroup(): Waiting[] {
    let bytes = 0;
    let pieces = 0;
    let count = 0;
    for (const { payload } of this.waiting) {
      bytes += payload.sizeBytes + HEADER_BYTES;
      pieces += payload.chunks.length + 2;
      if (count > 0 && (bytes > LARGEST_WRITE || pieces > MOST_PIECES)) break;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  private async write(group: readonly Waiting[]): Promise<void> {
    try {
      const segment = await this.currentSegment();
      await this.writeTo(segment, group);
    } catch (error) {
      const failure = this.failed(error);
      // What takes the room may be over; as long as requests keep coming, nobody else ends it.
      if (this.segment !== undefined && this.options.isSpent(this.segment)) this.end();
      for (const { reject } of group) reject(failure);
      return;
    }
    if (this.isFailing) this.options.log.info('The sending queue can be written again.');
    this.isFailing = false;
    for (const { resolve } of group) resolve();
  }

  private async writeTo(segment: Segment, group: readonly Waiting[]): Promise<void> {
    const { settings, onWritten } = this.options;
    const pieces: Uint8Array[] = [];
    const records: RecordAt[] = [];
    let end = segment.length;
    for (const { payload } of group) {
      const parts = encodeRecord(payload, segment.name.salt);
      let length = 0;
      for (const part of parts) {
        pieces.push(part);
        length += part.length;
      }
      const metadataLength = length - HEADER_BYTES - payload.sizeBytes;
      records.push({
        offset: end, length, items: payload.items, metadataLength, bodySum: 0,
      });
      end += length;
    }
    this.checkSize(end - segment.length);
    const handle = await segment.opened();
    try {
      await writeAll(handle, pieces, segment.length);
      if (settings.fsync) await handle.datasync();
    } catch (error) {
      await this.takeBack(segment, error);
      throw error;
    }
    segment.length = end;
    group.forEach(({ payload }, at) => {
      segment.count(records[at], 1);
      onWritten({ payload, segment, record: records[at] });
    });
    if (segment.length >= settings.segmentBytes) this.end();
  }

  private checkSize(more: number): void {
    const { maxBytes } = this.options.settings;
    const size = this.options.diskBytes() + more;
    if (maxBytes > 0 && size > maxBytes) {
      throw new Error(`its files must be at most max_size (${maxBytes} bytes), got ${size}`);
    }
  }

  /** Nothing is left of what was refused, and the disk is given back its room. */
  private async takeBack(segment: Segment, cause: unknown): Promise<void> {
    const isFull = FULL.has((cause as NodeJS.ErrnoException).code ?? '');
    try {
      await (await segment.opened()).truncate(segment.length);
      // What a disk that failed does with the same pages later, nobody knows.
      if (!isFull && segment.length > 0) this.end();
    } catch (error) {
      this.options.log.warn('A write that failed cannot be taken back.', {
        file: segment.path, offset: segment.length, error: messageOf(error),
      });
      this.end();
    }
  }

  private end(): void {
    if (this.segment !== undefined) this.segment.isSealed = true;
    this.segment = undefined;
  }

  private async currentSegment(): Promise<Segment> {
    if (this.segment !== undefined) return this.segment;
    const { folder, onSegment, settings } = this.options;
    const salt = randomBytes(4).readUInt32LE(0);
    const segment = new Segment(folder, { number: this.nextNumber, generation: 0, salt });
    this.nextNumber += 1;
    await segment.create();
    onSegment(segment);
    this.segment = segment;
    if (settings.fsync) await syncFolder(folder);
    return segment;
  }

  private failed(error: unknown): RetryableError {
    const { folder, log, onFailure } = this.options;
    const message = `sending queue: must be able to write to ${folder}, got ${messageOf(error)}`;
    if (!this.isFailing) {
      log.error('The sending queue cannot be written. Requests are refused until it can.', {
        error: message,
      });
    }
    this.isFailing = true;
    onFailure();
    return new RetryableError(message, { cause: error });
  }
}

/** Makes the names of a folder's files outlast a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
