/** What an earlier process left in the folder of a log. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Damage } from './record-scanner';
import { parseSegmentName, Segment, segmentFile, unlinkIfThere } from './segment';
import { messageOf } from '../errors';
import type { Logger } from '../telemetry/logger';

/** Segments of a folder. */
export interface FoundSegments {
  /** Those that hold something that is not done, oldest first. */
  readonly segments: readonly Segment[];
  /** The number of the next one. */
  readonly nextNumber: number;
  /** Number of files that could not be read. */
  readonly unread: number;
}

/**
 * The segments of `folder`, whose log is called `noun`. Those that hold nothing are deleted. One
 * that cannot be read stays for the next process: it keeps nobody from working.
 *
 * @throws Error when the folder cannot be read.
 */
export async function findSegments(
  folder: string, log: Logger, noun: string,
  onDamage: (segment: Segment, damage: Damage) => void,
): Promise<FoundSegments> {
  const files = new Set(await readdir(folder));
  const names = [...files].flatMap((file) => parseSegmentName(file) ?? [])
    .sort((one, other) => one.number - other.number || other.generation - one.generation);
  const segments: Segment[] = [];
  const used = new Set<string>();
  const keep = (segment: Segment): unknown => used.add(doneFile(segmentFile(segment.name)));
  let isLoaded = false;
  let unread = 0;
  for (const [at, name] of names.entries()) {
    const segment = new Segment(folder, name);
    const isReplaced = names[at - 1]?.number === name.number;
    // Its successor was complete before it got its name, but perhaps it cannot be read.
    if (!isReplaced) isLoaded = await load(segment, log, noun, onDamage);
    if (!isLoaded || !isReplaced) keep(segment);
    if (!isLoaded) {
      unread += 1;
      continue;
    }
    if (isReplaced || segment.unread.requests === 0) {
      await orWarn(segment.delete(), log, noun, segment.path);
    } else {
      segments.push(segment);
    }
  }
  for (const file of files) {
    if (!file.endsWith('.done') || used.has(file)) continue;
    await orWarn(unlinkIfThere(join(folder, file)), log, noun, join(folder, file));
  }
  return { segments, nextNumber: (names.at(-1)?.number ?? 0) + 1, unread };
}

async function load(
  segment: Segment, log: Logger, noun: string,
  onDamage: (segment: Segment, damage: Damage) => void,
): Promise<boolean> {
  try {
    await segment.load((damage) => onDamage(segment, damage), (error) => {
      log.warn(`What is done in a file of ${noun} cannot be read. It is sent again.`, {
        file: segment.path, error: messageOf(error),
      });
    });
    return true;
  } catch (error) {
    log.error(`A file of ${noun} cannot be read. It stays for the next start.`, {
      file: segment.path, error: messageOf(error),
    });
    await segment.closeFiles().catch(() => undefined);
    return false;
  }
}

async function orWarn(
  deletion: Promise<void>, log: Logger, noun: string, file: string,
): Promise<void> {
  await deletion.catch((error: unknown) => {
    log.warn(`A file of ${noun} that is over cannot be deleted.`, {
      file, error: messageOf(error),
    });
  });
}

function doneFile(file: string): string {
  return file.replace(/queue$/, 'done');
}
