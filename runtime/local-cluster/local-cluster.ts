/** Runs manifests on this machine: addresses, DNS, API server, Services, backends and pods. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock';
import { AddressPlan, listenOn, portOnHost } from './address-plan';
import { ApiServer } from './api-server';
import { ApiStore } from './api-store';
import { Backends, findSinks } from './backends';
import { CertificateAuthority } from './certificate';
import { DnsServer, type NameRecords } from './dns-server';
import { endpointSlice } from './endpoints';
import { issuedSecrets } from './issued-secrets';
import type { Manifests } from './manifests';
import { NodePorts } from './node-ports';
import { playedContainers } from './played-container';
import type { Pod } from './pod';
import type { PodIdentity } from './pod-identity';
import type { ClusterNode } from './pod-pool';
import { readPoolConfigs, type PoolConfig } from './pool-config';
import { seededRandom } from './random';
import { ServiceAccounts } from './service-accounts';
import { ServiceNetwork } from './service-network';
import { ServiceProxy } from './service-proxy';
import { WorkloadSet } from './workload-set';

/** What a cluster is made from. */
export interface LocalClusterOptions {
  /** What is to run. */
  readonly manifests: Manifests;
  /** What plays every container, up to its arguments: Node.js with the entry of `otelgw`. */
  readonly program: readonly [command: string, ...args: string[]];
  /** Number of simulated nodes. */
  readonly nodes: number;
  /** Seed of what is left to chance. */
  readonly seed: number;
  /** Told when the API server refused somebody. */
  readonly refused: (sentence: string) => void;
}

const DNS_PORT = 53;
const API_PORT = 443;
/** When the whole cluster ends, nothing that pods still hold is waited for. */
const LAST_GRACE_MS = 100;
const API_NAME = 'kubernetes.default.svc.cluster.local';

/** A cluster on this machine. */
export class LocalCluster {
  /** Folder of its files and of its pods' logs. */
  public readonly folder = mkdtempSync(join(tmpdir(), 'otelgw-up-'));
  /** Its nodes. */
  public readonly nodes: readonly ClusterNode[];
  /** Its workloads. */
  public readonly workloads: WorkloadSet;
  /** Its Services. */
  public readonly services: ServiceNetwork;
  /** Configurations of its collectors. */
  public readonly configs: readonly PoolConfig[];
  /** The hosts that it plays for want of manifests. */
  public readonly backends: Backends;
  /** Its name server. */
  public readonly dns: DnsServer;
  /** Whether its files stay when it ends, for somebody to read the logs. */
  public keepsFolder = false;
  private readonly addresses: AddressPlan;
  private readonly store = new ApiStore();
  private readonly api: ApiServer;
  private readonly accounts: ServiceAccounts;
  private readonly nodePorts: NodePorts;
  private readonly stops: (() => Promise<void>)[] = [];
  private isSyncing = false;

  /** Takes the addresses for a cluster, and reads what it will be. Nothing runs before `start`. */
  public static async create(options: LocalClusterOptions): Promise<LocalCluster> {
    const addresses = await AddressPlan.claim();
    try {
      return new LocalCluster(options, addresses);
    } catch (thrown) {
      await addresses.release();
      throw thrown;
    }
  }

  private constructor(options: LocalClusterOptions, addresses: AddressPlan) {
    const manifests = {
      ...options.manifests,
      secrets: [
        ...options.manifests.secrets, ...issuedSecrets(options.manifests, systemClock.now()),
      ],
    };
    this.addresses = addresses;
    process.once('exit', () => this.removeFolder());
    const authority = new CertificateAuthority(systemClock.now());
    writeFileSync(this.authorityFile, authority.cert);
    this.accounts = new ServiceAccounts(
      manifests.serviceAccounts, join(this.folder, 'accounts'), authority.cert);
    this.nodes = Array.from({ length: options.nodes }, (_, index) =>
      ({ name: `node-${index + 1}`, address: addresses.next('node') }));
    this.workloads = new WorkloadSet(manifests, {
      nodes: this.nodes,
      nextAddress: (range) => addresses.next(range),
      pod: {
        program: options.program,
        sources: manifests,
        folder: this.folder,
        dns: { dnsAddress: addresses.dns, dnsPort: portOnHost(DNS_PORT) },
        variables: (pod) => this.variablesOf(pod),
        changed: () => this.changed(),
      },
    });
    this.services = new ServiceNetwork(manifests.services, {
      nextAddress: () => addresses.next('service'),
      pods: () => this.workloads.pods,
      random: seededRandom(options.seed),
    });
    this.nodePorts = new NodePorts(this.workloads.pools, this.nodes);
    this.configs = readPoolConfigs(this.workloads.pools, manifests, this.folder);
    const sinks = findSinks(this.configs, (host, namespace) =>
      this.services.serviceOf(host, namespace) !== undefined);
    this.backends = new Backends(sinks, authority, () => addresses.next('backend'));
    this.dns = new DnsServer((name) => this.find(name));
    this.api = new ApiServer({
      store: this.store,
      rules: manifests,
      accountOf: (token) => this.accounts.accountOf(token),
      certificate: authority.issue([addresses.apiServer, API_NAME, 'kubernetes.default.svc']),
      refused: options.refused,
    });
  }

