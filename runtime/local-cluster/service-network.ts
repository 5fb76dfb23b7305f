/** Services: their addresses, the proxies on them, and the names that cluster DNS knows. */
import { portOnHost } from './address-plan';
import { candidateNames } from './cluster-lookup';
import type { NameRecords, ServiceLocation } from './dns-server';
import { endpointsOf, targetPort, type Endpoint } from './endpoints';
import { nameOf, namespaceOf, type Service, type ServicePort } from './kubernetes';
import type { Pod } from './pod';
import { searchDomains } from './pod-network';
import { ServiceProxy, type ProxyTarget } from './service-proxy';

/** What the network needs from its cluster. */
export interface ServiceNetworkContext {
  /** A fresh address for a Service. */
  readonly nextAddress: () => string;
  /** All pods that are not gone. */
  readonly pods: () => readonly Pod[];
  /** A number from 0 to 1, for choosing among pods. */
  readonly random: () => number;
}

const ZONE = 'cluster.local';

/** All Services of a cluster. */
export class ServiceNetwork {
  /** All Services. */
  public readonly services: readonly Service[];
  private readonly context: ServiceNetworkContext;
  private readonly addresses = new Map<Service, string>();
  private readonly byName = new Map<string, Service>();
  private readonly proxies: ServiceProxy[] = [];

  public constructor(services: readonly Service[], context: ServiceNetworkContext) {
    this.services = services;
    this.context = context;
    for (const service of services) {
      this.byName.set(`${nameOf(service)}.${namespaceOf(service)}`, service);
      const { clusterIP, type } = service.spec ?? {};
      if (clusterIP === 'None' || type === 'ExternalName') continue;
      this.addresses.set(service, context.nextAddress());
    }
  }

  /** Listens on every port of every Service that has an address. */
  public async start(): Promise<void> {
    for (const [service, address] of this.addresses) {
      for (const port of service.spec?.ports ?? []) {
        if ((port.protocol ?? 'TCP') !== 'TCP') continue;
        const proxy = new ServiceProxy((client) => this.choose(service, port, client));
        await proxy.start(address, portOnHost(port.port));
        this.proxies.push(proxy);
      }
    }
  }

  /** Ends all proxies. */
  public async stop(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.stop()));
  }

  /** The address of a Service; undefined when it has none. */
  public addressOf(service: Service): string | undefined {
    return this.addresses.get(service);
  }

  /** Pods behind `service`. */
  public endpoints(service: Service): Endpoint[] {
    return endpointsOf(service, this.context.pods());
  }

  /** The records of a full name, such as `sampler.observability.svc.cluster.local`. */
  public find(name: string): NameRecords | undefined {
    if (!name.endsWith(`.svc.${ZONE}`)) return undefined;
    const labels = name.slice(0, -`.svc.${ZONE}`.length).split('.');
    const service = this.byName.get(labels.slice(-2).join('.'));
    if (service === undefined) return undefined;
    const before = labels.slice(0, -2);
    if (before.length === 0) return { addresses: this.addressesOf(service) };
    if (before.length === 1) return this.podRecords(service, before[0]);
    return before.length === 2 ? this.portRecords(service, before[0], before[1]) : undefined;
  }

  /** The Service that a pod in `namespace` means by `host`, which may name one pod behind it. */
  public serviceOf(host: string, namespace: string): Service | undefined {
    for (const name of candidateNames(host, searchDomains(namespace))) {
      if (!name.endsWith(`.svc.${ZONE}`)) continue;
      const labels = name.slice(0, -`.svc.${ZONE}`.length).split('.');
      const service = this.byName.get(labels.slice(-2).join('.'));
      if (service !== undefined && labels.length <= 3) return service;
    }
    return undefined;
  }

  private addressesOf(service: Service): string[] {
    const own = this.addresses.get(service);
    if (own !== undefined) return [own];
    return this.endpoints(service).filter(({ ready }) => ready)
      .map(({ pod }) => pod.identity.address);
  }

  private podRecords(service: Service, host: string): NameRecords | undefined {
    if (this.addresses.has(service)) return undefined;
    const found = this.endpoints(service).find((endpoint) =>
      endpoint.ready && hostOf(service, endpoint.pod) === host);
    return found === undefined ? undefined : { addresses: [found.pod.identity.address] };
  }

  private portRecords(
    service: Service, port: string, protocol: string,
  ): NameRecords | undefined {
    const found = (service.spec?.ports ?? []).find((each) =>
      `_${each.name}` === port && `_${(each.protocol ?? 'TCP').toLowerCase()}` === protocol);
    return found && { addresses: [], services: this.locations(service, found) };
  }

  private locations(service: Service, port: ServicePort): ServiceLocation[] {
    const domain = `${nameOf(service)}.${namespaceOf(service)}.svc.${ZONE}`;
    if (this.addresses.has(service)) return [{ port: port.port, target: domain }];
    return this.endpoints(service).filter(({ ready }) => ready).map(({ pod }) => ({
      port: targetPort(port, pod.identity.spec), target: `${hostOf(service, pod)}.${domain}`,
    }));
  }

  private choose(
    service: Service, port: ServicePort, client: string,
  ): ProxyTarget | undefined {
    const local = service.spec?.internalTrafficPolicy === 'Local';
    const node = this.nodeOf(client);
    const all = this.endpoints(service).filter(({ pod }) =>
      !local || node === undefined || pod.identity.nodeName === node);
    const ready = all.filter((endpoint) => endpoint.ready);
    // Where nobody else is left, kube-proxy gives traffic to pods that end and still serve.
    const candidates = ready.length > 0 ? ready : all.filter(({ serving }) => serving);
    const chosen = candidates.at(Math.floor(this.context.random() * candidates.length));
    return chosen && {
      address: chosen.pod.identity.address,
      port: portOnHost(targetPort(port, chosen.pod.identity.spec)),
    };
  }

  private nodeOf(client: string): string | undefined {
    return this.context.pods().find(({ identity }) =>
      identity.address === client || identity.nodeAddress === client)?.identity.nodeName;
  }
}

/** The name of a pod under a headless Service: its own, or its address with dashes. */
function hostOf(service: Service, pod: Pod): string {
  const { hostname, subdomain, address } = pod.identity;
  return hostname !== undefined && subdomain === nameOf(service)
    ? hostname : address.replaceAll('.', '-');
}
