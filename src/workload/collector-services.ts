/** The Services in front of a tier. */
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { objectLabels, selectorLabels, type TierIdentity } from './labels';
import { GRPC_PORT_NAME, HTTP_PORT_NAME, METRICS_PORT_NAME, type PodPorts } from './ports';

/** Name of the Service that has one address per pod. */
export function headlessName({ name }: TierIdentity): string {
  return `${name}-headless`;
}

function port(name: string, number: number, appProtocol: string): k8s.ServicePort {
  return {
    name,
    port: number,
    protocol: 'TCP',
    targetPort: k8s.IntOrString.fromString(name),
    appProtocol,
  };
}

function otlpPorts({ grpc, http }: PodPorts): k8s.ServicePort[] {
  return [port(GRPC_PORT_NAME, grpc, 'grpc'), port(HTTP_PORT_NAME, http, 'http')];
}

/** The Service for everybody. `isLocal` keeps traffic on the sender's node. */
export function clusterService(
  scope: Construct, id: string, tier: TierIdentity, ports: PodPorts, isLocal: boolean,
): k8s.KubeService {
  return new k8s.KubeService(scope, id, {
    metadata: { name: tier.name, namespace: tier.namespace, labels: objectLabels(tier) },
    spec: {
      type: 'ClusterIP',
      selector: selectorLabels(tier),
      ...isLocal ? { internalTrafficPolicy: 'Local' } : {},
      ports: [...otlpPorts(ports), port(METRICS_PORT_NAME, ports.metrics, 'http')],
    },
  });
}

/**
 * The Service whose name has one address per ready pod, for senders that spread by themselves. It
 * has no port for metrics, so that monitoring finds each pod once.
 */
export function headlessService(
  scope: Construct, id: string, tier: TierIdentity, ports: PodPorts,
): k8s.KubeService {
  return new k8s.KubeService(scope, id, {
    metadata: { name: headlessName(tier), namespace: tier.namespace, labels: objectLabels(tier) },
    spec: { clusterIp: 'None', selector: selectorLabels(tier), ports: otlpPorts(ports) },
  });
}
