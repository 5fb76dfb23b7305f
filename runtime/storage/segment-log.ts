/**
 * Requests of one exporter and signal in files of a folder: appended at one end, read from the
 * other, each file deleted when all that it holds is done.
 *
 * Of what lies on disk nothing is held in memory but a window of the file that is read and, while
 * the reader keeps up, the newest requests, which then need not be read at all.
 */
import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { compactSegment } from './compaction';
import { DamageReport } from './damage-report';
import { findSegments } from './found-segments';
import type { LogMetrics } from './log-metrics';
import { QUEUE_WORDS, type LogSettings } from './log-settings';
import { decodeRecord, requestBytes, type RecordAt } from './record';
import type { RecordScanner } from './record-scanner';
import type { Segment } from './segment';
import { SegmentWriter, type Written } from './segment-writer';
import type { LogOwner, RequestLog, StoredRequest, Totals } from './storage';
import type { Clock, Timer } from '../clock';
import { messageOf } from '../errors';
import { Fifo } from '../pipeline/fifo';
import type { Payload } from '../pipeline/payload';
import type { Logger } from '../telemetry/logger';

const MIB = 1_048_576;
/** How much of a file is read at once. */
const WINDOW_BYTES = 262_144;
/** Bytes of requests that are handed to the reader without being read from the disk. */
const NEWEST_BYTES = 8 * MIB;
/** Time after which it is written down what is done. What a crash undoes of it is sent twice. */
const TIDY_MS = 200;
/** Time after which it is tried again when that failed. */
const TIDY_AGAIN_MS = 1_000;
/** How long a file that cannot be read is left alone at first, and at most. */
const SHORTEST_REST_MS = 1_000;
const LONGEST_REST_MS = 60_000;

/** What a log is made from. */
export interface LogOptions {
  /** Its folder, which is made where it is missing. */
  readonly folder: string;
  /** How it keeps requests. */
  readonly settings: LogSettings;
  /** Whose requests it keeps. */
  readonly owner: LogOwner;
  /** What it counts. */
  readonly metrics: LogMetrics;
}

/** The log in one folder. */
export class SegmentLog implements RequestLog {
  /**
   * Opens the log in a folder that no other process uses.
   *
   * @throws Error when its files cannot be read.
   */
  public static async open(options: LogOptions): Promise<SegmentLog> {
    await mkdir(options.folder, { recursive: true });
    const log = new SegmentLog(options);
    await log.load();
    return log;
  }

  /** What it held when it was opened. */
  public readonly found: Totals = { requests: 0, items: 0, bytes: 0 };
  /** Oldest first; the first one that the reader has not left behind is read. */
  private readonly segments: Segment[] = [];
  private readonly newest = new Fifo<Written>();
  private newestBytes = 0;
  private unreadRequests = 0;
  private scanner?: { readonly segment: Segment; readonly scan: RecordScanner };
  private readonly rests = new Set<Timer>();
  private readonly damage: DamageReport;
  private writer!: SegmentWriter;
  private tidyTimer?: Timer;
  private tidying = Promise.resolve();
  private checkTimer?: Timer;
  private wasLarge = false;
  private cannotTidy = false;
  private closing?: Promise<void>;

  private constructor(private readonly options: LogOptions) {
    this.damage = new DamageReport(QUEUE_WORDS.noun, this.log, options.metrics);
  }

  /** Whether something was not read yet. */
  public get hasUnread(): boolean {
    return this.unreadRequests > 0;
  }

  /** Bytes of all files. */
  public get diskBytes(): number {
    let bytes = 0;
    for (const segment of this.segments) bytes += segment.diskBytes;
    return bytes;
  }

  /** Keeps `payload`; rejects with a RetryableError when it cannot. */
  public append(payload: Payload): Promise<void> {
    return this.writer.append(payload);
  }

  /** The next request that was not read yet. */
  public next(): Promise<StoredRequest | undefined> | StoredRequest | undefined {
    const written = this.newest.shift();
    if (written === undefined) return this.hasUnread ? this.read() : undefined;
    this.newestBytes -= written.payload.sizeBytes;
    this.passUpTo(written.segment);
    written.segment.readOffset = written.record.offset + written.record.length;
    return this.handOut(written.segment, written.record, written.payload);
  }

  /** Ends what is under way and closes all files. */
  public close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private get log(): Logger {
    return this.options.owner.context.log;
  }

  private get clock(): Clock {
    return this.options.owner.context.clock;
  }

