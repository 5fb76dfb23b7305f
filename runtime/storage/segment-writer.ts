/**
 * Writes requests to the newest segment of a log.
 *
 * Requests that come while a write is under way share the next one, and its fsync: the busier the
 * disk, the larger the writes.
 */
import { randomBytes } from 'node:crypto';
import type { LogSettings, LogWords } from './log-settings';
import { encodeRecord, HEADER_BYTES, type RecordAt } from './record';
import { Segment, syncFolder, writeAll } from './segment';
import { WriteFaults } from './write-faults';
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
  readonly settings: Pick<LogSettings, 'segmentBytes' | 'fsync' | 'maxBytes'>;
  /** What it is called. */
  readonly words: LogWords;
  /** The folder of the log. */
  readonly folder: string;
  /** The number of the first segment that it makes. */
  readonly firstNumber: number;
  /** Where it says that it cannot write. */
  readonly log: Logger;
  /** Bytes of all files of the log. */
  diskBytes(): number;
  /** Told of a new segment when the first request is in it, before it is told of that. */
  onSegment(segment: Segment): void;
  /** Told of a request that is kept, before whoever appended it is. */
  onWritten(written: Written): void;
  /** Told of a write that failed. */
  onFailure(): void;
  /** Whether all that was written to the newest segment is done. */
  isSpent(newest: Segment): boolean;
  /** Says that it cannot write; its own when not given. */
  readonly faults?: WriteFaults;
}

/** The end of a log at which it grows. */
export class SegmentWriter {
  private segment?: Segment;
  private nextNumber: number;
  private readonly waiting: Waiting[] = [];
  private working?: Promise<void>;
  private readonly faults: WriteFaults;

  public constructor(private readonly options: WriterOptions) {
    this.nextNumber = options.firstNumber;
    this.faults = options.faults ?? new WriteFaults(options.words, options.log);
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
      const { segment } = this;
      // The next fsync of the folder may succeed without the name of a file that is new. And what
      // takes the room may be over; as long as requests keep coming, nobody else ends it.
      if (segment?.length === 0 || (segment !== undefined && this.options.isSpent(segment))) {
        await this.end();
      }
      for (const { reject } of group) reject(failure);
      return;
    }
    this.faults.worked(this);
    for (const { resolve } of group) resolve();
  }

  private async writeTo(segment: Segment, group: readonly Waiting[]): Promise<void> {
    const { settings, onSegment, onWritten } = this.options;
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
    let isWritten = false;
    try {
      await writeAll(handle, pieces, segment.length);
      isWritten = true;
      if (settings.fsync) await handle.datasync();
    } catch (error) {
      const isFull = FULL.has((error as NodeJS.ErrnoException).code ?? '');
      await this.takeBack(segment, isFull && !isWritten);
      throw error;
    }
    if (segment.length === 0) onSegment(segment);
    segment.length = end;
    group.forEach(({ payload }, at) => {
      segment.count(records[at], 1);
      onWritten({ payload, segment, record: records[at] });
    });
    if (segment.length >= settings.segmentBytes) await this.end();
  }

  private checkSize(more: number): void {
    const { settings: { maxBytes }, words } = this.options;
    const size = this.options.diskBytes() + more;
    if (maxBytes > 0 && size > maxBytes) {
      throw new Error(`its files must be at most ${words.limit} (${maxBytes} bytes), got ${size}`);
    }
  }

  /** Nothing is left of what was refused, and the disk is given back its room. */
  private async takeBack(segment: Segment, mayGoOn: boolean): Promise<void> {
    try {
      await (await segment.opened()).truncate(segment.length);
      // What a disk that failed does with the same pages later, nobody knows: after an fsync that
      // failed, the next one succeeds without them.
      if (!mayGoOn) await this.end();
    } catch (error) {
      if (!this.faults.has(this)) {
        this.options.log.warn('A write that failed cannot be taken back.', {
          file: segment.path, offset: segment.length, error: messageOf(error),
        });
      }
      await this.end();
    }
  }

  /** Writes nothing more to the newest segment. One without a request goes at once. */
  private async end(): Promise<void> {
    const { segment } = this;
    if (segment === undefined) return;
    this.segment = undefined;
    segment.isSealed = true;
    // What cannot be deleted now is found empty at the next start.
    if (segment.length === 0) await segment.delete().catch(() => undefined);
  }

  private async currentSegment(): Promise<Segment> {
    if (this.segment !== undefined) return this.segment;
    const { folder, settings } = this.options;
    const salt = randomBytes(4).readUInt32LE(0);
    const segment = new Segment(folder, { number: this.nextNumber, generation: 0, salt });
    this.nextNumber += 1;
    await segment.create();
    this.segment = segment;
    if (settings.fsync) await syncFolder(folder);
    return segment;
  }

  private failed(error: unknown): RetryableError {
    const { folder, onFailure, words: { noun } } = this.options;
    const message = `${noun.replace(/^the /, '')}: must be able to write to ${folder}, got ${
      messageOf(error)}`;
    this.faults.failed(this, error, message);
    onFailure();
    return new RetryableError(message, { cause: error });
  }
}
