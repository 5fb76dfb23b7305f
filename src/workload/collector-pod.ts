/** The pod template that every tier stamps out. */
import { createHash } from 'crypto';
import { k8s } from 'cdk8s-plus-28';
import { podLabels, selectorLabels, type TierIdentity } from './labels';
import type { Placement } from './placement';
import {
  GRPC_PORT_NAME, HEALTH_PORT_NAME, HTTP_PORT_NAME, METRICS_PORT_NAME, type PodPorts,
} from './ports';
import type { SecretReference } from './secret-reference';
import type { CollectorImage } from '../distribution/collector-image';
import { ENDPOINT_REMOVAL_SECONDS, shutdownSeconds } from '../graph/drain-budget';
import type { MemoryBudget } from '../graph/memory-budget';

/** Key of the configuration in its ConfigMap, and name of the file. */
export const CONFIG_FILE = 'collector.yaml';
/** What a pod is told about itself: fields of its own by variable. */
export const POD_FIELDS = {
  POD_IP: 'status.podIP',
  POD_NAME: 'metadata.name',
  POD_NAMESPACE: 'metadata.namespace',
  NODE_NAME: 'spec.nodeName',
};
const CONFIG_FOLDER = '/etc/otelgw';
/** The user that distroless images call `nonroot`. */
const NONROOT = 65532;

/** What a tier's pods are made of. */
export interface CollectorPod {
  /** The tier. */
  readonly tier: TierIdentity;
  /** Runs in the pod. */
  readonly image: CollectorImage;
  /** Name of the ConfigMap with the configuration. */
  readonly configMapName: string;
  /** The configuration as data, of which the checksum is made. */
  readonly configData: unknown;
  /** Name of the ServiceAccount. */
  readonly serviceAccountName: string;
  /** Whether the pod asks the Kubernetes API for something. */
  readonly needsToken: boolean;
  /** Its ports. */
  readonly ports: PodPorts;
  /** Its memory. */
  readonly memory: MemoryBudget;
  /** CPU that it asks for, in thousandths. */
  readonly cpuMillis: number;
  /** Values of Secrets by environment variable. */
  readonly secrets: ReadonlyMap<string, SecretReference>;
  /** Where it stands. */
  readonly placement?: Placement;
  /** Time that it gets to end. */
  readonly graceSeconds: number;
  /** Whether there is one on every node. */
  readonly onEveryNode: boolean;
}

/** The pod template. */
export function podTemplate(pod: CollectorPod): k8s.PodTemplateSpec {
  const { tier, placement, onEveryNode } = pod;
  return {
    metadata: {
      labels: podLabels(tier),
      annotations: { 'checksum/config': checksum(pod.configData) },
    },
    spec: {
      serviceAccountName: pod.serviceAccountName,
      automountServiceAccountToken: pod.needsToken,
      terminationGracePeriodSeconds: pod.graceSeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: NONROOT,
        runAsGroup: NONROOT,
        fsGroup: NONROOT,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      nodeSelector: { 'kubernetes.io/os': 'linux', ...placement?.nodeLabels },
      ...tolerations(placement, onEveryNode),
      ...onEveryNode ? {} : { topologySpreadConstraints: spread(tier) },
      containers: [container(pod)],
      volumes: [
        { name: 'config', configMap: { name: pod.configMapName } },
        ...writable(pod).map(({ name }) => ({ name, emptyDir: {} })),
      ],
    },
  };
}

/** A digest of the configuration itself: labels and comments beside it restart nothing. */
export function checksum(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(sorted(data))).digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, held]) => [key, sorted(held)]));
}

function tolerations(
  placement: Placement | undefined, onEveryNode: boolean,
): Pick<k8s.PodSpec, 'tolerations'> {
  if (placement?.tolerations !== undefined) {
    return {
      tolerations: placement.tolerations.map(({ key, value, effect }) => ({
        key, value, effect, operator: value === undefined ? 'Exists' : 'Equal',
      })),
    };
  }
  // An agent that leaves tainted nodes out leaves their applications without telemetry.
  return onEveryNode ? { tolerations: [{ operator: 'Exists' }] } : {};
}

