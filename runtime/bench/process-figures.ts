/** What the kernel tells of a process. */
import { readdirSync, readFileSync } from 'node:fs';

const NANOSECONDS = 1e9;
const TICKS_PER_SECOND = 100;

/**
 * CPU time of all threads of `pid`, user and system, in seconds: to the nanosecond where the kernel
 * counts that way, else in ticks of ten milliseconds.
 */
export function cpuSeconds(pid: number): number {
  try {
    let nanoseconds = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
      nanoseconds += Number(text.split(' ')[0]);
    }
    if (nanoseconds > 0) return nanoseconds / NANOSECONDS;
  } catch {
    // A kernel without these files, or a thread that ended between two lines.
  }
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Memory of `pid` that is resident now, in MiB. */
export function residentMiB(pid: number): number {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

/** How many processes want a core, over the last minute. */
export function loadAverage(): number {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
}

/** What the machine calls its processor. */
export function processorName(): string {
  const [, name] = /model name\s*:\s*(.+)/.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
  return name ?? 'unknown';
}
