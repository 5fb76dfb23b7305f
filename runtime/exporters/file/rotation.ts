/** Puts full files aside, under names that tell when, and removes those that are too old. */
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { FileSettings } from '../../config';

type Rotation = NonNullable<FileSettings['rotation']>;

const DAY_MS = 86_400_000;
const STAMP = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})(?:-size)?$/;

/** Gives the file at `path` the name that it keeps: `data-2022-09-14T05-02-14.173-size.json`. */
export async function putAside(path: string, now: number, rotation: Rotation): Promise<void> {
  const { directory, end, begin } = partsOf(path);
  const stamp = stampOf(now, rotation.localtime);
  await rename(path, join(directory, `${begin}${stamp}-size${end}`));
}

/** Removes files that were put aside, beyond their number and age. */
export async function removeOld(path: string, now: number, rotation: Rotation): Promise<void> {
  const { directory, end, begin } = partsOf(path);
  const { localtime, maxBackups, maxDays } = rotation;
  const aside = (await readdir(directory)).flatMap((name) => {
    if (!name.startsWith(begin) || !name.endsWith(end)) return [];
    const at = timeOf(name.slice(begin.length, name.length - end.length), localtime);
    return at === undefined ? [] : [{ name, at }];
  }).sort((a, b) => b.at - a.at);
  const old = aside.filter(({ at }, index) =>
    (maxBackups > 0 && index >= maxBackups) || (maxDays > 0 && now - at > maxDays * DAY_MS));
  await Promise.all(old.map(({ name }) => rm(join(directory, name), { force: true })));
}

function partsOf(path: string): { directory: string; begin: string; end: string } {
  const end = extname(path);
  return { directory: dirname(path), begin: `${basename(path, end)}-`, end };
}

function stampOf(now: number, isLocal: boolean): string {
  const shift = isLocal ? new Date(now).getTimezoneOffset() * 60_000 : 0;
  return new Date(now - shift).toISOString().slice(0, -1).replace(/:/g, '-');
}

function timeOf(stamp: string, isLocal: boolean): number | undefined {
  const found = STAMP.exec(stamp);
  if (found === null) return undefined;
  const [, day, hours, minutes, seconds] = found;
  return Date.parse(`${day}T${hours}:${minutes}:${seconds}${isLocal ? '' : 'Z'}`);
}
