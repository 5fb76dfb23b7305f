/** The pods of one Deployment, StatefulSet or DaemonSet, as its controller keeps them. */
import { randomUUID } from 'node:crypto';
import { systemClock, sleep } from '../clock';
import type { PodTemplate } from './kubernetes';
import { Pod, type PodContext } from './pod';
import type { PodIdentity } from './pod-identity';

/** What a pool is to be. */
export interface PoolPlan {
  /** Which controller keeps it. */
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  /** The workload's name. */
  readonly name: string;
  /** The workload's namespace. */
  readonly namespace: string;
  /** Number of pods at first; a DaemonSet has one per node instead. */
  readonly replicas: number;
  /** What its pods are to be. */
  readonly template: PodTemplate;
  /** The Service that gives a StatefulSet's pods their names. */
  readonly serviceName?: string;
  /** Whether a StatefulSet starts its pods all at once. */
  readonly parallel: boolean;
}

/** A simulated machine. */
export interface ClusterNode {
  /** Its name. */
  readonly name: string;
  /** Its address. */
  readonly address: string;
}

/** What a pool needs from its cluster. */
export interface PoolContext {
  /** All nodes. */
  readonly nodes: readonly ClusterNode[];
  /** A fresh address. */
  readonly nextAddress: (range: 'pod' | 'podLoopback') => string;
  /** What pods share. */
  readonly pod: PodContext;
}

/** How often a pool looks whether what it waits for has come. */
const LOOK_MS = 50;

/** A pool of pods. */
export class PodPool {
  /** What it is to be. */
  public readonly plan: PoolPlan;
  /** Pods that are not gone. */
  public pods: Pod[] = [];
  /** Number of pods that are wanted. */
  public replicas: number;
  private readonly context: PoolContext;
  private readonly templateHash: string;
  private created = 0;
  private stopped = false;
  /** Commands for one pool are carried out one after the other, as a controller would. */
  private work: Promise<void> = Promise.resolve();

  public constructor(plan: PoolPlan, context: PoolContext) {
    this.plan = plan;
    this.context = context;
    this.replicas = plan.kind === 'DaemonSet' ? context.nodes.length : plan.replicas;
    this.templateHash = randomUUID().slice(0, 8);
  }

  /** Number of pods that take traffic. */
  public get ready(): number {
    return this.pods.filter((pod) => pod.state === 'ready').length;
  }

  /** Makes the first pods. */
  public start(): void {
    this.scale(this.replicas);
  }

  /** Makes or ends pods until there are `replicas`. */
  public scale(replicas: number): void {
    this.replicas = replicas;
    this.enqueue(() => this.reconcile());
  }

  /** Replaces all pods, one after the other, waiting for each new one to be ready. */
  public restart(): void {
    this.enqueue(async () => {
      const old = this.plan.kind === 'StatefulSet' ? [...this.pods].reverse() : [...this.pods];
      for (const pod of old) {
        if (this.stopped || pod.state === 'gone') continue;
        await this.replace(pod);
      }
    });
  }

  /** Ends `pod`; the pool makes another one. */
  public deletePod(pod: Pod): void {
    void this.remove(pod);
    this.enqueue(() => this.reconcile());
  }

  /** Ends all pods for good. */
  public async stop(graceMs?: number): Promise<void> {
    this.stopped = true;
    await Promise.all(this.pods.map((pod) => this.remove(pod, graceMs)));
    await this.work;
  }

  /** Resolves when all that was asked for has been done. */
  public settled(): Promise<void> {
    return this.work;
  }

  /** A pod as this pool would make it, which is never started: for looking at its files. */
  public sample(): PodIdentity {
    return this.identityOf(0, () => '127.0.0.1');
  }

  private enqueue(task: () => Promise<void>): void {
    this.work = this.work.then(task);
  }

  private async replace(pod: Pod): Promise<void> {
    if (this.plan.kind === 'Deployment') {
      const next = this.create(this.created);
      await this.until(() => next.state === 'ready' || next.state === 'gone');
      await this.remove(pod);
    } else {
      await this.remove(pod);
      await this.reconcile();
      await this.until(() => this.ready >= this.replicas);
    }
  }

