/** The programs of the bench: where they are, how they are built, and on which core they run. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** The folder of the project. */
export const ROOT = join(__dirname, '..', '..');
const GO_SOURCE = join(ROOT, 'runtime', 'bench', 'go');
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'otelgw-bench');

/** The Go collector. */
export const GO_COLLECTOR = join(CACHE, 'collector');
/** What makes load, and what counts what arrives. */
export const LOAD = join(CACHE, 'load');

/** A folder that is gone when the bench has ended. */
export const WORK = mkdtempSync(join(tmpdir(), 'otelgw-bench-'));

/** Whether every process can be held to one core. */
export const IS_PINNED = spawnSync('taskset', ['-c', '0,1', 'true']).status === 0;

/** The core of the collector that is measured. */
export const MEASURED_CORE = 0;
/** The core of all else. */
export const OTHER_CORE = 1;

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(WORK, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => process.exit(1));
}

/**
 * Builds what is written in Go, which takes minutes when nothing of it was built before.
 *
 * @throws Error when there is no Go.
 */
export function buildGoPrograms(): void {
  if (spawnSync('go', ['version']).status !== 0) {
    throw new Error('bench: needs Go (https://go.dev/dl), for the collector to compare with, the'
      + ' load and the backends are Go programs');
  }
  mkdirSync(CACHE, { recursive: true });
  for (const program of [GO_COLLECTOR, LOAD]) {
    const words = ['build', '-trimpath', '-ldflags=-s -w', '-o', program, `./${basename(program)}`];
    execFileSync('go', words, {
      cwd: GO_SOURCE, stdio: 'inherit', env: { ...process.env, CGO_ENABLED: '0' },
    });
  }
}

/** How much others on this machine are let go first; below 0 is for those who may, and asked. */
const NICE = process.env.BENCH_NICE;

/** `words` as a command that runs on one core. */
export function onCore(core: number, words: readonly string[]): string[] {
  return [...NICE === undefined ? [] : ['nice', '-n', NICE],
    ...IS_PINNED ? ['taskset', '-c', String(core)] : [], ...words];
}

/** What the constructs tell a pod of ours that holds traces. */
export const SAMPLER_VARIABLES = { MALLOC_MMAP_THRESHOLD_: '262144' };

/** Starts a command that is ended with the bench if it did not end before. */
export function start(words: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(words[0], words.slice(1), {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  children.add(child);
  child.on('close', () => children.delete(child));
  return child;
}

/** What a command prints. */
export function output(words: readonly string[]): string {
  return execFileSync(words[0], words.slice(1), { cwd: ROOT, encoding: 'utf8' }).trim();
}
