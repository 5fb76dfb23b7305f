/** One pod: its files, its containers and its life from Pending to gone. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, sleep, type Clock } from '../clock';
import { messageOf } from '../errors';
import { containerInput } from './container-input';
import { ContainerProcess } from './container-process';
import type { Container, PodSpec } from './kubernetes';
import { playedContainers } from './played-container';
import type { ValueSources } from './pod-environment';
import type { PodIdentity } from './pod-identity';
import { POD_NETWORK_VARIABLE, searchDomains, type PodNetwork } from './pod-network';

/** What all pods of a cluster share. */
export interface PodContext {
  /** What plays every container, up to its arguments: Node.js, the entry of `otelgw`, `pod`. */
  readonly program: readonly [command: string, ...args: string[]];
  /** ConfigMaps and Secrets. */
  readonly sources: ValueSources;
  /** Folder for the files of all pods. */
  readonly folder: string;
  /** Cluster DNS. */
  readonly dns: Omit<PodNetwork, 'address' | 'loopback' | 'search'>;
  /** Variables that every container has, for example where the API server is. */
  readonly variables: (pod: PodIdentity) => Readonly<Record<string, string>>;
  /** The time. */
  readonly clock?: Clock;
  /** Told after each change of a pod. */
  readonly changed: (pod: Pod) => void;
}

/** How a pod is. */
export type PodState = 'waiting' | 'starting' | 'ready' | 'not ready' | 'crashed' | 'terminating'
| 'gone';

/** Kubernetes' own default. */
const DEFAULT_GRACE_SECONDS = 30;

/** One pod. */
export class Pod {
  /** Who it is. */
  public readonly identity: PodIdentity;
  /** Why it waits, if it does. */
  public waitsFor = '';
  private readonly context: PodContext;
  private readonly clock: Clock;
  private containers: ContainerProcess[] = [];
  private ending: Promise<void> | undefined;
  private gone = false;

  public constructor(identity: PodIdentity, context: PodContext) {
    this.identity = identity;
    this.context = context;
    this.clock = context.clock ?? systemClock;
  }

  /** How it is now. */
  public get state(): PodState {
    if (this.gone) return 'gone';
    if (this.ending !== undefined) return 'terminating';
    if (this.containers.length === 0) return 'waiting';
    for (const state of ['crashed', 'starting', 'not ready'] as const) {
      if (this.containers.some((container) => container.state === state)) return state;
    }
    return 'ready';
  }

  /** Whether it answers that it is ready, which it may do even while it is ending. */
  public get isServing(): boolean {
    return this.containers.length > 0
      && this.containers.every((container) => container.state === 'ready');
  }

  /** How often its containers were started again. */
  public get restarts(): number {
    return this.containers.reduce((sum, container) => sum + container.restarts, 0);
  }

  /** Why it is not well, with the last lines that it wrote; '' while it is. */
  public get trouble(): string {
    if (this.waitsFor !== '') return this.waitsFor;
    const ill = this.containers.filter((container) => container.reason !== '');
    return ill.map((container) => [container.reason, ...container.lastLines].join('\n  '))
      .join('\n');
  }

  /** Starts its containers, or says in `waitsFor` what they wait for. */
  public start(): void {
    try {
      this.containers = playedContainers(this.identity.spec)
        .map((container) => this.prepare(container));
      this.waitsFor = '';
    } catch (thrown) {
      this.waitsFor = messageOf(thrown);
    }
    for (const container of this.containers) container.start();
    this.context.changed(this);
  }

  /** Ends it as `kubectl delete pod` does; resolves when all of it is gone. */
  public delete(graceMs?: number): Promise<void> {
    this.ending ??= this.end(graceMs);
    this.context.changed(this);
    return this.ending;
  }

  /** Kills its containers, as a machine does that is out of memory; they are started again. */
  public kill(): void {
    for (const container of this.containers) container.signal('SIGKILL');
  }

  /** Lets its containers stand still for `ms`. */
  public pause(ms: number): void {
    for (const container of this.containers) container.signal('SIGSTOP');
    this.clock.after(ms, () => {
      for (const container of this.containers) container.signal('SIGCONT');
    });
  }

  private async end(graceMs: number | undefined): Promise<void> {
    const { terminationGracePeriodSeconds = DEFAULT_GRACE_SECONDS } = this.identity.spec;
    const deadline = this.clock.monotonic() + (graceMs ?? terminationGracePeriodSeconds * 1000);
    if (graceMs === undefined) await sleep(this.clock, preStopMs(this.identity.spec));
    const left = Math.max(0, deadline - this.clock.monotonic());
    await Promise.all(this.containers.map((container) => container.stop(left)));
    this.gone = true;
    this.context.changed(this);
  }

  private prepare(container: Container): ContainerProcess {
    const { identity, context } = this;
    const input = containerInput(identity, container, context.sources, context.folder);
    const logs = join(context.folder, 'logs');
    mkdirSync(logs, { recursive: true });
    const [command, ...programArgs] = context.program;
    return new ContainerProcess({
      container,
      program: {
        command,
        args: [...programArgs, ...input.args],
        cwd: input.folder,
        env: {
          PATH: process.env.PATH ?? '',
          HOSTNAME: identity.name,
          ...context.variables(identity),
          ...input.env,
          [POD_NETWORK_VARIABLE]: JSON.stringify(this.network()),
        },
      },
      address: identity.address,
      logFile: join(logs, `${identity.name}.${container.name}.log`),
      clock: this.clock,
      changed: () => context.changed(this),
    });
  }

  private network(): PodNetwork {
    const { address, loopback, namespace } = this.identity;
    return { ...this.context.dns, address, loopback, search: searchDomains(namespace) };
  }
}

/** How long `preStop` hooks sleep; hooks that run other programs have nothing to run here. */
function preStopMs(spec: PodSpec): number {
  const seconds = playedContainers(spec).map(({ lifecycle }) => {
    const preStop = lifecycle?.preStop;
    if (preStop?.sleep !== undefined) return Number(preStop.sleep.seconds);
    const match = /^(?:\S*\/)?sleep (\d+)$/.exec((preStop?.exec?.command ?? []).join(' '));
    return match === null ? 0 : Number(match[1]);
  });
  return Math.max(0, ...seconds) * 1000;
}
