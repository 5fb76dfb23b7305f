/** What is wrong with volumes and containers that were given beside those of the collector. */
import type { k8s } from 'cdk8s-plus-28';
import type { CollectorPod } from './collector-pod';
import { containerPorts } from './container';
import { runningContainers } from './host-ports';
import { collectorMounts, ownVolumeNames } from './pod-volumes';

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function twice(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

/** What is wrong with volumes and mounts. */
export function volumeProblems(pod: CollectorPod): string[] {
  const { volumes = [], containers = [], initContainers = [] } = pod.options;
  const given = volumes.map(({ name }) => name);
  const all = [...ownVolumeNames(pod), ...given];
  const sidecars = [...initContainers, ...containers];
  return [
    ...given.filter((name) => !DNS_LABEL.test(name)).map((name) =>
      'pod: volumes must have names of lower-case letters, digits and -, 63 at most, got'
      + ` ${JSON.stringify(name)}.\n→ rename it.`),
    ...twice(all).map((name) =>
      `pod: volumes must have names of their own, got ${name} twice.\n→ rename it.`),
    ...mountProblems('volumeMounts', collectorMounts(pod), all),
    ...sidecars.flatMap(({ name, volumeMounts = [] }) =>
      mountProblems(`volumeMounts of ${name}`, volumeMounts, all)),
  ];
}

function mountProblems(
  what: string, mounts: readonly k8s.VolumeMount[], volumes: readonly string[],
): string[] {
  const paths = mounts.map(({ mountPath }) => String(mountPath).replace(/(.)\/+$/, '$1'));
  return [
    ...mounts.filter(({ name }) => !volumes.includes(name)).map(({ name }) =>
      `pod: ${what} must name one of the \`volumes\` (${volumes.join(', ')}), got ${name}.`
      + '\n→ add it to `volumes`.'),
    ...twice(paths).map((path) => `pod: ${what} must be at paths of their own, got ${path} twice.`
      + '\n→ give one of them another `mountPath`.'),
  ];
}

/** What is wrong with names and ports of containers. */
export function containerProblems(pod: CollectorPod): string[] {
  const { containers = [], initContainers = [] } = pod.options;
  const names = [...initContainers, ...containers].map(({ name }) => name);
  return [
    ...names.filter((name) => !DNS_LABEL.test(name)).map((name) =>
      'pod: containers must have names of lower-case letters, digits and -, 63 at most, got'
      + ` ${JSON.stringify(name)}.\n→ rename it.`),
    ...twice(['collector', 'owner', ...names]).map((name) =>
      `pod: containers must have names of their own, got ${name} twice.\n→ rename it.`),
    ...portProblems(pod),
  ];
}

/** Containers of a pod have one network, and Services find ports by their names. */
function portProblems(pod: CollectorPod): string[] {
  const { containers = [], initContainers } = pod.options;
  const taken = new Set(containerPorts(pod).flatMap(claimsOf));
  return runningContainers({ containers, initContainers }).flatMap(({ name, ports = [] }) =>
    ports.flatMap((port) => {
      const claims = claimsOf(port);
      const clash = claims.find((claim) => taken.has(claim));
      claims.forEach((claim) => taken.add(claim));
      return clash === undefined ? [] : [
        `pod: ports of container ${name} must be free in the pod, got ${clash} a second time.`
        + '\n→ give it another port.',
      ];
    }));
}

function claimsOf({ name, containerPort, hostPort, hostIp, protocol = 'TCP' }: k8s.ContainerPort) {
  return [
    ...name === undefined ? [] : [`port name ${name}`],
    `port ${containerPort}/${protocol}`,
    ...hostPort === undefined ? [] : [`hostPort ${[hostIp ?? [], hostPort].flat().join(':')}`
      + `/${protocol}`],
  ];
}
