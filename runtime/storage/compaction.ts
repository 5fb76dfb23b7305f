/** Writes a segment anew without what is done in it. */
import { randomBytes } from 'node:crypto';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogSettings } from './log-settings';
import { readHeader, salted, type RecordAt } from './record';
import {
  segmentFile, syncFolder, unlinkIfThere, writeAll,
  type Segment, type SegmentName, type UndoneRecord,
} from './segment';

/** What names of files begin with that are not whole yet, as upstream's do. */
export const TEMPORARY = 'tempdb';

/** A segment of which more is in use is left alone. */
const USED_SHARE = 0.5;
const WINDOW_BYTES = 262_144;

interface Kept {
  readonly at: { readonly offset: number; readonly length: number };
  readonly reading?: UndoneRecord;
}

/**
 * Makes `segment` smaller, when less than half of it is in use: its file is written anew, under its
 * number, with what is not done. Whether it was.
 *
 * The new file gets its name when it is whole and on disk, and only then the old one is deleted. A
 * log that finds both takes the newer one.
 */
export async function compactSegment(
  segment: Segment, folder: string, { compaction, fsync }: LogSettings,
): Promise<boolean> {
  const { directory, maxTransactionSize } = compaction;
  const kept = await keptRecords(segment);
  const used = kept.reduce((sum, { at: { length } }) => sum + length, 0);
  if (!segment.isSealed || kept.length === 0 || used >= segment.length * USED_SHARE) return false;
  const { number, generation } = segment.name;
  const salt = randomBytes(4).readUInt32LE(0);
  const name: SegmentName = { number, generation: generation + 1, salt };
  const temporary = join(directory, `${TEMPORARY}-${segmentFile(name)}`);
  const path = join(folder, segmentFile(name));
  const moved = new Map<UndoneRecord, number>();
  try {
    const target = await open(temporary, 'wx', 0o600);
    try {
      await copy(segment, kept, target, salt, maxTransactionSize || kept.length, moved);
      await target.sync();
    } finally {
      await target.close();
    }
    await rename(temporary, path);
    // The old file goes only when the new one's name outlasts a loss of power.
    if (fsync) await syncFolder(folder);
    await segment.closeFiles();
  } catch (error) {
    // Were the new one left, the next process would take it for what is not done.
    for (const file of [temporary, path]) await unlinkIfThere(file).catch(() => undefined);
    throw error;
  }
  segment.doneBefore.clear();
  await segment.replacedBy(name, used, moved);
  return true;
}

/** What is not done: what is being sent, or where nothing was read yet, all that is left. */
async function keptRecords(segment: Segment): Promise<Kept[]> {
  if (segment.isPassed) {
    return [...segment.reading].map((reading) => ({ at: { ...reading }, reading }));
  }
  const scanner = await segment.scanner(0, WINDOW_BYTES);
  const found: RecordAt[] = [];
  for (let at = await scanner.next(segment.length); at; at = await scanner.next(segment.length)) {
    if ('offset' in at && 'items' in at && !segment.doneBefore.has(at.offset)) found.push(at);
  }
  return found.map((at) => ({ at }));
}

/** Copies `kept`, at most `atOnce` records with one write. */
async function copy(
  segment: Segment, kept: readonly Kept[], target: FileHandle, salt: number, atOnce: number,
  moved: Map<UndoneRecord, number>,
): Promise<void> {
  const source = await segment.opened();
  let end = 0;
  for (let first = 0; first < kept.length; first += atOnce) {
    const begin = end;
    const pieces: Buffer[] = [];
    for (const { at, reading } of kept.slice(first, first + atOnce)) {
      const record = Buffer.alloc(at.length);
      await source.read(record, 0, at.length, at.offset);
      if (readHeader(record, 0, at.offset, segment.name.salt)?.length !== record.length) {
        throw new Error(`${segment.path}: must hold a record at ${at.offset}, got none`);
      }
      salted(record, salt);
      if (reading !== undefined) moved.set(reading, end);
      pieces.push(record);
      end += record.length;
    }
    await writeAll(target, pieces, begin);
  }
}
