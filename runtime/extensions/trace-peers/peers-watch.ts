/** Tells who is in the pool, from the first answer of the resolver on. */
import { DnsWatch } from './dns-watch';
import { K8sWatch } from './k8s-watch';
import { isOfFamily } from './own-address';
import type { TracePeersSettings } from '../../config';
import type { PeersView } from '../../peers/peers-view';
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

/** The watch that `settings` ask for; `own` is this pod as rings spell it. */
export function createPeersWatch(
  settings: TracePeersSettings, own: string, context: ResolverContext,
): PeersWatch {
  const { allPodsHostname, resolver: { dns, k8s, static: fixed }, resolverDelay } = settings;
  if (k8s !== undefined) return new OneFamily(new K8sWatch(k8s, context), own);
  if (dns === undefined) return new StaticWatch(fixed?.hostnames ?? []);
  const watch = new DnsWatch(dns, { allPodsHostname, lastsMs: resolverDelay }, context);
  return new OneFamily(watch, own);
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

/** A pod with addresses of both families is one pod: that at the address of its own's family. */
class OneFamily implements PeersWatch {
  public readonly seesLeaving: boolean;

  public constructor(private readonly watch: PeersWatch, private readonly own: string) {
    this.seesLeaving = watch.seesLeaving;
  }

  public start(listener: ViewListener): Promise<void> {
    return this.watch.start(({ ready, all }) => listener({
      ready: this.only(ready), ...all !== undefined && { all: this.only(all) },
    }));
  }

  public stop(): Promise<void> {
    return this.watch.stop();
  }

  private only(addresses: readonly string[]): string[] {
    return sorted(addresses.filter((address) => isOfFamily(address, this.own)));
  }
}

function sorted(addresses: readonly string[]): string[] {
  return [...new Set(addresses)].sort();
}
