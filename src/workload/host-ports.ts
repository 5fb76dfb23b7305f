/** Ports of the node that lead to the agent on it. */
import type { k8s } from 'cdk8s-plus-28';
import { isPort, type PodPorts } from './ports';

/** Ports of the node. */
export interface HostPortOptions {
  /**
   * Leads to OTLP over gRPC: from 1 to 65535.
   * @default - no port of the node does
   */
  readonly grpc?: number;
  /**
   * Leads to OTLP over HTTP: from 1 to 65535.
   * @default - no port of the node does
   */
  readonly http?: number;
}

/**
 * Ports of the node that lead to the agent on it, for applications that send to the address of
 * their node. A node has each port once: an agent is then stopped before the next one starts.
 */
export class HostPorts {
  /** The same as the agent's own. */
  public static same(): HostPorts {
    return new HostPorts(undefined);
  }

  /** These ones, such as `{ grpc: 40317 }` where another collector has 4317 already. */
  public static at(ports: HostPortOptions): HostPorts {
    return new HostPorts(ports);
  }

  private constructor(
    /**
     * The ports; undefined when they are the agent's own.
     * @internal
     */
    public readonly _ports: HostPortOptions | undefined,
  ) {}

  /**
   * The ports of the node for an agent that listens on `own`.
   * @internal
   */
  public _numbers({ grpc, http }: PodPorts): HostPortOptions {
    return this._ports ?? { grpc, http };
  }

  /**
   * What is wrong with them for an agent that listens on `own`.
   * @internal
   */
  public _problems(own: PodPorts): string[] {
    const { grpc, http } = this._numbers(own);
    const given = Object.entries({ grpc, http }).flatMap(([protocol, port]) =>
      port === undefined ? [] : [[protocol as 'grpc' | 'http', port] as const]);
    if (given.length === 0) {
      return ['hostPorts: must be one port at least, got none.\n→ use HostPorts.same(), or leave'
        + ' `hostPorts` out.'];
    }
    const wrong = given.filter(([, port]) => !isPort(port));
    const deaf = given.filter(([protocol]) => own[protocol] === undefined);
    return [
      ...wrong.map(([protocol, port]) => `hostPorts: ${protocol} must be a whole number from 1 to`
        + ` 65535, got ${port}.\n→ use HostPorts.same().`),
      ...deaf.map(([protocol, port]) => `hostPorts: ${protocol} must be among the \`protocols\` of`
        + ` the agent, got port ${port} for it.\n→ leave \`${protocol}\` out.`),
      ...grpc !== undefined && grpc === http ? [
        `hostPorts: must differ from each other, got ${grpc} twice.\n→ use HostPorts.same().`,
      ] : [],
    ];
  }
}

/** What is wrong with ports of the node that lead to receivers. */
export function receiverPortProblems(
  { others }: PodPorts, own: HostPortOptions | undefined, workload: string,
): string[] {
  const given = others.filter(({ hostPort }) => hostPort !== undefined);
  if (workload !== 'DaemonSet') {
    return given.map(({ name, hostPort }) => `receive: hostPort of ${name} must be left to agents,`
      + ` for senders reach other tiers through their Service, got ${hostPort}.`
      + '\n→ leave `hostPort` out.');
  }
  const key = (port: unknown, protocol = 'TCP') => `${port}/${protocol}`;
  const taken = [own?.grpc, own?.http].filter((port) => port !== undefined)
    .map((port) => key(port));
  return given.flatMap(({ name, hostPort, protocol }) => {
    const isTwice = taken.includes(key(hostPort, protocol));
    taken.push(key(hostPort, protocol));
    if (!isPort(hostPort)) {
      return [`receive: hostPort of ${name} must be a whole number from 1 to 65535, got`
        + ` ${JSON.stringify(hostPort)}.\n→ leave \`hostPort\` out.`];
    }
    return isTwice ? [`receive: hostPort of ${name} must differ from other ports of the node, got`
      + ` ${hostPort} twice.\n→ give one of them another port.`] : [];
  });
}

/** Containers that run as long as their pod: of those that start before others, such as stay. */
export function runningContainers(
  { containers, initContainers = [] }: Pick<k8s.PodSpec, 'containers' | 'initContainers'>,
): k8s.Container[] {
  return [
    ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always'), ...containers,
  ];
}

/** Ports of the node that a pod takes; with the network of the node all of its own. */
export function nodePortsOf(pod: k8s.PodSpec): number[] {
  return runningContainers(pod).flatMap(({ ports = [] }) =>
    ports.flatMap(({ containerPort, hostPort }) =>
      hostPort ?? (pod.hostNetwork === true ? containerPort : [])));
}

/** What Kubernetes would refuse of ports of the node in a pod that has its network. */
export function sharedNetworkProblems(pod: k8s.PodSpec): string[] {
  if (pod.hostNetwork !== true) return [];
  return runningContainers(pod).flatMap(({ ports = [] }) => ports)
    .filter(({ containerPort, hostPort }) => hostPort !== undefined && hostPort !== containerPort)
    .map(({ containerPort, hostPort }) => 'hostPorts: must be the ports of the pod itself where it'
      + ` has the network of its node, got ${hostPort} for ${containerPort}.`
      + '\n→ leave it out: with that network, the pod is reached there anyway.');
}

/** Where an agent is, by the Service that leads to it. */
export interface AgentAddress {
  /** For OTLP over gRPC. */
  readonly grpcEndpoint: string;
  /** For OTLP over HTTP. */
  readonly httpEndpoint: string;
}

/** Variables that tell SDKs in an application's container where the agent on its node is. */
export function endpointVariables(
  hostPorts: HostPorts | undefined, own: PodPorts, { grpcEndpoint, httpEndpoint }: AgentAddress,
): k8s.EnvVar[] {
  const { grpc, http } = hostPorts?._numbers(own) ?? own;
  const port = grpc ?? http;
  const protocol = {
    name: 'OTEL_EXPORTER_OTLP_PROTOCOL', value: grpc === undefined ? 'http/protobuf' : 'grpc',
  };
  const endpoint = (value: string) => ({ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value });
  if (hostPorts === undefined) {
    return [endpoint(grpc === undefined ? httpEndpoint : grpcEndpoint), protocol];
  }
  const scheme = grpcEndpoint.split(':')[0];
  return [
    // Kubernetes puts the address into the endpoint, so that it must be known before.
    { name: 'NODE_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
    endpoint(`${scheme}://$(NODE_IP):${port}`),
    protocol,
  ];
}
