/**
 * Follows the EndpointSlices of a Service: list once, then watch.
 *
 * ```
 *          ┌──── 410: too old, or long ago ─────────┐
 *          ▼                                        │
 *   list ──────► watch from version ── ended ───► watch again
 *    │ fails            │ drops                     ▲
 *    └─ wait, again     └─ wait ────────────────────┘
 * ```
 *
 * Only endpoints that are ready are backends. The list is kept while the API server is away.
 */
import { EndpointSlices, parseServiceName, type BackendsGeneration } from './endpoint-slices';
import { KubeApiError, ServiceRef, SliceSource } from './kube-api';
import { BackendList, BackendsListener, Resolver, ResolverContext } from './resolver';
import type { SliceEvent } from './slice-codec';
import { MalformedError, messageOf } from '../errors';

/** How a k8s resolver asks. */
export interface K8sResolverSettings {
  /** The Service: `name`, `name.namespace` or `name.namespace.svc.cluster.local`. */
  readonly service: string;
  /** Ports of every backend; none leaves it to the exporter. */
  readonly ports: readonly number[];
  /** Whether backends are called by host name and not by address. */
  readonly returnHostnames: boolean;
  /** Generation of the list; the newest unless given. */
  readonly generation?: BackendsGeneration;
}

const LONGEST_WAIT_AT_START_MS = 5000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** What a watch should have told and has not is found out after this time. */
const RESYNC_MS = 600_000;
/** A watch that lasted this long was in order, however it ended. */
const SETTLED_MS = 1000;

/** Finds backends by asking Kubernetes. */
export class K8sResolver implements Resolver {
  public readonly kind = 'k8s';
  private readonly list: BackendList;
  private source?: SliceSource;
  /** Where to watch from; undefined before the first list. */
  private version?: string;
  private isStale = false;
  private listedAt = 0;
  private failures = 0;
  private running?: Promise<void>;
  private isStopped = false;
  private wake: () => void = () => undefined;

  public constructor(
    private readonly settings: K8sResolverSettings,
    /** Called once, at the start: a configuration must be readable outside a cluster. */
    private readonly connect: () => SliceSource,
    private readonly context: ResolverContext,
    private readonly random: () => number = Math.random,
  ) {
    this.list = new BackendList(this.kind, context.metrics);
  }

  public async start(listener: BackendsListener): Promise<void> {
    if (this.running !== undefined || this.isStopped) return;
    const source = this.connect();
    this.source = source;
    this.list.tell(listener);
    await new Promise<void>((listed) => {
      const timer = this.context.clock.after(LONGEST_WAIT_AT_START_MS, listed);
      this.running = this.run(source, () => {
        timer.cancel();
        listed();
      });
    });
  }

  public async stop(): Promise<void> {
    this.isStopped = true;
    this.list.tell(() => undefined);
    this.source?.close();
    this.wake();
    await this.running;
  }

  private async run(source: SliceSource, listed: () => void): Promise<void> {
    const { service, namespace } = parseServiceName(this.settings.service);
    const ref = { service, namespace: namespace ?? await source.ownNamespace() };
    const slices = new EndpointSlices({ ...this.settings, ...ref });
    while (!this.isStopped) {
      const isInOrder = await this.listAndWatch(source, ref, slices, listed);
      listed();
      if (!isInOrder && !this.isStopped) await this.pause();
    }
  }

  /** One round. Answers whether the next may begin at once. */
  private async listAndWatch(
    source: SliceSource, ref: ServiceRef, slices: EndpointSlices, listed: () => void,
  ): Promise<boolean> {
    let since = this.context.clock.monotonic();
    try {
      if (this.version === undefined) {
        const list = await source.list(ref, this.isStale);
        this.version = list.version;
        this.isStale = false;
        this.listedAt = this.context.clock.monotonic();
        this.publish(slices, slices.replaceAll(list.slices));
        listed();
        since = this.context.clock.monotonic();
      }
      await source.watch(ref, this.version, (event) => this.take(slices, event));
      this.listAgainWhenLongAgo();
      return this.hasSettled(since);
    } catch (error) {
      if (!this.isStopped) this.fail(ref, error);
      // Watches that are refused, or never end in order, must not be all that is believed.
      this.listAgainWhenLongAgo();
      this.hasSettled(since);
      return false;
    }
  }

  private listAgainWhenLongAgo(): void {
    const isLongAgo = this.context.clock.monotonic() - this.listedAt >= RESYNC_MS;
    if (this.version !== undefined && isLongAgo) this.listAnew();
  }

  /** Not out of a cache, which may be behind what is known. */
  private listAnew(): void {
    this.version = undefined;
    this.isStale = true;
  }

  private hasSettled(since: number): boolean {
    const settled = this.context.clock.monotonic() - since >= SETTLED_MS;
    if (settled) this.failures = 0;
    return settled;
  }

  private take(slices: EndpointSlices, { type, slice }: SliceEvent): void {
    this.failures = 0;
    this.version = slice.metadata.resourceVersion ?? this.version;
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') {
      slices.delete(slice);
      this.publish(slices, 0);
    } else {
      this.publish(slices, slices.set(slice));
    }
  }

  private publish(slices: EndpointSlices, nameless: number): void {
    if (this.isStopped) return;
    if (nameless > 0) {
      this.list.failed();
      this.context.log.warn('endpoints without a host name are left out', {
        service: this.settings.service, endpoints: nameless,
      });
    }
    this.list.resolved(slices.backends);
  }

  private fail(ref: ServiceRef, error: unknown): void {
    if (error instanceof KubeApiError && error.status === 410) {
      this.listAnew();
      this.context.log.debug('the watch fell behind, listing anew', { ...ref });
      return;
    }
    const hasListed = this.version !== undefined;
    // What cannot be read would come again: a list tells what it was to say.
    if (error instanceof MalformedError) this.listAnew();
    const backends = this.list.current.length;
    if (!hasListed) this.list.failed();
    // A watch drops now and then; that it cannot be had again is worth a warning.
    const level = hasListed && this.failures === 0 ? 'debug' : 'warn';
    this.context.log[level](
      `could not ${hasListed ? 'watch' : 'list'} endpointslices, the backends stay as they are`,
      { ...ref, backends, error: messageOf(error) },
    );
  }

  /** Waits longer each time in a row; at random, so that a fleet does not ask in step. */
  private async pause(): Promise<void> {
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures);
    this.failures++;
    await new Promise<void>((resolve) => {
      const timer = this.context.clock.after(longest * this.random(), resolve);
      this.wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
