/** How much memory the process may use: what its container was given, else all of the machine. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';

/** The text of a file, undefined when it cannot be read. */
export type ReadText = (path: string) => string | undefined;

const CGROUPS = '/sys/fs/cgroup';
/** cgroup v1 writes a number near 2^63 where v2 writes `max`. */
const UNLIMITED = 2 ** 62;

/** Bytes of memory that the process may use. */
export function readTotalMemory(
  read: ReadText = readFile, machineMemory: () => number = totalmem,
): number {
  const machine = machineMemory();
  const limits = limitFiles(read('/proc/self/cgroup') ?? '')
    .map((path) => limitIn(read(path)))
    .filter((limit) => limit > 0 && limit < UNLIMITED);
  return Math.min(machine, ...limits);
}

/**
 * The files that may hold a limit. A limit of a group binds all groups in it, and inside of a
 * container the path may be that of the host, so all groups on the way up are asked.
 */
function limitFiles(ownGroups: string): string[] {
  const files: string[] = [];
  for (const line of ownGroups.split('\n')) {
    const [, controllers, path = '/'] = line.split(':');
    if (controllers === '') files.push(...upwards(CGROUPS, path, 'memory.max'));
    if (controllers?.split(',').includes('memory')) {
      files.push(...upwards(join(CGROUPS, 'memory'), path, 'memory.limit_in_bytes'));
    }
  }
  return files;
}

function upwards(root: string, path: string, file: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '..');
  return [...Array(names.length + 1).keys()]
    .map((count) => join(root, ...names.slice(0, count), file));
}

function limitIn(text: string | undefined): number {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : 0;
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
