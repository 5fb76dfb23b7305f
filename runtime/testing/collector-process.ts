/** A whole collector as its own process, for tests under runtime/test/. */
import { spawn, type ChildProcess } from 'node:child_process';
import * as http from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

const BUNDLE = join(__dirname, '..', 'dist', 'otelgw.js');
const DEADLINE_MS = 15_000;

/** What became of a process. */
export interface Ended {
  /** Exit code, or null after a signal that it did not handle. */
  readonly code: number | null;
  /** All it wrote to stderr. */
  readonly stderr: string;
}

/** Ports of 127.0.0.1 that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(servers.map((server) => new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  })));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** GET on 127.0.0.1; status 0 when nobody answers. */
export function get(port: number, path = '/'): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    http.get({ host: '127.0.0.1', port, path, timeout: 2_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => { body += text; });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    }).on('error', () => resolve({ status: 0, body: '' }));
  });
}

/** Waits until `holds`, at most fifteen seconds unless it is told how many milliseconds. */
export async function until(
  what: string, holds: () => Promise<boolean> | boolean, deadlineMs = DEADLINE_MS,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`${what}: must come true, got nothing in time`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** One `otelgw` process. Every one that a test starts is killed by `killAll` at the latest. */
export class CollectorProcess {
  private static readonly running = new Set<CollectorProcess>();

  /** Kills what tests left behind. */
  public static killAll(): void {
    for (const { child } of CollectorProcess.running) child.kill('SIGKILL');
  }

  /** Resolves when the process is gone. */
  public readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;
  private written = '';

  /**
   * Starts it with `words`; `launcher` is what starts it in the place of this process, and `bundle`
   * another one than that of this folder.
   */
  public constructor(
    words: readonly string[], env: Readonly<Record<string, string>> = {},
    launcher: readonly string[] = [], bundle = BUNDLE,
  ) {
    const [program, ...rest] = [...launcher, process.execPath, bundle, ...words];
    this.child = spawn(program, rest, {
      stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, NODE_OPTIONS: '', ...env },
    });
    CollectorProcess.running.add(this);
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => { this.written += text; });
    this.ended = new Promise((resolve) => this.child.on('close', (code) => {
      CollectorProcess.running.delete(this);
      resolve({ code, stderr: this.written });
    }));
  }

  /** What it wrote to stderr so far. */
  public get stderr(): string {
    return this.written;
  }

  /** The process's number. */
  public get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Sends a signal. */
  public signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
}
