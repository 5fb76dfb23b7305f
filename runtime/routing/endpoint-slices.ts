/** What Kubernetes says about a Service's pods, and the backends that this makes. */

/** One pod or address behind a Service; the parts that routing asks for. */
export interface SliceEndpoint {
  /** Addresses of the pod. */
  readonly addresses?: readonly string[] | null;
  /** The pod's own name in DNS, for pods of a StatefulSet. */
  readonly hostname?: string | null;
  /** What the pod is able to do. */
  readonly conditions?: EndpointConditions | null;
}

/** What Kubernetes knows of a pod; what is absent is not known. */
export interface EndpointConditions {
  /** Whether it is to be sent to; always true where a Service publishes addresses unready. */
  readonly ready?: boolean | null;
  /** Whether its probe says that it works, also while it ends. */
  readonly serving?: boolean | null;
  /** Whether it has been told to end. */
  readonly terminating?: boolean | null;
}

/** An object of `discovery.k8s.io/v1`; the parts that routing asks for. */
export interface EndpointSlice {
  /** Name and version of the object. */
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
  /** What is behind the Service. The API server writes null for an empty list. */
  readonly endpoints?: readonly SliceEndpoint[] | null;
}

/** How endpoints become backends. */
export interface BackendNaming {
  /** The Service's name. */
  readonly service: string;
  /** The Service's namespace. */
  readonly namespace: string;
  /** One backend per address and port; without ports the address alone. */
  readonly ports: readonly number[];
  /** Whether backends are called `<hostname>.<service>.<namespace>` and not by address. */
  readonly returnHostnames: boolean;
  /** Generation of the list (`compatibility.backends`); the newest unless given. */
  readonly generation?: BackendsGeneration;
}

/** Generations of the list of backends: those of upstream's releases, and our own. */
export type BackendsGeneration = 1 | 2 | 3;

/** Our own. */
export const OWN_BACKENDS = 3;

/** Name and namespace of a Service. */
export interface ServiceName {
  /** Its name. */
  readonly service: string;
  /** Its namespace, when the name says so. */
  readonly namespace?: string;
}

/** Reads `name`, `name.namespace` or `name.namespace.svc.cluster.local`. */
export function parseServiceName(text: string): ServiceName {
  const [service, namespace] = text.split('.');
  return { service, namespace: namespace === '' ? undefined : namespace };
}

/**
 * The slices of one Service. They are kept apart, because an address may stand in two of them while
 * Kubernetes moves it; it is gone only when no slice has it.
 */
export class EndpointSlices {
  private readonly backendsBySlice = new Map<string, readonly string[]>();

  public constructor(private readonly naming: BackendNaming) {}

  /** All backends, each once. */
  public get backends(): string[] {
    return [...new Set([...this.backendsBySlice.values()].flat())];
  }

  /** Starts again with `slices`. Returns how many endpoints have no host name but need one. */
  public replaceAll(slices: readonly EndpointSlice[]): number {
    this.backendsBySlice.clear();
    return slices.reduce((nameless, slice) => nameless + this.set(slice), 0);
  }

  /** Takes a new or changed slice. Returns how many endpoints have no host name but need one. */
  public set(slice: EndpointSlice): number {
    const takes = TAKEN[this.naming.generation ?? OWN_BACKENDS];
    const ready = (slice.endpoints ?? []).filter(({ conditions }) => takes(conditions ?? {}));
    const hosts = ready.map((endpoint) => this.hostsOf(endpoint));
    this.backendsBySlice.set(slice.metadata.name, hosts.flat().flatMap((host) =>
      this.naming.ports.length === 0
        ? [host]
        : this.naming.ports.map((port) => joinHostPort(host, port))));
    return this.naming.returnHostnames ? hosts.filter((names) => names.length === 0).length : 0;
  }

  /** Forgets a slice that was deleted. */
  public delete(slice: EndpointSlice): void {
    this.backendsBySlice.delete(slice.metadata.name);
  }

  private hostsOf({ addresses, hostname }: SliceEndpoint): readonly string[] {
    if (!this.naming.returnHostnames) return addresses ?? [];
    if (hostname === undefined || hostname === null || hostname === '') return [];
    return [`${hostname}.${this.naming.service}.${this.naming.namespace}`];
  }
}

/**
 * Whether new spans belong there. What nothing is known of counts as well, as for kube-proxy. That
 * an endpoint is ready tells nothing where a Service publishes unready addresses; the others do.
 */
function takesSpans({ ready, serving, terminating }: EndpointConditions): boolean {
  return ready !== false && serving !== false && terminating !== true;
}

/** Which endpoints are backends, by generation. */
const TAKEN: Readonly<Record<BackendsGeneration, (conditions: EndpointConditions) => boolean>> = {
  1: () => true,
  2: ({ ready }) => ready !== false,
  3: takesSpans,
};

function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
