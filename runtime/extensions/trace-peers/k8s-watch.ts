/**
 * Follows all pods of a Service, those that are not ready and those that leave, too.
 *
 * The list-and-watch loop is that of the load-balancing exporter; this one looks at the slices as
 * they come by.
 */
import type { PeersWatch, ViewListener } from './peers-watch';
import type { TracePeersSettings } from '../../config';
import {
  EndpointSlices, type EndpointSlice, type SliceEndpoint,
} from '../../routing/endpoint-slices';
import { K8sResolver } from '../../routing/k8s-resolver';
import {
  inClusterAddress, KubeApi, type ServiceRef, type SliceList, type SliceSource,
} from '../../routing/kube-api';
import type { ResolverContext } from '../../routing/resolver';
import type { SliceEvent } from '../../routing/slice-codec';

type K8sSettings = NonNullable<TracePeersSettings['resolver']['k8s']>;

const DEFAULT_TIMEOUT_MS = 60_000;

/** Conditions of an endpoint; `serving` is what `ready` is but for leaving pods. */
interface Conditions {
  readonly ready?: boolean | null;
  readonly serving?: boolean | null;
  readonly terminating?: boolean | null;
}

/** Asks Kubernetes who is in the pool. */
export class K8sWatch implements PeersWatch {
  public readonly seesLeaving = true;
  private resolver?: K8sResolver;

  public constructor(
    private readonly settings: K8sSettings,
    private readonly context: ResolverContext,
    /** Where slices come from. */
    private readonly connect: () => SliceSource = () => {
      const { timeout } = settings;
      const timeoutMs = timeout > 0 ? timeout : DEFAULT_TIMEOUT_MS;
      return new KubeApi(inClusterAddress(process.env), timeoutMs, context.clock);
    },
  ) {}

  public async start(listener: ViewListener): Promise<void> {
    this.resolver = new K8sResolver(
      this.settings, () => new SeenSlices(this.connect(), this.settings, listener), this.context);
    await this.resolver.start(() => undefined);
  }

  public async stop(): Promise<void> {
    await this.resolver?.stop();
  }
}

/** Slices on their way to the resolver, of which a view is made. */
class SeenSlices implements SliceSource {
  private ready?: EndpointSlices;
  private all?: EndpointSlices;
  private isClosed = false;

  public constructor(
    private readonly source: SliceSource,
    private readonly settings: K8sSettings,
    private readonly listener: ViewListener,
  ) {}

  public ownNamespace(): Promise<string> {
    return this.source.ownNamespace();
  }

  public async list(service: ServiceRef, fresh: boolean): Promise<SliceList> {
    const list = await this.source.list(service, fresh);
    this.ready = new EndpointSlices({ ...this.settings, ...service });
    this.all = new EndpointSlices({ ...this.settings, ...service });
    for (const slice of list.slices) this.set(slice);
    this.tell();
    return list;
  }

  public watch(
    service: ServiceRef, version: string, tell: (event: SliceEvent) => void,
  ): Promise<void> {
    return this.source.watch(service, version, (event) => {
      tell(event);
      this.take(event);
    });
  }

  public close(): void {
    this.isClosed = true;
    this.source.close();
  }

  private take({ type, slice }: SliceEvent): void {
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') {
      this.ready?.delete(slice);
      this.all?.delete(slice);
    } else {
      this.set(slice);
    }
    this.tell();
  }

  private set(slice: EndpointSlice): void {
    this.ready?.set(withReadiness(slice, takesTraces));
    this.all?.set(withReadiness(slice, () => true));
  }

  private tell(): void {
    if (this.isClosed || this.ready === undefined || this.all === undefined) return;
    this.listener({ ready: this.ready.backends, all: this.all.backends });
  }
}

function withReadiness(
  slice: EndpointSlice, isReady: (conditions: Conditions) => boolean,
): EndpointSlice {
  const endpoints = (slice.endpoints ?? []).map((endpoint): SliceEndpoint => ({
    ...endpoint, conditions: { ready: isReady(endpoint.conditions ?? {}) },
  }));
  return { ...slice, endpoints };
}

/** Under `publishNotReadyAddresses` every pod is called ready, and `serving` tells the truth. */
function takesTraces({ ready, serving, terminating }: Conditions): boolean {
  return ready !== false && serving !== false && terminating !== true;
}
