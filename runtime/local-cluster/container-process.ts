/** One container as a process: starts it, probes it, starts it again when it ends. */
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { Clock, Timer } from '../clock';
import type { Container, Probe } from './kubernetes';
import { askProbe, ProbeLoop, type ProbeKind } from './probe';
import { signalGroup, spawnGroup, type Program } from './process-group';

/** Kubernetes begins with 10 s and ends at 5 minutes; a short run would not see the second try. */
const FIRST_BACKOFF_MS = 1000;
const LAST_BACKOFF_MS = 30_000;
/** A container that ran this long has earned the first backoff again. */
const FORGIVEN_AFTER_MS = 60_000;
const TAIL_LINES = 4;
const TAIL_COLUMNS = 400;

/** How a container is. */
export type ContainerState = 'starting' | 'ready' | 'not ready' | 'crashed' | 'ended';

/** What a container process is given. */
export interface ContainerContext {
  /** What the manifest says about it. */
  readonly container: Container;
  /** What to start. */
  readonly program: Program;
  /** Where its probes ask. */
  readonly address: string;
  /** File that its output is appended to. */
  readonly logFile: string;
  /** The time. */
  readonly clock: Clock;
  /** Told after each change of `state`. */
  readonly changed: () => void;
}

/** One container as a process. */
export class ContainerProcess {
  /** How it is. */
  public state: ContainerState = 'starting';
  /** How often it was started again. */
  public restarts = 0;
  /** Why it ended or was ended the last time. */
  public reason = '';
  private readonly context: ContainerContext;
  private readonly log: WriteStream;
  private child: ChildProcess | undefined;
  private readonly probes = new Map<ProbeKind, ProbeLoop>();
  private backoff: Timer | undefined;
  private startedAt = 0;
  private crashes = 0;
  private ending = false;
  private tail: string[] = [];

  public constructor(context: ContainerContext) {
    this.context = context;
    this.log = createWriteStream(context.logFile, { flags: 'a' });
  }

  /** Process id while it runs. */
  public get pid(): number | undefined {
    return this.state === 'crashed' ? undefined : this.child?.pid;
  }

  /** The last lines that it wrote. */
  public get lastLines(): readonly string[] {
    return this.tail;
  }

  /** Starts it. */
  public start(): void {
    this.startedAt = this.context.clock.monotonic();
    const child = spawnGroup(this.context.program);
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (bytes: Buffer) => this.keep(bytes));
    }
    child.once('error', (error) => this.keep(Buffer.from(`${error.message}\n`)));
    child.once('close', (code, signal) => this.closed(code, signal));
    this.become('starting');
    this.startProbes();
  }

  /** Asks it to end, kills it after `graceMs`, and resolves when it is gone. */
  public async stop(graceMs: number): Promise<void> {
    this.ending = true;
    this.backoff?.cancel();
    // Readiness is still asked for: a pod that ends may be the last one that can serve.
    this.stopProbes('startup', 'liveness');
    const { child } = this;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      await this.endChild(child, child.pid, graceMs);
    }
    await new Promise<void>((resolve) => this.log.end(resolve));
    this.become('ended');
  }

  /** Sends `name` to it and to all that it has started; nothing when it does not run. */
  public signal(name: NodeJS.Signals): void {
    if (this.pid !== undefined && this.state !== 'ended') signalGroup(this.pid, name);
  }

  private endChild(child: ChildProcess, pid: number, graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const kill = this.context.clock.after(graceMs, () => {
        this.reason = `killed after its grace period of ${graceMs} ms`;
        signalGroup(pid, 'SIGKILL');
      });
      child.once('close', () => {
        kill.cancel();
        resolve();
      });
      child.kill('SIGTERM');
    });
  }

  private become(state: ContainerState): void {
    if (this.state === state) return;
    this.state = state;
    this.context.changed();
  }

  private keep(bytes: Buffer): void {
    if (!this.log.writableEnded) this.log.write(bytes);
    const lines = bytes.toString().split('\n').filter((line) => line.trim() !== '');
    const short = lines.map((line) => line.slice(0, TAIL_COLUMNS));
    this.tail = [...this.tail, ...short].slice(-TAIL_LINES);
  }

  private closed(code: number | null, signal: NodeJS.Signals | null): void {
    this.stopProbes('startup', 'liveness', 'readiness');
    if (this.ending) {
      this.become('ended');
      return;
    }
    const ran = this.context.clock.monotonic() - this.startedAt;
    this.crashes = ran > FORGIVEN_AFTER_MS ? 0 : this.crashes;
    this.reason = signal === null ? `exit code ${code}` : `ended by ${signal}`;
    const wait = Math.min(FIRST_BACKOFF_MS * 2 ** this.crashes++, LAST_BACKOFF_MS);
    this.backoff = this.context.clock.after(wait, () => {
      this.restarts++;
      this.start();
    });
    this.become('crashed');
  }

  private startProbes(): void {
    const { startupProbe } = this.context.container;
    if (startupProbe === undefined) {
      this.startSteadyProbes();
      return;
    }
    const startup = this.loop('startup', startupProbe, (healthy) => {
      startup.stop();
      if (healthy) this.startSteadyProbes();
      else this.endUnhealthy('startup');
    });
    startup.start();
  }

  private startSteadyProbes(): void {
    const { livenessProbe, readinessProbe } = this.context.container;
    if (livenessProbe !== undefined) {
      this.loop('liveness', livenessProbe, (healthy) => {
        if (!healthy) this.endUnhealthy('liveness');
      }).start();
    }
    if (readinessProbe === undefined) {
      this.become('ready');
      return;
    }
    this.loop('readiness', readinessProbe, (healthy) => {
      this.become(healthy ? 'ready' : 'not ready');
    }).start();
  }

  private loop(kind: ProbeKind, probe: Probe, changed: (healthy: boolean) => void): ProbeLoop {
    const { container, address, clock } = this.context;
    const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
    const loop = new ProbeLoop(kind, probe, clock,
      () => askProbe(probe, container, address, timeoutMs), changed);
    this.probes.set(kind, loop);
    return loop;
  }

  private stopProbes(...kinds: readonly ProbeKind[]): void {
    for (const kind of kinds) {
      this.probes.get(kind)?.stop();
      this.probes.delete(kind);
    }
  }

  private endUnhealthy(kind: ProbeKind): void {
    const { child } = this;
    if (child?.pid === undefined) return;
    this.keep(Buffer.from(`the ${kind} probe failed too often: the container is started again\n`));
    this.stopProbes('startup', 'liveness', 'readiness');
    void this.endChild(child, child.pid, FIRST_BACKOFF_MS);
  }
}
