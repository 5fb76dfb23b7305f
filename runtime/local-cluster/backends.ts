/** The backends: hosts that configurations send to and that no manifest defines. */
import { isIP } from 'node:net';
import type { LoadBalancingSettings, OtlpGrpcSettings, OtlpHttpSettings } from '../config';
import { BackendServer, type BackendPort } from './backend-server';
import type { CertificateAuthority } from './certificate';
import type { NameRecords } from './dns-server';
import type { PodPool } from './pod-pool';
import type { PoolConfig } from './pool-config';
import { SpanLedger } from './span-ledger';
import { parseClientEndpoint } from '../net/endpoint';
import { speaksTls } from '../net/tls';

/** One port of one host. */
export interface BackendTarget extends BackendPort {
  /** Host name as the configuration writes it. */
  readonly host: string;
}

/** An exporter at the end of a pipeline, and the hosts that share what it sends. */
export interface Sink {
  /** Id of the exporter. */
  readonly exporter: string;
  /** The workload whose configuration has it. */
  readonly pool: PodPool;
  /** Where it sends. */
  readonly targets: readonly BackendTarget[];
}

const HTTPS_PORT = 443;
const HTTP_PORT = 80;
const GRPC_PORT = 4317;

/** Exporters that send traces to hosts for which `isKnown` is false. */
export function findSinks(
  pools: readonly PoolConfig[], isKnown: (host: string, namespace: string) => boolean,
): Sink[] {
  return pools.flatMap(({ pool, settings }) => {
    const exporters = new Set(settings.pipelines
      .filter(({ signal }) => signal === 'traces').flatMap((pipeline) => pipeline.exporters));
    return [...exporters].flatMap((exporter) => {
      const found = settings.exporters.get(exporter);
      const targets = (found === undefined ? [] : targetsOf(found.type, found.settings))
        .filter(({ host }) => !isKnown(host, pool.plan.namespace));
      return targets.length === 0 ? [] : [{ exporter, pool, targets }];
    });
  });
}

/** Hosts that an exporter of `type` sends traces to. */
export function targetsOf(type: string, settings: unknown): BackendTarget[] {
  if (type === 'otlp_grpc') {
    const { endpoint, tls } = settings as OtlpGrpcSettings;
    return [grpcTarget(endpoint, tls)];
  }
  if (type === 'otlp_http') {
    const { endpoint, tracesEndpoint } = settings as OtlpHttpSettings;
    const url = new URL(tracesEndpoint === '' ? endpoint : tracesEndpoint);
    const tls = url.protocol === 'https:';
    const port = url.port === '' ? (tls ? HTTPS_PORT : HTTP_PORT) : Number(url.port);
    return [{ host: url.hostname, port, protocol: 'http', tls }];
  }
  if (type !== 'load_balancing') return [];
  const { resolver, protocol } = settings as LoadBalancingSettings;
  const { tls } = protocol.otlp;
  if (resolver.static !== undefined) {
    return resolver.static.hostnames.map((host) =>
      grpcTarget(host.includes(':') ? host : `${host}:${GRPC_PORT}`, tls));
  }
  if (resolver.dns === undefined) return [];
  const port = Number(resolver.dns.port);
  return [grpcTarget(`${resolver.dns.hostname}:${port > 0 ? port : GRPC_PORT}`, tls)];
}

function grpcTarget(endpoint: string, tls: OtlpGrpcSettings['tls']): BackendTarget {
  const { host, port, scheme } = parseClientEndpoint(endpoint, 'endpoint');
  return { host, port, protocol: 'grpc', tls: speaksTls(tls, scheme) };
}

interface Host {
  readonly address: string;
  readonly ledger: SpanLedger;
}

interface Port {
  readonly server: BackendServer;
  readonly host: string;
  readonly address: string;
}

/** All played backends. */
export class Backends {
  /** Exporters that send to them. */
  public readonly sinks: readonly Sink[];
  private readonly hosts = new Map<string, Host>();
  private readonly servers: Port[] = [];
  private isStopped = false;

  /**
   * `nextAddress` gives a fresh address for each host.
   *
   * @throws Error when a sink names an address instead of a host.
   */
  public constructor(
    sinks: readonly Sink[], authority: CertificateAuthority, nextAddress: () => string,
  ) {
    this.sinks = sinks;
    const ports = new Map<string, BackendTarget>();
    for (const target of sinks.flatMap(({ targets }) => targets)) {
      if (isIP(target.host) !== 0) {
        throw new Error(`exporter endpoint ${target.host}:${target.port}: must name a host for the`
          + ' local cluster to play it, got an address');
      }
      ports.set(`${target.host}:${target.port}`, target);
    }
    for (const target of ports.values()) {
      const host = this.hosts.get(target.host)
        ?? { address: nextAddress(), ledger: new SpanLedger() };
      this.hosts.set(target.host, host);
      const server = new BackendServer(target, host.ledger, authority.issue([target.host]));
      this.servers.push({ server, host: target.host, address: host.address });
    }
  }

  /** Names of the hosts that are played. */
  public get names(): string[] {
    return [...this.hosts.keys()];
  }

  /** Listens on all ports. */
  public async start(): Promise<void> {
    for (const { server, address } of this.servers) await server.start(address);
  }

  /**
   * Ends all connections to the host called `name`, and takes none until `over`.
   *
   * @throws Error that lists the names that there are.
   */
  public close(name: string, over: Promise<void>): void {
    const ports = this.servers.filter(({ host }) => host === name);
    if (ports.length === 0) {
      throw new Error(`backend: must be one of ${this.names.join(', ')}, got "${name}"`);
    }
    for (const { server, address } of ports) {
      void Promise.all([server.stop(), over]).then(async () => {
        if (!this.isStopped) await server.start(address);
      });
    }
  }

  /** Ends all servers. */
  public async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.servers.map(({ server }) => server.stop()));
  }

  /** The records of a name, for cluster DNS. */
  public find(name: string): NameRecords | undefined {
    const host = this.hosts.get(name);
    return host && { addresses: [host.address] };
  }

  /** What the hosts of `sink` received. */
  public ledgersOf(sink: Sink): SpanLedger[] {
    const hosts = new Set(sink.targets.map(({ host }) => host));
    return [...hosts].flatMap((host) => this.hosts.get(host)?.ledger ?? []);
  }

  /** Number of spans that all hosts received. */
  public get spanCount(): number {
    return [...this.hosts.values()].reduce((sum, { ledger }) => sum + ledger.spanCount, 0);
  }
}
