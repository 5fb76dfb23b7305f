/** A real Kubernetes control plane on loopback, with simulated nodes; needs Go to build it once. */
import { execFileSync } from 'child_process';
import { mkdtempSync, readFileSync, rmSync } from 'fs';
import { homedir, tmpdir } from 'os';
import { join } from 'path';

const SCRIPTS = join(__dirname, 'control-plane');

/** Folder of the binaries: built by control-plane/build.sh and kept. */
export const TOOLS = process.env.TOOLS
  ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kube-tools');

/** What a command answered. */
export interface Answer {
  /** Whether it exited with 0. */
  readonly ok: boolean;
  /** All that it wrote. */
  readonly text: string;
}

/** One control plane; `down` ends it. */
export class ControlPlane {
  private readonly folder = mkdtempSync(join(tmpdir(), 'otelgw-kube-'));

  /** Starts etcd, API server, controllers, scheduler and three simulated nodes. */
  public constructor() {
    execFileSync(join(SCRIPTS, 'up.sh'), [this.folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Address of the API server, and the certificate that vouches for it. */
  public get server(): { readonly host: string; readonly port: string; readonly ca: string } {
    const { clusters } = JSON.parse(readFileSync(this.kubeconfig, 'utf8')) as {
      clusters: { cluster: Record<'server' | 'certificate-authority-data', string> }[];
    };
    const { cluster } = clusters[0];
    const { hostname, port } = new URL(cluster.server);
    const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
    return { host: hostname, port, ca };
  }

  /** Runs kubectl; `input` is its standard input. */
  public kubectl(words: readonly string[], input = ''): Answer {
    try {
      const text = execFileSync(
        join(TOOLS, 'kubectl'), ['--kubeconfig', this.kubeconfig, ...words],
        { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], timeout: 60_000 });
      return { ok: true, text };
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      return { ok: false, text: `${stdout}${stderr}` };
    }
  }

  /** Ends everything. */
  public down(): void {
    execFileSync(join(SCRIPTS, 'down.sh'), [this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get kubeconfig(): string {
    return join(this.folder, 'kubeconfig');
  }
}
