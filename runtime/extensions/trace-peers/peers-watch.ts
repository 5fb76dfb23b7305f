/** Tells who is in the pool, from the first answer of the resolver on. */
import { DnsWatch } from './dns-watch';
import { K8sWatch } from './k8s-watch';
import { isOfFamily } from './own-address';
import type { Timer } from '../../clock';
import type { TracePeersSettings } from '../../config';
import type { PeersView } from '../../peers/peers-view';
import type { SliceSource } from '../../routing/kube-api';
import type { ResolverContext } from '../../routing/resolver';

/** Told every answer, also one that is as the last. */
export type ViewListener = (view: PeersView) => void;

/** Looks who is in the pool. */
export interface PeersWatch {
  /** Whether a pod that leaves is no longer named after a while, so that leaving is waited for. */
  readonly seesLeaving: boolean;
  /**
   * Begins.
   *
   * @throws Error when it can never work, for example outside a cluster.
   */
  start(listener: ViewListener): Promise<void>;
  /** Ends. Twice is harmless. */
  stop(): Promise<void>;
}

/**
 * The watch that `settings` ask for; `own` is this pod as rings spell it. Tests have an API server
 * of their own.
 */
export function createPeersWatch(
  settings: TracePeersSettings, own: string, context: ResolverContext,
  connect?: () => SliceSource,
): PeersWatch {
  const { allPodsHostname, resolver: { dns, k8s, static: fixed }, resolverDelay } = settings;
  const poolOf = (watch: PeersWatch): PeersWatch =>
    new PoolOfOwn(watch, own, resolverDelay, context);
  if (k8s !== undefined) return poolOf(new K8sWatch(k8s, context, connect));
  if (dns === undefined) return new StaticWatch(fixed?.hostnames ?? []);
  return poolOf(new DnsWatch(dns, { allPodsHostname, lastsMs: resolverDelay }, context));
}

/** Knows the pods from the configuration. */
class StaticWatch implements PeersWatch {
  public readonly seesLeaving = false;

  public constructor(private readonly hostnames: readonly string[]) {}

  public async start(listener: ViewListener): Promise<void> {
    listener({ ready: sorted(this.hostnames) });
  }

  public async stop(): Promise<void> {
    // Nothing was opened.
  }
}

/**
 * The pool that this pod is in. A pod with addresses of both families is one pod: that at the
 * address of its own's family. An answer that lacks this pod, say while its Service is made anew,
 * tells of nobody that he is gone.
 */
class PoolOfOwn implements PeersWatch {
  public readonly seesLeaving: boolean;
  /** All pods that were named last, this one among them, and who was since. */
  private last: readonly string[] = [];
  private isNamed = false;
  private hasAll = false;
  /** Number of addresses, of whichever family, that the last answer had. */
  private addresses = 0;
  private timer?: Timer;
  private isStopped = false;

  public constructor(
    private readonly watch: PeersWatch,
    private readonly own: string,
    private readonly delayMs: number,
    private readonly context: ResolverContext,
  ) {
    this.seesLeaving = watch.seesLeaving;
  }

  public async start(listener: ViewListener): Promise<void> {
    await this.watch.start((view) => listener(this.read(view)));
    if (this.isStopped) return;
    this.timer = this.context.clock.after(this.delayMs, () => this.warnIfUnnamed());
  }

  public stop(): Promise<void> {
    this.isStopped = true;
    this.timer?.cancel();
    return this.watch.stop();
  }

  private read(view: PeersView): PeersView {
    const ready = this.only(view.ready);
    const all = view.all && this.only(view.all);
    this.addresses = (view.all ?? view.ready).length;
    // Who is only told of ready pods may not be one of them yet.
    this.isNamed = (all ?? ready).includes(this.own) || all === undefined && ready.length > 0;
    if (all === undefined) return { ready };
    this.hasAll = true;
    this.last = this.isNamed ? all : sorted([...this.last, ...all]);
    return { ready, all: this.last };
  }

  private warnIfUnnamed(): void {
    const { addresses, context: { log }, own } = this;
    if (this.isNamed || addresses === 0 && !this.hasAll) return;
    log.warn('The resolver does not name this pod, so that its traces may be split:'
      + ' see resolver, and whether address is of the family of what it names.', {
      address: own, found: addresses,
    });
  }

  private only(addresses: readonly string[]): string[] {
    return sorted(addresses.filter((address) => isOfFamily(address, this.own)));
  }
}

function sorted(addresses: readonly string[]): string[] {
  return [...new Set(addresses)].sort();
}
