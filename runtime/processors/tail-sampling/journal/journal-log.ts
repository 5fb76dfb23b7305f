/**
 * One log of the journal: records in files of a folder, appended at one end, read when it is opened
 * and deleted by the file. Records and files are those of the queues on disk (`storage/`).
 */
import { mkdir } from 'node:fs/promises';
import { UnknownRecordError } from './fact-record';
import type { JournalMetrics } from './journal-metrics';
import { MalformedError, messageOf } from '../../../errors';
import type { Payload } from '../../../pipeline/payload';
import { DamageReport } from '../../../storage/damage-report';
import { findSegments } from '../../../storage/found-segments';
import type { LogWords } from '../../../storage/log-settings';
import { decodeRecord, type RecordAt } from '../../../storage/record';
import type { Segment } from '../../../storage/segment';
import { SegmentWriter, type Written } from '../../../storage/segment-writer';
import type { WriteFaults } from '../../../storage/write-faults';
import type { Logger } from '../../../telemetry/logger';

const WINDOW_BYTES = 262_144;

/** What is said of all logs of a journal. */
export const JOURNAL_WORDS: LogWords = {
  noun: 'the journal',
  failing: 'The journal cannot be written. Spans are taken without it until it can.',
  again: 'The journal can be written again.',
  limit: 'max_mib',
};

/** What a log is made from. */
export interface JournalLogOptions {
  /** Its folder, which is made where it is missing. */
  readonly folder: string;
  /** Bytes after which a file is ended and the next one begun. */
  readonly segmentBytes: number;
  /** Bytes of all files of the journal at most, as far as this log minds; 0 is without limit. */
  readonly maxBytes: number;
  /** Where failures are said. */
  readonly log: Logger;
  /** Where they are counted. */
  readonly metrics: JournalMetrics;
  /** Says that it cannot be written. */
  readonly faults: WriteFaults;
  /** Bytes of all files of the journal. */
  diskBytes(): number;
  /** Told of each record that was written, and in which file it is. */
  onWritten(segment: Segment, payload: Payload): void;
}

/** A log. */
export class JournalLog {
  /**
   * Opens the log in a folder that nobody else uses.
   *
   * @throws Error when it cannot be read or written.
   */
  public static async open(options: JournalLogOptions): Promise<JournalLog> {
    await mkdir(options.folder, { recursive: true });
    const log = new JournalLog(options);
    const { segments, nextNumber, unread } = await findSegments(
      options.folder, options.log, JOURNAL_WORDS.noun,
      (segment, place) => log.damage.tell(segment, place));
    log.segments.push(...segments);
    log.hasGaps = unread > 0;
    log.writer = log.writerFrom(nextNumber);
    return log;
  }

  /** Its files, oldest first. The newest one may still be written to. */
  public readonly segments: Segment[] = [];
  /** Whether something of the files that were found could not be read. */
  public hasGaps = false;
  private writer!: SegmentWriter;
  private readonly damage: DamageReport;

  private constructor(private readonly options: JournalLogOptions) {
    this.damage = new DamageReport(JOURNAL_WORDS.noun, options.log, options.metrics);
  }

  /** Bytes of all files. */
  public get diskBytes(): number {
    let bytes = 0;
    for (const { length } of this.segments) bytes += length;
    return bytes;
  }

  /** Resolves when `payload` is written; rejects with a RetryableError when it cannot be. */
  public append(payload: Payload): Promise<void> {
    return this.writer.append(payload);
  }

  /**
   * Gives every record of the files that were found, one after the other, as long as `goesOn`. What
   * is damaged is left out, counted and logged; so is what `visit` finds to be malformed.
   *
   * @throws UnknownRecordError when another build has written it.
   */
  public async read(
    visit: (record: Payload, segment: Segment) => void | Promise<void>, goesOn = () => true,
  ): Promise<void> {
    for (const segment of this.segments.filter(({ isSealed }) => isSealed)) {
      if (!goesOn()) return;
      try {
        await this.readSegment(segment, visit, goesOn);
      } catch (error) {
        if (error instanceof UnknownRecordError) throw error;
        this.hasGaps = true;
        this.options.log.error('A file of the journal cannot be read. It stays as it is.', {
          file: segment.path, error: messageOf(error),
        });
      } finally {
        await segment.closeFiles().catch(() => undefined);
      }
    }
  }

  /** Ends the newest file, when nobody writes to it now. */
  public seal(): void {
    const last = this.segments.at(-1);
    if (last !== undefined && !last.isSealed) this.writer.seal(last);
  }

  /** Deletes a file; one that cannot be deleted stays in the list. */
  public async delete(segment: Segment): Promise<void> {
    await segment.delete();
    const at = this.segments.indexOf(segment);
    if (at >= 0) this.segments.splice(at, 1);
  }

  /** Ends what is under way and closes all files. */
  public async close(): Promise<void> {
    await this.writer.idle();
    for (const segment of this.segments) await segment.closeFiles().catch(() => undefined);
  }

  private writerFrom(firstNumber: number): SegmentWriter {
    const {
      folder, log, segmentBytes, maxBytes, metrics, diskBytes, onWritten, faults,
    } = this.options;
    return new SegmentWriter({
      settings: { segmentBytes, maxBytes, fsync: false },
      words: JOURNAL_WORDS,
      folder,
      firstNumber,
      log,
      diskBytes,
      onSegment: (segment) => this.segments.push(segment),
      onWritten: ({ segment, payload }: Written) => onWritten(segment, payload),
      onFailure: () => metrics.writeFailures.add(1),
      isSpent: () => false,
      faults,
    });
  }

  private async readSegment(
    segment: Segment, visit: (record: Payload, segment: Segment) => void | Promise<void>,
    goesOn: () => boolean,
  ): Promise<void> {
    const scanner = await segment.scanner(0, WINDOW_BYTES);
    while (goesOn()) {
      const at = await scanner.next(segment.length);
      if (at === undefined) return;
      if ('damagedBytes' in at) {
        this.hasGaps = true;
        this.damage.tell(segment, at);
        continue;
      }
      const record = decodeRecord(at, await scanner.bytesOf(at), 'traces');
      if (record === undefined) this.lose(segment, at);
      else await this.visitOne(segment, at, () => visit(record, segment));
    }
  }

  private async visitOne(
    segment: Segment, at: RecordAt, visit: () => void | Promise<void>,
  ): Promise<void> {
    try {
      await visit();
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.lose(segment, at);
    }
  }

  private lose(segment: Segment, { offset, length }: RecordAt): void {
    this.hasGaps = true;
    this.damage.tell(segment, { offset, damagedBytes: length });
  }
}
