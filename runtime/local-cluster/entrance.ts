/** Where applications send: the collectors in front, and the addresses that they are reached by. */
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

/** The collectors in front. */
export interface Entrance {
  /** Workloads that applications send to. */
  readonly pools: readonly PodPool[];
  /** URLs of OTLP over gRPC, one per node where there are agents. */
  readonly endpoints: readonly string[];
}

/**
 * The collectors that no other collector sends to: agents if there are any.
 *
 * @throws Error when there is no way to send them anything.
 */
export async function findEntrance(cluster: LocalCluster): Promise<Entrance> {
  const { configs } = cluster;
  const targeted = new Set(configs.flatMap((config) => servicesBehind(config, cluster))
    .flatMap((service) => configs.filter(({ pool }) => isBehind(pool, service)))
    .map(({ pool }) => pool));
  const free = configs.filter(({ pool, settings }) =>
    !targeted.has(pool) && grpcPort(settings) !== undefined);
  const agents = free.filter(({ pool }) => pool.plan.kind === 'DaemonSet');
  const chosen = agents.length > 0 ? agents : free;
  const endpoints = (await Promise.all(chosen.map((config) => endpointsFor(config, cluster))))
    .flat();
  if (endpoints.length === 0) {
    const names = configs.map(({ pool }) => pool.plan.name).join(', ');
    throw new Error('traffic: one collector must take traces over OTLP/gRPC in plain text behind a'
      + ` host port or a Service, and be sent to by no other collector, got ${names}`);
  }
  return { pools: chosen.map(({ pool }) => pool), endpoints };
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