  /**
   * Starts everything; pods are not yet ready when it resolves.
   *
   * @throws AddressError when an address or port cannot be had.
   */
  public async start(): Promise<void> {
    const { dns, api, services, nodePorts, backends, workloads, addresses } = this;
    this.stops.push(() => addresses.release());
    await this.tryPodPorts();
    await dns.start(addresses.dns, portOnHost(DNS_PORT));
    this.stops.push(() => dns.stop());
    await api.start(addresses.apiServer, portOnHost(API_PORT));
    this.stops.push(() => api.stop());
    this.stops.push(() => backends.stop());
    await backends.start();
    this.stops.push(() => services.stop(), () => nodePorts.stop());
    await services.start();
    await nodePorts.start();
    this.stops.push(() => workloads.stop(LAST_GRACE_MS));
    this.sync();
    for (const pool of workloads.pools) pool.start();
  }

  /**
   * A way for applications on `node` to `address:port`, as which they see the node. Which pods a
   * Service chooses may depend on the node that is asking.
   *
   * @returns Where applications connect to instead, as `host:port`.
   */
  public async openDoor(node: ClusterNode, address: string, port: number): Promise<string> {
    const door = new ServiceProxy(() => ({ address, port }), node.address);
    const own = this.addresses.next('backend');
    this.stops.push(() => door.stop());
    await door.start(own, port);
    return `${own}:${port}`;
  }

  /** Ends everything, pods first. */
  public async stop(): Promise<void> {
    for (const stop of this.stops.splice(0).reverse()) await stop();
    this.removeFolder();
  }

  /** Said here, once and with the reason, instead of by every pod in its own words. */
  private async tryPodPorts(): Promise<void> {
    const address = this.addresses.next('pod');
    const specs = this.workloads.pools.map(({ plan }) => plan.template.spec);
    const declared = specs.flatMap((spec) => spec === undefined ? [] : playedContainers(spec))
      .flatMap(({ ports = [] }) => ports)
      .filter(({ protocol = 'TCP' }) => protocol === 'TCP');
    for (const port of new Set(declared.map(({ containerPort }) => containerPort))) {
      const server = createServer();
      await listenOn(server, address, portOnHost(port));
      await new Promise((resolve) => server.close(resolve));
    }
  }

  private removeFolder(): void {
    if (!this.keepsFolder) rmSync(this.folder, { recursive: true, force: true });
  }

  private get authorityFile(): string {
    return join(this.folder, 'ca.crt');
  }

  private find(name: string): NameRecords | undefined {
    if (name === API_NAME) return { addresses: [this.addresses.apiServer] };
    return this.services.find(name) ?? this.backends.find(name);
  }

  private variablesOf(pod: PodIdentity): Record<string, string> {
    return {
      KUBERNETES_SERVICE_HOST: this.addresses.apiServer,
      KUBERNETES_SERVICE_PORT: String(API_PORT),
      OTELGW_SERVICE_ACCOUNT_DIR: this.accounts.folderOf(pod),
      NODE_EXTRA_CA_CERTS: this.authorityFile,
    };
  }

  /** Many changes come at once; the API server shows the state after all of them. */
  private changed(): void {
    if (this.isSyncing) return;
    this.isSyncing = true;
    setImmediate(() => {
      this.isSyncing = false;
      this.sync();
    });
  }

  private sync(): void {
    const { services } = this.services;
    this.store.replaceAll('services', services.map((service) =>
      ({ ...service, apiVersion: 'v1', kind: 'Service' })));
    this.store.replaceAll('pods', this.workloads.pods.map(podObject));
    this.store.replaceAll('endpointslices', services
      .filter((service) => service.spec?.selector !== undefined)
      .map((service) => endpointSlice(service, this.services.endpoints(service))));
  }
}

function podObject(pod: Pod): object {
  const { name, namespace, uid, labels, annotations, address, nodeName, spec } = pod.identity;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid, labels, annotations },
    spec: { ...spec, nodeName },
    status: {
      phase: pod.state === 'waiting' ? 'Pending' : 'Running',
      podIP: address,
      podIPs: [{ ip: address }],
      conditions: [{ type: 'Ready', status: pod.state === 'ready' ? 'True' : 'False' }],
    },
  };
}
