/** The collector's container. */
import type { Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { CollectorPod } from './collector-pod';
import type { ProbeOptions } from './pod-options';
import { containerSecurity } from './pod-security';
import { collectorMounts, CONFIG_FOLDER } from './pod-volumes';
import {
  GRPC_PORT_NAME, HEALTH_PORT_NAME, HTTP_PORT_NAME, METRICS_PORT_NAME, PEERS_PORT_NAME,
} from './ports';
import { ENDPOINT_REMOVAL_SECONDS, shutdownSeconds } from '../graph/drain-budget';

/** Key of the configuration in its ConfigMap, and name of the file. */
export const CONFIG_FILE = 'collector.yaml';
/** What a pod is told about itself: fields of its own by variable. */
export const POD_FIELDS = {
  POD_IP: 'status.podIP',
  POD_NAME: 'metadata.name',
  POD_NAMESPACE: 'metadata.namespace',
  NODE_NAME: 'spec.nodeName',
};
/** Minor version of the first collectors of upstream that are built with Go 1.25. */
const FIRST_OF_GO_1_25 = 137;
/**
 * What is larger goes back to the system as soon as it is free. glibc would keep what a sampler
 * held once: up to a third more for each span that it holds (docs/benchmarks.md).
 */
const GIVEN_BACK_FROM_BYTES = 262_144;

/** The collector's container. */
export function collectorContainer(pod: CollectorPod): k8s.Container {
  const { image, options } = pod;
  const command = options.command ?? image._traits.command;
  return {
    name: 'collector',
    image: image.image,
    imagePullPolicy: options.imagePullPolicy ?? 'IfNotPresent',
    ...command === undefined ? {} : { command },
    args: args(pod),
    env: environment(pod),
    ...options.envFrom === undefined ? {} : { envFrom: options.envFrom },
    ports: containerPorts(pod),
    resources: resources(pod),
    ...options.resizePolicy === undefined ? {} : { resizePolicy: options.resizePolicy },
    ...options.lifecycle === undefined ? {} : { lifecycle: options.lifecycle },
    startupProbe: probe({ periodSeconds: 2, failureThreshold: 60 }, options.startupProbe),
    livenessProbe: probe(
      { periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 }, options.livenessProbe),
    readinessProbe: probe(
      { periodSeconds: 5, failureThreshold: 2, timeoutSeconds: 3 }, options.readinessProbe),
    securityContext: containerSecurity(pod),
    volumeMounts: collectorMounts(pod),
  };
}

function resources({ memory, cpuMillis, options }: CollectorPod): k8s.ResourceRequirements {
  const { cpuLimitMillis, memoryRequest, ephemeralStorage } = options;
  const quantity = (text: string) => k8s.Quantity.fromString(text);
  const mib = (value: number) => quantity(`${value}Mi`);
  const disk: Record<string, k8s.Quantity> = ephemeralStorage === undefined
    ? {} : { 'ephemeral-storage': mib(ephemeralStorage.toMebibytes()) };
  return {
    requests: {
      cpu: quantity(`${cpuMillis}m`),
      memory: mib(memoryRequest?.toMebibytes() ?? memory.containerMib),
      ...disk,
    },
    // No CPU limit: throttling would make telemetry late exactly when there is much of it.
    limits: {
      ...cpuLimitMillis === undefined ? {} : { cpu: quantity(`${cpuLimitMillis}m`) },
      memory: mib(memory.containerMib),
      ...disk,
    },
  };
}

/** Its ports. */
export function containerPorts({ ports, hostPorts, workload }: CollectorPod): k8s.ContainerPort[] {
  const { grpc, http, metrics, health, peers, others } = ports;
  const tcp = (
    name: string, containerPort: number | undefined, hostPort?: number,
  ): k8s.ContainerPort[] => containerPort === undefined ? [] : [{
    name, containerPort, protocol: 'TCP', ...hostPort === undefined ? {} : { hostPort },
  }];
  return [
    ...tcp(GRPC_PORT_NAME, grpc, hostPorts?.grpc), ...tcp(HTTP_PORT_NAME, http, hostPorts?.http),
    ...others.map(({ name, port, protocol, hostPort }) => ({
      name,
      containerPort: port,
      protocol,
      ...hostPort === undefined || workload !== 'DaemonSet' ? {} : { hostPort },
    })),
    ...tcp(METRICS_PORT_NAME, metrics), ...tcp(HEALTH_PORT_NAME, health),
    ...tcp(PEERS_PORT_NAME, peers),
  ];
}

function args({ image, graceSeconds, leaveSeconds = 0, options }: CollectorPod): string[] {
  const { extraArgs = [], featureGates = [] } = options;
  const config = ['--config', `${CONFIG_FOLDER}/${CONFIG_FILE}`];
  const gates = featureGates.length === 0 ? [] : [`--feature-gates=${featureGates.join(',')}`];
  if (!image.isRuntime) return [...config, ...gates, ...extraArgs];
  // Our own collector waits by itself until nobody sends to it any more; others sleep in preStop.
  return [
    'run', ...config, '--drain-delay', `${ENDPOINT_REMOVAL_SECONDS}s`,
    '--shutdown-timeout', `${shutdownSeconds(graceSeconds - leaveSeconds)}s`, ...gates,
    ...extraArgs,
  ];
}

function probe(
  timing: Omit<k8s.Probe, 'httpGet'>, options: ProbeOptions | undefined,
): k8s.Probe {
  const {
    period, timeout, failureThreshold, initialDelay, successThreshold, terminationGracePeriod,
  } = options ?? {};
  const given = {
    initialDelaySeconds: seconds(initialDelay),
    periodSeconds: seconds(period),
    timeoutSeconds: seconds(timeout),
    failureThreshold,
    successThreshold,
    terminationGracePeriodSeconds: seconds(terminationGracePeriod),
  };
  return {
    httpGet: { path: '/', port: k8s.IntOrString.fromString(HEALTH_PORT_NAME) },
    ...timing,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

function seconds(duration: Duration | undefined): number | undefined {
  return duration?.toSeconds();
}

/**
 * Go before 1.25 starts a thread for every core of the node, and a CPU limit then stops all of them
 * at once. Later ones do by themselves what this does, and follow a limit that changes.
 */
function processors({ image, options: { cpuLimitMillis } }: CollectorPod): k8s.EnvVar[] {
  const knowsLimit = image.isRuntime || (image._minor ?? 0) >= FIRST_OF_GO_1_25;
  if (knowsLimit || cpuLimitMillis === undefined) return [];
  return [{ name: 'GOMAXPROCS', value: String(Math.max(2, Math.ceil(cpuLimitMillis / 1000))) }];
}

/** Variables as they were added first, with the value that was given last. */
function environment(pod: CollectorPod): k8s.EnvVar[] {
  const { image, memory, secrets, parts, options } = pod;
  const field = (name: string, fieldPath: string): k8s.EnvVar =>
    ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const plain = (values: Readonly<Record<string, string>> = {}): k8s.EnvVar[] =>
    Object.entries(values).map(([name, value]) => ({ name, value }));
  const ofParts = parts.flatMap(({ env = [] }) => env);
  return [...new Map([
    ...Object.entries(POD_FIELDS).map(([name, path]) => field(name, path)),
    image.isRuntime
      ? { name: 'NODE_OPTIONS', value: `--max-old-space-size=${memory.heapMib}` }
      : { name: 'GOMEMLIMIT', value: `${memory.heapMib}MiB` },
    ...processors(pod),
    ...image.isRuntime && pod.holdsTraces === true
      ? plain({ MALLOC_MMAP_THRESHOLD_: String(GIVEN_BACK_FROM_BYTES) }) : [],
    ...ofParts.filter(({ name }, index) =>
      ofParts.findIndex((one) => one.name === name) === index),
    ...plain(image._traits.env),
    ...plain(options.env),
    ...options.envVars ?? [],
    ...[...secrets].map(([name, secret]) => ({
      name, valueFrom: { secretKeyRef: { name: secret.name, key: secret.key } },
    })),
  ].map((variable) => [variable.name, variable])).values()];
}