  private async reconcile(): Promise<void> {
    const { kind } = this.plan;
    if (kind === 'Deployment') await this.reconcileDeployment();
    else await this.reconcileNamed(kind === 'DaemonSet' || this.plan.parallel);
  }

  private async reconcileDeployment(): Promise<void> {
    const living = this.pods.filter((pod) => pod.state !== 'terminating');
    for (let count = living.length; count < this.replicas && !this.stopped; count++) {
      this.create(this.created);
    }
    // Those that are not ready go first, then the youngest.
    const surplus = [...living].reverse()
      .sort((a, b) => Number(a.state === 'ready') - Number(b.state === 'ready'))
      .slice(0, Math.max(0, living.length - this.replicas));
    await Promise.all(surplus.map((pod) => this.remove(pod)));
  }

  /** StatefulSets and DaemonSets: a number belongs to one pod at a time, which must be gone. */
  private async reconcileNamed(parallel: boolean): Promise<void> {
    for (let number = 0; number < this.replicas && !this.stopped; number++) {
      const old = this.byNumber(number);
      if (old !== undefined && old.state !== 'terminating') continue;
      await this.until(() => this.byNumber(number) === undefined);
      if (this.stopped) return;
      const pod = this.create(number);
      if (!parallel) await this.until(() => pod.state === 'ready' || pod.state === 'gone');
    }
    const surplus = this.pods.slice().sort((a, b) => this.numberOf(b) - this.numberOf(a))
      .filter((pod) => this.numberOf(pod) >= this.replicas);
    for (const pod of surplus) {
      const removed = this.remove(pod);
      if (!parallel) await removed;
    }
  }

  private byNumber(number: number): Pod | undefined {
    return this.pods.find((pod) => this.numberOf(pod) === number);
  }

  private numberOf(pod: Pod): number {
    if (this.plan.kind === 'StatefulSet') return Number(pod.identity.name.split('-').at(-1));
    return this.context.nodes.findIndex((node) => node.name === pod.identity.nodeName);
  }

  private create(number: number): Pod {
    const pod = new Pod(this.identityOf(number), this.context.pod);
    this.created++;
    this.pods.push(pod);
    pod.start();
    return pod;
  }

  private async remove(pod: Pod, graceMs?: number): Promise<void> {
    await pod.delete(graceMs);
    this.pods = this.pods.filter((each) => each !== pod);
  }

  private identityOf(
    number: number, nextAddress: PoolContext['nextAddress'] = this.context.nextAddress,
  ): PodIdentity {
    const { kind, name, namespace, template, serviceName } = this.plan;
    const { nodes } = this.context;
    const spec = template.spec ?? { containers: [] };
    const uid = randomUUID();
    const names = {
      Deployment: `${name}-${this.templateHash}-${uid.slice(0, 5)}`,
      DaemonSet: `${name}-${uid.slice(0, 5)}`,
      StatefulSet: `${name}-${number}`,
    };
    const node = nodes[number % nodes.length];
    const stateful = kind === 'StatefulSet';
    const ordinal: Record<string, string> = stateful ? {
      'statefulset.kubernetes.io/pod-name': names.StatefulSet,
      'apps.kubernetes.io/pod-index': String(number),
    } : {};
    return {
      name: names[kind],
      namespace,
      uid,
      labels: { ...template.metadata?.labels, ...ordinal },
      annotations: { ...template.metadata?.annotations },
      nodeName: node.name,
      nodeAddress: node.address,
      address: spec.hostNetwork === true ? node.address : nextAddress('pod'),
      loopback: nextAddress('podLoopback'),
      hostname: spec.hostname ?? (stateful ? names.StatefulSet : undefined),
      subdomain: spec.subdomain ?? (stateful ? serviceName : undefined),
      workload: name,
      serviceAccount: spec.serviceAccountName ?? 'default',
      spec,
    };
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.stopped) await sleep(systemClock, LOOK_MS);
  }
}
