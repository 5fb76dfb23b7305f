/** The real OpenTelemetry Collector, built by build.sh. */
import { spawn, spawnSync, type ChildProcess } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { homedir, tmpdir } from 'os';
import { join } from 'path';
import { CertificateAuthority } from '../../runtime/local-cluster/certificate';

const PROGRAM = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'otelcol-upstream', 'otelcol');

/** What Kubernetes puts into pods that may ask it for something. */
const ACCOUNT = '/run/secrets/kubernetes.io/serviceaccount';
const authority = new CertificateAuthority(Date.now());
const IN_CLUSTER = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '6443' };

/**
 * What the real collector says of a configuration; empty when it accepts it. It finds the account
 * of a pod, in a name space of its own, for some components look for it before anything runs.
 */
export function upstreamComplaint(config: string, env: Record<string, string>): string {
  return withFile(config, (file) => {
    const script = `mount -t tmpfs tmpfs /run && mkdir -p ${ACCOUNT} && cd ${ACCOUNT}`
      + ' && printf token > token && printf observability > namespace && printf %s "$CA" > ca.crt'
      + ' && exec "$0" validate --config "$1"';
    const { status, stderr } = spawnSync(
      'unshare', ['--map-root-user', '--mount', 'sh', '-c', script, PROGRAM, file], {
        encoding: 'utf8',
        env: { ...process.env, ...IN_CLUSTER, CA: authority.cert, ...env },
        timeout: 30_000,
      });
    return status === 0 ? '' : stderr;
  });
}

/** Runs the real collector; the caller ends it. */
export function startUpstream(config: string): ChildProcess {
  return spawn(PROGRAM, ['--config', `yaml:${config}`], { stdio: 'ignore' });
}

/**
 * Runs the real collector with `words`; the caller ends it, and reads what it writes to stderr.
 * `launcher` is what starts it in the place of this process.
 */
export function runUpstream(
  words: readonly string[], launcher: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const [program, ...rest] = [...launcher, PROGRAM, ...words];
  return spawn(
    program, rest, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } });
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
