/** Host ports: what pods are reached by under the address of their node. */
import { portOnHost } from './address-plan';
import { playedContainers } from './played-container';
import type { ClusterNode, PodPool } from './pod-pool';
import { ServiceProxy } from './service-proxy';

/** All host ports of a cluster. */
export class NodePorts {
  private readonly proxies: {
    readonly proxy: ServiceProxy; readonly address: string; readonly port: number;
  }[] = [];

  public constructor(pools: readonly PodPool[], nodes: readonly ClusterNode[]) {
    for (const pool of pools) {
      const { spec } = pool.plan.template;
      if (spec === undefined || spec.hostNetwork === true) continue;
      const ports = playedContainers(spec).flatMap((container) => container.ports ?? []);
      for (const { containerPort, hostPort } of ports) {
        if (hostPort === undefined) continue;
        for (const node of nodes) this.add(pool, node, containerPort, hostPort);
      }
    }
  }

  /** Listens on all of them. */
  public async start(): Promise<void> {
    for (const { proxy, address, port } of this.proxies) await proxy.start(address, port);
  }

  /** Ends all of them. */
  public async stop(): Promise<void> {
    await Promise.all(this.proxies.map(({ proxy }) => proxy.stop()));
  }

  private add(pool: PodPool, node: ClusterNode, containerPort: number, hostPort: number): void {
    const proxy = new ServiceProxy(() => {
      const pod = pool.pods.filter((each) => each.identity.nodeName === node.name)
        .find((each) => each.isServing);
      return pod && { address: pod.identity.address, port: portOnHost(containerPort) };
    });
    this.proxies.push({ proxy, address: node.address, port: portOnHost(hostPort) });
  }
}