  private async load(): Promise<void> {
    const { folder, settings, metrics, owner } = this.options;
    const { segments, nextNumber } = await findSegments(
      folder, this.log, QUEUE_WORDS.noun, (segment, place) => this.damage.tell(segment, place));
    for (const segment of segments) this.add(segment);
    this.writer = new SegmentWriter({
      settings,
      words: QUEUE_WORDS,
      folder,
      firstNumber: nextNumber,
      log: this.log,
      diskBytes: () => this.diskBytes,
      onSegment: (segment) => this.segments.push(segment),
      onWritten: (written) => this.onWritten(written),
      onFailure: () => {
        metrics.writeFailures.add(1);
        this.tidySoon();
      },
      isSpent: (segment) => this.isSpent(segment),
    });
    metrics.observeDisk(() => this.diskBytes);
    const { compaction } = settings;
    if (compaction.onStart) await this.afterOthers(() => this.compact(this.segments));
    if (!compaction.onRebound) return;
    this.checkTimer = owner.context.clock.every(
      compaction.checkInterval, () => this.checkRebound());
  }

  private add(segment: Segment): void {
    const { requests, items, bytes } = segment.unread;
    this.found.requests += requests;
    this.found.items += items;
    this.found.bytes += bytes;
    this.unreadRequests += requests;
    this.segments.push(segment);
  }

  private onWritten(written: Written): void {
    const { sizeBytes } = written.payload;
    // Only what comes right after what is held here already may be read before the disk is.
    if (this.unreadRequests === this.newest.length
      && this.newestBytes + sizeBytes <= NEWEST_BYTES) {
      this.newest.push(written);
      this.newestBytes += sizeBytes;
    }
    this.unreadRequests += 1;
  }

  /** The next request from the disk; undefined when there is none that can be read now. */
  private async read(): Promise<StoredRequest | undefined> {
    for (;;) {
      const segment = this.segments.find(({ isPassed, isResting }) => !isPassed && !isResting);
      if (segment === undefined) return undefined;
      let stored: StoredRequest | undefined;
      try {
        stored = await this.readFrom(segment);
      } catch (error) {
        await this.rest(segment, error);
        continue;
      }
      if (segment.failures > 0) {
        this.log.info('A file of the sending queue can be read again.', { file: segment.path });
      }
      segment.failures = 0;
      if (stored !== undefined || !segment.isPassed) return stored;
    }
  }

  /** The next request of `segment`; undefined when all was read. Then a sealed one is passed. */
  private async readFrom(segment: Segment): Promise<StoredRequest | undefined> {
    if (this.scanner?.segment !== segment || this.scanner.scan.offset !== segment.readOffset) {
      const scan = await segment.scanner(segment.readOffset, WINDOW_BYTES);
      this.scanner = { segment, scan };
    }
    const { scan } = this.scanner;
    for (;;) {
      const at = await scan.next(segment.length);
      if (at === undefined) {
        if (segment.isSealed) this.pass(segment);
        else if (scan.offset >= segment.length) this.loseUnread(segment);
        return undefined;
      }
      const bytes = 'damagedBytes' in at ? undefined : await scan.bytesOf(at);
      segment.readOffset = scan.offset;
      if ('damagedBytes' in at) {
        this.damage.tell(segment, at);
      } else if (!segment.doneBefore.has(at.offset)) {
        const payload = decodeRecord(at, bytes!, this.options.owner.signal);
        if (payload !== undefined) return this.handOut(segment, at, payload);
        this.loseRecord(segment, at);
      }
    }
  }

  /** Leaves alone for a while what cannot be read: what else there is goes on. */
  private async rest(segment: Segment, error: unknown): Promise<void> {
    if (segment.failures === 0) {
      this.log.error('A file of the sending queue cannot be read. It is tried again.', {
        file: segment.path, offset: segment.readOffset, error: messageOf(error),
      });
    }
    const pause = Math.min(SHORTEST_REST_MS * 2 ** segment.failures, LONGEST_REST_MS);
    segment.failures += 1;
    segment.isResting = true;
    this.scanner = undefined;
    // The next attempt may need the file opened anew; as long as it is written to, it stays.
    if (segment.isSealed) await segment.letGo().catch(() => undefined);
    if (this.closing !== undefined) return;
    const timer = this.clock.after(pause, () => {
      this.rests.delete(timer);
      segment.isResting = false;
      this.options.owner.onReadable();
    });
    this.rests.add(timer);
  }

