/**
 * One file of a log, and beside it the file that says which of its records are done.
 *
 * `0000000000000007-0-9f86d081.queue` is the seventh file in its first generation, with its salt;
 * `….done` holds for each record that is done its offset and a checksum. Both are deleted together.
 */
import { constants, type PathLike } from 'node:fs';
import { open, readFile, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { requestBytes, type RecordAt } from './record';
import { RecordScanner, type Damage } from './record-scanner';
import type { Totals } from './storage';

const NAME = /^(\d{16})-(\d+)-([0-9a-f]{8})\.queue$/;
const NUMBER_DIGITS = 16;
const SALT_DIGITS = 8;
const DONE_BYTES = 8;
const SCAN_WINDOW_BYTES = 65_536;

/** What the name of a segment's file says. */
export interface SegmentName {
  /** Its place in the order of all. */
  readonly number: number;
  /** How often it was written anew without what was done. */
  readonly generation: number;
  /** What the checksums of its headers begin with. */
  readonly salt: number;
}

/** What the name of a file says; undefined when it is no segment's. */
export function parseSegmentName(file: string): SegmentName | undefined {
  const [, number, generation, salt] = NAME.exec(file) ?? [];
  return number === undefined ? undefined : {
    number: Number(number), generation: Number(generation), salt: Number.parseInt(salt, 16),
  };
}

/** The name of a segment's file. */
export function segmentFile({ number, generation, salt }: SegmentName): string {
  return `${String(number).padStart(NUMBER_DIGITS, '0')}-${generation}-`
    + `${salt.toString(16).padStart(SALT_DIGITS, '0')}.queue`;
}

/** A request of a segment that was read and is not done. */
export interface UndoneRecord {
  /** Where it is. */
  offset: number;
  /** Number of bytes of its record. */
  readonly length: number;
}

/** What a segment holds and what of it is done. */
export class Segment {
  /** Number of bytes that hold records. */
  public length = 0;
  /** What was not read yet. */
  public readonly unread: Totals = { requests: 0, items: 0, bytes: 0 };
  /** What was read and is not done. */
  public readonly reading = new Set<UndoneRecord>();
  /** Offsets of records that were done before this process began. */
  public readonly doneBefore = new Set<number>();
  /** Whether nothing is appended to it any more. */
  public isSealed = false;
  /** Whether the reader has left it behind. */
  public isPassed = false;
  /** Where the reader goes on. */
  public readOffset = 0;
  /** Whether it could not be read and is not tried again yet. */
  public isResting = false;
  /** How often in a row it could not be read. */
  public failures = 0;
  private handle?: Promise<FileHandle>;
  private doneHandle?: FileHandle;
  private doneLength = 0;
  private newlyDone: number[] = [];

  public constructor(
    /** The folder that it is in. */
    private readonly folder: string,
    /** What its file is called after. */
    public name: SegmentName,
  ) {}

  /** Its file. */
  public get path(): string {
    return join(this.folder, segmentFile(this.name));
  }

  /** Whether its files may be deleted: all that it holds is done, and no more will come. */
  public get isOver(): boolean {
    return this.isSealed && this.isPassed && this.reading.size === 0;
  }

  /** Bytes of both files. */
  public get diskBytes(): number {
    return this.length + this.doneLength;
  }

  /** Makes its file, which must not exist. */
  public async create(): Promise<void> {
    const handle = await open(this.path, 'wx+', 0o600);
    this.handle = Promise.resolve(handle);
  }

  /** Its file, open. */
  public async opened(): Promise<FileHandle> {
    const handle = this.handle ??= open(this.path, constants.O_RDWR);
    try {
      return await handle;
    } catch (error) {
      this.handle = undefined;
      throw error;
    }
  }

  /** Reads from `offset` on, `windowBytes` at once. */
  public async scanner(offset: number, windowBytes: number): Promise<RecordScanner> {
    return new RecordScanner(await this.opened(), this.name.salt, offset, windowBytes);
  }

  /**
   * Counts what was found in its files; what is damaged is given to `onDamage`, and why it cannot
   * be read what is done to `onMarksLost`.
   *
   * @throws Error when its requests cannot be read.
   */
  public async load(
    onDamage: (damage: Damage) => void, onMarksLost: (error: unknown) => void,
  ): Promise<void> {
    const handle = await this.opened();
    this.length = (await handle.stat()).size;
    this.isSealed = true;
    await this.loadDone(onMarksLost);
    const scanner = await this.scanner(0, SCAN_WINDOW_BYTES);
    for (let at = await scanner.next(this.length); at; at = await scanner.next(this.length)) {
      if ('damagedBytes' in at) onDamage(at);
      else if (!this.doneBefore.has(at.offset)) this.count(at, 1);
    }
    // Hundreds of files may wait; the reader opens them one at a time.
    await this.closeFiles();
  }

  /** Counts a record that was appended (1), or read (-1). */
  public count(record: RecordAt, sign: 1 | -1): void {
    this.unread.requests += sign;
    this.unread.items += sign * record.items;
    this.unread.bytes += sign * requestBytes(record);
  }

  /** Takes out the count of what was not read, which cannot be read any longer. */
  public loseUnread(): Totals {
    const lost = { ...this.unread };
    Object.assign(this.unread, { requests: 0, items: 0, bytes: 0 });
    return lost;
  }

  /** Marks a record that was read as done, once; `writeDone` writes that down. */
  public markDone(record: UndoneRecord): boolean {
    if (!this.reading.delete(record)) return false;
    this.newlyDone.push(record.offset);
    return true;
  }

  /** Whether something is done that was not written down. */
  public get hasNewlyDone(): boolean {
    return this.newlyDone.length > 0;
  }

  /** Writes down what is done. What cannot be written is tried again the next time. */
  public async writeDone(): Promise<void> {
    const offsets = this.newlyDone;
    if (offsets.length === 0) return;
    const bytes = Buffer.allocUnsafe(offsets.length * DONE_BYTES);
    offsets.forEach((offset, at) => {
      bytes.writeUInt32LE(offset, at * DONE_BYTES);
      bytes.writeUInt32LE(
        this.doneSum(bytes, at * DONE_BYTES), at * DONE_BYTES + DONE_BYTES / 2);
    });
    this.newlyDone = [];
    try {
      this.doneHandle ??= await open(
        this.donePath, constants.O_WRONLY | constants.O_CREAT, 0o600);
      await writeAll(this.doneHandle, [bytes], this.doneLength);
      this.doneLength += bytes.length;
    } catch (error) {
      this.newlyDone = [...offsets, ...this.newlyDone];
      throw error;
    }
  }

  /** Takes over the file that holds only what `moved` tells, which stands under `name`. */
  public async replacedBy(
    name: SegmentName, length: number, moved: ReadonlyMap<UndoneRecord, number>,
  ): Promise<void> {
    const old = [this.path, this.donePath];
    await this.closeFiles();
    this.name = name;
    this.length = length;
    this.doneLength = 0;
    this.newlyDone = [];
    for (const [record, offset] of moved) {
      record.offset = offset;
      // It may have been delivered while it was being copied.
      if (!this.reading.has(record)) this.newlyDone.push(offset);
    }
    for (const path of old) await unlinkIfThere(path);
  }

  /** Lets go of the file with requests, which is opened anew when it is needed. */
  public async letGo(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await (await handle)?.close();
  }

  /** Closes its files. */
  public async closeFiles(): Promise<void> {
    const { doneHandle } = this;
    this.doneHandle = undefined;
    try {
      await doneHandle?.close();
    } finally {
      await this.letGo();
    }
  }

  /** Deletes its files. The one with requests goes first: without it the other means nothing. */
  public async delete(): Promise<void> {
    await this.closeFiles();
    await unlinkIfThere(this.path);
    await unlinkIfThere(this.donePath);
  }

  private get donePath(): string {
    return `${this.path.slice(0, -'queue'.length)}done`;
  }

  /** A mark of damage or of another file is none: at worst a request is sent twice. */
  private async loadDone(onMarksLost: (error: unknown) => void): Promise<void> {
    const bytes = await readFile(this.donePath).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') onMarksLost(error);
      return Buffer.alloc(0);
    });
    for (let at = 0; at + DONE_BYTES <= bytes.length; at += DONE_BYTES) {
      const sum = bytes.readUInt32LE(at + DONE_BYTES / 2);
      if (sum === this.doneSum(bytes, at)) this.doneBefore.add(bytes.readUInt32LE(at));
    }
    this.doneLength = bytes.length - bytes.length % DONE_BYTES;
  }

  private doneSum(bytes: Buffer, at: number): number {
    return crc32(bytes.subarray(at, at + DONE_BYTES / 2), this.name.salt);
  }
}

/** Writes all of `parts` at `position`; a disk that is full takes some of them at first. */
export async function writeAll(
  handle: FileHandle, parts: readonly Uint8Array[], position: number,
): Promise<void> {
  let total = 0;
  for (const { length } of parts) total += length;
  let { bytesWritten } = await handle.writev(parts, position);
  if (bytesWritten === total) return;
  const bytes = Buffer.concat(parts);
  while (bytesWritten < total) {
    const next = await handle.write(
      bytes, bytesWritten, total - bytesWritten, position + bytesWritten);
    if (next.bytesWritten === 0) {
      throw new Error(`a write: must take bytes or fail, got ${bytesWritten} of ${total}`);
    }
    bytesWritten += next.bytesWritten;
  }
}

/** Deletes a file; that it is not there is as good. */
export async function unlinkIfThere(path: PathLike): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
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
