import { open, type FileHandle } from 'node:fs/promises';
import { putAside, removeOld } from './rotation';
import type { Clock, Timer } from '../../clock';
import type { FileSettings } from '../../config';
import { messageOf, RetryableError } from '../../errors';
import type { Logger } from '../../telemetry/logger';

/** Bytes that wait in memory before they are written; upstream keeps 4 KiB. */
const BUFFER = 65_536;
const MIB = 1_048_576;
const DEFAULT_MAX_MIB = 100;
const PERMISSIONS = 0o644;

/** What a writer works with. */
export interface FileWriterOptions {
  /** The file. */
  readonly path: string;
  /** How it is written. */
  readonly settings: FileSettings;
  /** The time. */
  readonly clock: Clock;
  /** Where it says what could not be written. */
  readonly log: Logger;
}

/** A request as it stands in the file. */
interface Entry {
  readonly bytes: Uint8Array;
  readonly items: number;
}

/**
 * Writes requests to one file, each whole or not at all: what a full disk cut off is taken back,
 * so that whoever reads the file finds the beginning of every request.
 */
export class FileWriter {
  private handle?: FileHandle;
  /** Bytes in the file. */
  private size = 0;
  private waiting: Entry[] = [];
  private waitingBytes = 0;
  private timer?: Timer;
  private writing: Promise<void> = Promise.resolve();
  private failure?: string;

  public constructor(private readonly options: FileWriterOptions) {}

  /** Items that wait in memory. */
  public get pendingItems(): number {
    return this.waiting.reduce((sum, { items }) => sum + items, 0);
  }

  /**
   * Opens the file.
   *
   * @throws Error when that cannot be done.
   */
  public async open(): Promise<void> {
    const { clock, path, settings } = this.options;
    const { append, flushInterval, rotation } = settings;
    const isContinued = append || rotation !== undefined;
    this.handle = await open(path, isContinued ? 'a' : 'w', PERMISSIONS);
    this.size = (await this.handle.stat()).size;
    if (rotation === undefined) {
      this.timer = clock.every(flushInterval || 1_000, () => {
        // What could not be written stays here, and is told by `write`.
        this.flush().catch(() => undefined);
      });
    }
  }

  /**
   * Takes `bytes`, which hold `items` items. They are written at once, soon, or when enough wait.
   *
   * @throws RetryableError when the file cannot be written; nothing of `bytes` was then kept.
   */
  public write(bytes: Uint8Array, items: number): void | Promise<void> {
    const entry = { bytes, items };
    const isLater = this.options.settings.rotation === undefined && this.failure === undefined
      && this.waitingBytes + bytes.length < BUFFER;
    this.waiting.push(entry);
    this.waitingBytes += bytes.length;
    if (isLater) return undefined;
    return this.flush().catch((error: unknown) => {
      // It may have been written by a flush that came after this one.
      if (this.takeBack(entry)) throw error;
    });
  }

  /** Writes what waits and closes the file. */
  public async close(): Promise<void> {
    this.timer?.cancel();
    const { handle } = this;
    if (handle === undefined) return;
    try {
      await this.flush();
    } finally {
      this.handle = undefined;
      await handle.close();
    }
  }

  private flush(): Promise<void> {
    const flushed = this.writing.then(() => this.writeWaiting());
    this.writing = flushed.catch(() => undefined);
    return flushed;
  }

  private async writeWaiting(): Promise<void> {
    try {
      while (this.waiting.length > 0) await this.writeSome();
    } catch (error) {
      const message = messageOf(error);
      if (this.failure !== message) {
        this.options.log.error('A file cannot be written.', {
          path: this.options.path, error: message, waiting_items: this.pendingItems,
        });
      }
      this.failure = message;
      throw new RetryableError(`file ${this.options.path}: must be writable, got ${message}`);
    }
    this.failure = undefined;
  }

  /** Writes all that waits; with rotation only as much as the file has room for. */
  private async writeSome(): Promise<void> {
    const entries = await this.entriesThatFit();
    const bytes = Buffer.concat(entries.map((entry) => entry.bytes));
    const { handle, size } = this;
    if (handle === undefined) {
      throw new Error(`file ${this.options.path}: must be open, got one that is closed`);
    }
    try {
      let at = 0;
      while (at < bytes.length) at += (await handle.write(bytes, at)).bytesWritten;
    } catch (error) {
      await handle.truncate(size).catch(() => undefined);
      throw error;
    }
    this.size += bytes.length;
    const written = new Set(entries);
    this.waiting = this.waiting.filter((entry) => !written.has(entry));
    this.waitingBytes -= bytes.length;
  }

  private async entriesThatFit(): Promise<readonly Entry[]> {
    const { rotation } = this.options.settings;
    if (rotation === undefined) return [...this.waiting];
    const most = (rotation.maxMegabytes || DEFAULT_MAX_MIB) * MIB;
    // What is larger than any file stands in one alone.
    if (this.size > 0 && this.size + this.waiting[0].bytes.length > most) await this.rotate();
    return [this.waiting[0]];
  }

  private async rotate(): Promise<void> {
    const { clock, log, path, settings: { rotation } } = this.options;
    if (rotation === undefined) return;
    await putAside(path, clock.now(), rotation);
    const { handle } = this;
    this.handle = await open(path, 'a', PERMISSIONS);
    this.size = 0;
    await handle?.close();
    await removeOld(path, clock.now(), rotation).catch((error: unknown) => {
      log.warn('Old files could not be removed.', { path, error: messageOf(error) });
    });
  }

  private takeBack(entry: Entry): boolean {
    const at = this.waiting.indexOf(entry);
    if (at < 0) return false;
    this.waiting.splice(at, 1);
    this.waitingBytes -= entry.bytes.length;
    return true;
  }
}
