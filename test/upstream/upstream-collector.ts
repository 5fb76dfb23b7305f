/** The real OpenTelemetry Collector, built by build.sh. */
import { spawn, spawnSync, type ChildProcess } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { homedir, tmpdir } from 'os';
import { join } from 'path';

const PROGRAM = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'otelcol-upstream', 'otelcol');

/** What the real collector says of a configuration; empty when it accepts it. */
export function upstreamComplaint(config: string, env: Record<string, string>): string {
  return withFile(config, (file) => {
    const { status, stderr } = spawnSync(PROGRAM, ['validate', '--config', file], {
      encoding: 'utf8', env: { ...process.env, ...env }, timeout: 30_000,
    });
    return status === 0 ? '' : stderr;
  });
}

/** Runs the real collector; the caller ends it. */
export function startUpstream(config: string): ChildProcess {
  return spawn(PROGRAM, ['--config', `yaml:${config}`], { stdio: 'ignore' });
}

function withFile<T>(text: string, use: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'otelgw-upstream-'));
  try {
    const file = join(folder, 'collector.yaml');
    writeFileSync(file, text);
    return use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
