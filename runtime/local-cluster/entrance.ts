/** Where applications send: the collectors in front, and how they are reached. */
import type { CollectorSettings, LoadBalancingSettings, OtlpReceiverSettings } from '../config';
import { portOnHost } from './address-plan';
import { targetsOf } from './backends';
import { targetPort } from './endpoints';
import { matchesLabels, namespaceOf, type Service } from './kubernetes';
import type { LocalCluster } from './local-cluster';
import { playedContainers } from './played-container';
import type { PodPool } from './pod-pool';
import type { PoolConfig } from './pool-config';
import { parseHostPort } from '../net/endpoint';

/** One way into the cluster, and what telemetry passes from there. */
export interface Entrance {
  /** The workload that applications send to. */
  readonly pool: PodPool;
  /** URLs of OTLP over gRPC, one per node. */
  readonly endpoints: readonly string[];
  /** The workloads that are reached from there, itself included. */
  readonly reached: ReadonlySet<PodPool>;
}

/**
 * The collectors that no other collector sends to.
 *
 * @throws Error when there is no way to send them anything.
 */
export async function findEntrances(cluster: LocalCluster): Promise<Entrance[]> {
  const { configs } = cluster;
  const next = new Map(configs.map((config) => [config.pool, poolsBehind(config, cluster)]));
  const targeted = new Set([...next].flatMap(([pool, behind]) =>
    behind.filter((each) => each !== pool)));
  const entrances = await Promise.all(configs.filter(({ pool }) => !targeted.has(pool))
    .map(async (config) => ({
      pool: config.pool,
      endpoints: await endpointsFor(config, cluster),
      reached: reachedFrom(config.pool, next),
    })));
  const open = entrances.filter(({ endpoints }) => endpoints.length > 0);
  if (open.length === 0) {
    const names = configs.map(({ pool }) => pool.plan.name).join(', ');
    throw new Error('traffic: one collector must take traces over OTLP/gRPC in plain text behind a'
      + ` host port or a Service, and be sent to by no other collector, got ${names}`);
  }
  return open;
}

/** All pools that telemetry from `pool` comes through. */
export function reachedFrom(
  pool: PodPool, next: ReadonlyMap<PodPool, readonly PodPool[]>,
): Set<PodPool> {
  const reached = new Set([pool]);
  for (const each of reached) next.get(each)?.forEach((behind) => reached.add(behind));
  return reached;
}

/** The pools that the exporters of a collector send to. */
export function poolsBehind(config: PoolConfig, cluster: LocalCluster): PodPool[] {
  const services = servicesBehind(config, cluster);
  return cluster.configs.map(({ pool }) => pool)
    .filter((pool) => services.some((service) => isBehind(pool, service)));
}

/** The port on which traces are taken over gRPC in plain text. */
function grpcPort(settings: CollectorSettings): number | undefined {
  const receivers = new Set(settings.pipelines.filter(({ signal }) => signal === 'traces')
    .flatMap((pipeline) => pipeline.receivers));
  for (const id of receivers) {
    const receiver = settings.receivers.get(id);
    if (receiver?.type !== 'otlp') continue;
    const { grpc } = (receiver.settings as OtlpReceiverSettings).protocols;
    if (grpc !== undefined && grpc.tls === undefined) {
      return parseHostPort(grpc.endpoint, 'endpoint').port;
    }
  }
  return undefined;
}

/** As seen from the nodes, first one first. */
async function endpointsFor(
  { pool, settings }: PoolConfig, cluster: LocalCluster,
): Promise<string[]> {
  const port = grpcPort(settings);
  if (port === undefined) return [];
  const spec = pool.plan.template.spec ?? { containers: [] };
  const declared = playedContainers(spec).flatMap((container) => container.ports ?? [])
    .find(({ containerPort }) => containerPort === port);
  const hostPort = spec.hostNetwork === true ? port : declared?.hostPort;
  if (hostPort !== undefined) {
    return cluster.nodes.map(({ address }) => `http://${address}:${portOnHost(hostPort)}`);
  }
  for (const service of cluster.services.services.filter((each) => isBehind(pool, each))) {
    const address = cluster.services.addressOf(service);
    const found = service.spec?.ports?.find((each) => targetPort(each, spec) === port);
    if (address === undefined || found === undefined) continue;
    const doors = await Promise.all(cluster.nodes.map((node) =>
      cluster.openDoor(node, address, portOnHost(found.port))));
    return doors.map((door) => `http://${door}`);
  }
  return [];
}

function isBehind(pool: PodPool, service: Service): boolean {
  return namespaceOf(service) === pool.plan.namespace
    && matchesLabels(service.spec?.selector, pool.plan.template.metadata?.labels);
}

/** Services that the exporters of a collector send to. */
function servicesBehind({ pool, settings }: PoolConfig, cluster: LocalCluster): Service[] {
  const hosts = [...settings.exporters.values()].flatMap(({ type, settings: own }) => {
    const k8s = type === 'load_balancing'
      ? (own as LoadBalancingSettings).resolver.k8s : undefined;
    return k8s === undefined ? targetsOf(type, own).map(({ host }) => host) : [k8s.service];
  });
  return hosts.flatMap((host) => cluster.services.serviceOf(host, pool.plan.namespace) ?? []);
}