/** Softly over zones, then nodes: a pod that cannot be spread is better than none. */
function spread(tier: TierIdentity): k8s.TopologySpreadConstraint[] {
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selectorLabels(tier) },
    // New pods of a roll-out stand beside old ones: counting both leaves zones empty afterwards.
    ...tier.component === 'gateway' ? { matchLabelKeys: ['pod-template-hash'] } : {},
  }));
}

function container(pod: CollectorPod): k8s.Container {
  const { image, ports, memory } = pod;
  const { command } = image._traits;
  const memoryQuantity = k8s.Quantity.fromString(`${memory.containerMib}Mi`);
  return {
    name: 'collector',
    image: image.image,
    imagePullPolicy: 'IfNotPresent',
    ...command === undefined ? {} : { command },
    args: args(pod),
    env: environment(pod),
    ports: [
      { name: GRPC_PORT_NAME, containerPort: ports.grpc, protocol: 'TCP' },
      { name: HTTP_PORT_NAME, containerPort: ports.http, protocol: 'TCP' },
      { name: METRICS_PORT_NAME, containerPort: ports.metrics, protocol: 'TCP' },
      { name: HEALTH_PORT_NAME, containerPort: ports.health, protocol: 'TCP' },
    ],
    resources: {
      // No CPU limit: throttling would make telemetry late exactly when there is much of it.
      requests: { cpu: k8s.Quantity.fromString(`${pod.cpuMillis}m`), memory: memoryQuantity },
      limits: { memory: memoryQuantity },
    },
    startupProbe: probe({ periodSeconds: 2, failureThreshold: 60 }),
    livenessProbe: probe({ periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 }),
    readinessProbe: probe({ periodSeconds: 5, failureThreshold: 2, timeoutSeconds: 3 }),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'config', mountPath: CONFIG_FOLDER, readOnly: true },
      ...writable(pod).map(({ name, path }) => ({ name, mountPath: path })),
    ],
  };
}

function args({ image, graceSeconds }: CollectorPod): string[] {
  const config = ['--config', `${CONFIG_FOLDER}/${CONFIG_FILE}`];
  if (!image.isRuntime) return config;
  // Our own collector waits by itself until nobody sends to it any more; others sleep in preStop.
  return [
    'run', ...config, '--drain-delay', `${ENDPOINT_REMOVAL_SECONDS}s`,
    '--shutdown-timeout', `${shutdownSeconds(graceSeconds)}s`,
  ];
}

function probe(timing: Omit<k8s.Probe, 'httpGet'>): k8s.Probe {
  return {
    httpGet: { path: '/', port: k8s.IntOrString.fromString(HEALTH_PORT_NAME) },
    ...timing,
  };
}

function environment({ image, memory, secrets }: CollectorPod): k8s.EnvVar[] {
  const field = (name: string, fieldPath: string): k8s.EnvVar =>
    ({ name, valueFrom: { fieldRef: { fieldPath } } });
  return [
    ...Object.entries(POD_FIELDS).map(([name, path]) => field(name, path)),
    image.isRuntime
      ? { name: 'NODE_OPTIONS', value: `--max-old-space-size=${memory.heapMib}` }
      : { name: 'GOMEMLIMIT', value: `${memory.heapMib}MiB` },
    ...Object.entries(image._traits.env ?? {}).map(([name, value]) => ({ name, value })),
    ...[...secrets].map(([name, secret]) => ({
      name, valueFrom: { secretKeyRef: { name: secret.name, key: secret.key } },
    })),
  ];
}

function writable({ image }: CollectorPod): { name: string; path: string }[] {
  return (image._traits.writable ?? []).map((path) =>
    ({ name: path.slice(1).replace(/\//g, '-'), path }));
}