  private handOut(segment: Segment, record: RecordAt, payload: Payload): StoredRequest {
    segment.count(record, -1);
    this.unreadRequests -= 1;
    const undone = { offset: record.offset, length: record.length };
    segment.reading.add(undone);
    if (segment.isSealed && segment.unread.requests === 0) this.pass(segment);
    return {
      payload,
      done: () => {
        if (segment.markDone(undone)) this.tidySoon();
      },
    };
  }

  private loseRecord(segment: Segment, record: RecordAt): void {
    segment.count(record, -1);
    this.unreadRequests -= 1;
    this.damage.tell(segment, { offset: record.offset, damagedBytes: record.length });
    this.options.owner.onLost({
      requests: 1, items: record.items, bytes: requestBytes(record),
    });
  }

  private passUpTo(segment: Segment): void {
    for (const before of this.segments) {
      if (before === segment) return;
      if (!before.isPassed) this.pass(before);
    }
  }

  private pass(segment: Segment): void {
    segment.isPassed = true;
    this.scanner = undefined;
    this.tidySoon();
    this.loseUnread(segment);
  }

  /** Headers that were whole when they were counted need not be any more. */
  private loseUnread(segment: Segment): void {
    const lost = segment.loseUnread();
    if (lost.requests === 0) return;
    this.unreadRequests -= lost.requests;
    this.options.owner.onLost(lost);
  }

  private tidySoon(delayMs = TIDY_MS): void {
    if (this.closing !== undefined) return;
    this.tidyTimer ??= this.clock.after(delayMs, () => {
      this.tidyTimer = undefined;
      void this.afterOthers(() => this.tidy());
    });
  }

  /** Whether all that was written to the newest segment is done. */
  private isSpent(newest: Segment): boolean {
    return newest.reading.size === 0 && !this.hasUnread;
  }

  /** What changes files that are read or done happens one after the other. */
  private afterOthers(work: () => Promise<void>): Promise<void> {
    this.tidying = this.tidying.then(work).then(() => {
      this.cannotTidy = false;
    }, (error: unknown) => {
      if (!this.cannotTidy) {
        this.log.warn('Files of the sending queue cannot be tidied up.', {
          error: messageOf(error),
        });
      }
      this.cannotTidy = true;
      this.tidySoon(TIDY_AGAIN_MS);
    });
    return this.tidying;
  }

  /** Deletes what is over, and writes down what else is done. */
  private async tidy(): Promise<void> {
    const last = this.segments.at(-1);
    if (last !== undefined && this.isSpent(last)) this.writer.seal(last);
    for (const segment of this.segments) {
      if (segment.isSealed && !segment.isPassed && !this.hasUnread) this.pass(segment);
    }
    const failures: unknown[] = [];
    for (const segment of [...this.segments]) {
      // One that fails keeps no other from giving its room back.
      await this.tidyOne(segment).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  private async tidyOne(segment: Segment): Promise<void> {
    if (!segment.isOver) return segment.writeDone();
    await segment.delete();
    this.segments.splice(this.segments.indexOf(segment), 1);
  }

  /** Upstream's rule: once much room was taken, and as soon as little of it is in use. */
  private checkRebound(): void {
    const { compaction } = this.options.settings;
    const disk = this.diskBytes;
    if (disk >= compaction.reboundNeededThresholdMib * MIB) this.wasLarge = true;
    if (!this.wasLarge) return;
    let used = 0;
    for (const { unread, reading } of this.segments) {
      used += unread.bytes;
      for (const { length } of reading) used += length;
    }
    if (used > compaction.reboundTriggerThresholdMib * MIB) return;
    void this.afterOthers(async () => {
      await this.compact(this.segments.filter(({ isPassed }) => isPassed));
      this.wasLarge = false;
    });
  }

  private async compact(segments: readonly Segment[]): Promise<void> {
    const { folder, settings } = this.options;
    for (const segment of segments) {
      const before = segment.diskBytes;
      if (!await compactSegment(segment, folder, settings)) continue;
      this.log.info('A file of the sending queue was made smaller.', {
        file: basename(segment.path), before_bytes: before, after_bytes: segment.diskBytes,
      });
    }
  }

  private async finish(): Promise<void> {
    this.tidyTimer?.cancel();
    this.checkTimer?.cancel();
    for (const timer of this.rests) timer.cancel();
    await this.writer.idle();
    await this.afterOthers(() => this.tidy());
    for (const segment of this.segments) {
      await segment.closeFiles().catch((error: unknown) => {
        this.log.error('A file of the sending queue cannot be closed.', {
          file: segment.path, error: messageOf(error),
        });
      });
    }
  }
}
