/** Which pods stand behind a Service, and on which ports. */
import { createHash } from 'node:crypto';
import {
  matchesLabels, nameOf, namespaceOf, type PodSpec, type Service, type ServicePort,
} from './kubernetes';
import { playedContainers } from './played-container';
import type { Pod } from './pod';
import { portNumber } from './probe';

/** A pod behind a Service. */
export interface Endpoint {
  /** The pod. */
  readonly pod: Pod;
  /** Whether it should be given traffic. */
  readonly ready: boolean;
  /** Whether it could serve, even while it is ending. */
  readonly serving: boolean;
  /** Whether it is ending. */
  readonly terminating: boolean;
}

/** Pods behind `service`, in order of their names. */
export function endpointsOf(service: Service, pods: readonly Pod[]): Endpoint[] {
  const publishAll = service.spec?.publishNotReadyAddresses === true;
  return pods
    .filter((pod) => pod.identity.namespace === namespaceOf(service)
      && matchesLabels(service.spec?.selector, pod.identity.labels)
      && pod.state !== 'gone' && pod.state !== 'waiting')
    .sort((a, b) => a.identity.name < b.identity.name ? -1 : 1)
    .map((pod) => {
      const terminating = pod.state === 'terminating';
      const serving = publishAll || pod.isServing;
      return { pod, ready: publishAll || serving && !terminating, serving, terminating };
    });
}

/** The container port behind `port` of a Service, in pods that are like `spec`. */
export function targetPort(port: ServicePort, spec: PodSpec): number {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  const owner = playedContainers(spec).find((container) =>
    container.ports?.some((each) => each.name === target));
  return owner === undefined ? Number(target) : portNumber(target, owner);
}

/** The EndpointSlice that the cluster keeps for `service`. */
export function endpointSlice(service: Service, endpoints: readonly Endpoint[]): object {
  const name = nameOf(service);
  const hash = createHash('sha1').update(`${namespaceOf(service)}/${name}`).digest('hex');
  const headless = service.spec?.clusterIP === 'None';
  const first = endpoints.at(0);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${hash.slice(0, 5)}`,
      namespace: namespaceOf(service),
      labels: {
        ...service.metadata?.labels,
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        ...headless ? { 'service.kubernetes.io/headless': '' } : {},
      },
    },
    addressType: 'IPv4',
    ports: (service.spec?.ports ?? []).map((port) => ({
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
      port: first === undefined ? port.port : targetPort(port, first.pod.identity.spec),
      ...port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol },
    })),
    endpoints: endpoints.map((endpoint) => sliceEndpoint(service, endpoint)),
  };
}

function sliceEndpoint(service: Service, endpoint: Endpoint): object {
  const { name, namespace, uid, address, nodeName, hostname, subdomain } = endpoint.pod.identity;
  return {
    addresses: [address],
    conditions: {
      ready: endpoint.ready, serving: endpoint.serving, terminating: endpoint.terminating,
    },
    ...hostname !== undefined && subdomain === nameOf(service) ? { hostname } : {},
    nodeName,
    targetRef: { kind: 'Pod', name, namespace, uid },
  };
}
