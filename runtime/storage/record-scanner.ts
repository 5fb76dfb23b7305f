/** Finds the records of one file, one after the other, and what is damaged between them. */
import type { FileHandle } from 'node:fs/promises';
import { HEADER_BYTES, MARK, readHeader, type RecordAt } from './record';

/** Bytes that are no record. */
export interface Damage {
  /** Where they begin in the file. */
  readonly offset: number;
  /** How many they are. */
  readonly damagedBytes: number;
}

/** Reads a file from an offset on. */
export class RecordScanner {
  private window = Buffer.alloc(0);
  private windowAt = 0;
  private end = 0;

  public constructor(
    private readonly handle: FileHandle,
    private readonly salt: number,
    /** Where the next record is looked for. */
    public offset: number,
    /** How much is read at once, in bytes. */
    private readonly windowBytes: number,
  ) {}

  /** What comes next in the first `end` bytes of the file; undefined when nothing does. */
  public async next(end: number): Promise<RecordAt | Damage | undefined> {
    if (this.offset >= end) return undefined;
    // Behind it somebody may be writing: what is half written must not be remembered.
    this.end = end;
    const { offset } = this;
    const record = await this.headerAt(offset);
    this.offset = record === undefined
      ? await this.nextRecord(offset + 1)
      : offset + record.length;
    return record ?? { offset, damagedBytes: this.offset - offset };
  }

  /** All bytes of a record that `next` found. */
  public async bytesOf({ offset, length }: RecordAt): Promise<Buffer> {
    return this.read(offset, length);
  }

  private async headerAt(offset: number): Promise<RecordAt | undefined> {
    const bytes = await this.read(offset, HEADER_BYTES);
    const record = readHeader(bytes, 0, offset, this.salt);
    return record !== undefined && offset + record.length <= this.end ? record : undefined;
  }

  /** Where the first whole record from `from` on begins, else the end. */
  private async nextRecord(from: number): Promise<number> {
    for (let at = from; at < this.end;) {
      const bytes = await this.read(at, this.windowBytes);
      if (bytes.length === 0) break;
      for (let found = bytes.indexOf(MARK); found >= 0; found = bytes.indexOf(MARK, found + 1)) {
        if (await this.headerAt(at + found) !== undefined) return at + found;
      }
      // A mark may lie across the end of what was read.
      at += Math.max(1, bytes.length - MARK.length + 1);
    }
    return this.end;
  }

  /** `wanted` bytes from `offset` on, fewer where the end is before. */
  private async read(offset: number, wanted: number): Promise<Buffer> {
    const length = Math.min(wanted, this.end - offset);
    const at = offset - this.windowAt;
    if (at >= 0 && at + length <= this.window.length) {
      return this.window.subarray(at, at + length);
    }
    // What was read before may still be on its way to the peer, so its bytes are not used again.
    const bytes = Buffer.allocUnsafeSlow(
      Math.max(length, Math.min(this.windowBytes, this.end - offset)));
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await this.handle.read(
        bytes, filled, bytes.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.window = bytes.subarray(0, filled);
    this.windowAt = offset;
    return this.window.subarray(0, length);
  }
}
