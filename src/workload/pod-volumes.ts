/** Volumes of a tier's pods, and where they are mounted. */
import { k8s } from 'cdk8s-plus-28';
import type { CollectorPod } from './collector-pod';
import { isRoot, runsAs } from './pod-security';
import type { PartVolume, TierPart } from '../features/part';

/** Folder of the configuration. */
export const CONFIG_FOLDER = '/etc/otelgw';
/** Folder of what outlives a pod: each claim and each folder of the node is one in it. */
export const STATE_FOLDER = '/var/lib/otelgw';
/** Has `chown`. */
const CHOWN_IMAGE = 'busybox:1.37.0';

/** Names of volumes that are written by themselves. */
export function ownVolumeNames(pod: CollectorPod): string[] {
  return [...ownVolumes(pod).map(({ name }) => name), ...claimNames(pod.parts)];
}

/** All volumes of a pod. */
export function podVolumes(pod: CollectorPod): k8s.Volume[] {
  return [...ownVolumes(pod), ...pod.options.volumes ?? []];
}

function ownVolumes(pod: CollectorPod): k8s.Volume[] {
  return [
    { name: 'config', configMap: { name: pod.configMapName } },
    ...writable(pod).map(({ name }) => ({ name, emptyDir: {} })),
    ...partVolumes(pod.parts).map(({ volume }) => volume),
  ];
}

/** Where the collector finds them. */
export function collectorMounts(pod: CollectorPod): k8s.VolumeMount[] {
  return [
    { name: 'config', mountPath: CONFIG_FOLDER, readOnly: true },
    ...writable(pod).map(({ name, path }) => ({ name, mountPath: path })),
    ...partVolumes(pod.parts).map(({ volume, mount }) => ({ name: volume.name, ...mount })),
    ...claimNames(pod.parts).map((name) => ({ name, mountPath: `${STATE_FOLDER}/${name}` })),
    ...pod.options.volumeMounts ?? [],
  ];
}

/** Volumes of features; what several of them mount at one place is mounted once. */
function partVolumes(parts: readonly TierPart[]): PartVolume[] {
  const all = parts.flatMap(({ volumes = [] }) => volumes);
  return all.filter(({ volume }, index) =>
    all.findIndex((other) => other.volume.name === volume.name) === index);
}

function claimNames(parts: readonly TierPart[]): string[] {
  return parts.flatMap(({ claims = [] }) => claims)
    .flatMap(({ metadata }) => metadata?.name ?? []);
}

function writable({ image }: CollectorPod): { name: string; path: string }[] {
  return (image._traits.writable ?? []).map((path) =>
    ({ name: path.slice(1).replace(/\//g, '-'), path }));
}

/** Folders of the node that features write to. */
function hostFolders(parts: readonly TierPart[]): PartVolume[] {
  return partVolumes(parts)
    .filter(({ volume, mount }) => volume.hostPath !== undefined && mount.readOnly !== true);
}

/** Whether a second pod on the same node would write to the same files. */
export function writesToNode(parts: readonly TierPart[]): boolean {
  return hostFolders(parts).length > 0;
}

/**
 * Gives folders of the node to the collector's user: Kubernetes makes them root's, and fsGroup
 * does not reach them. Nothing else runs as root, and it may change owners only.
 */
export function folderOwner(pod: CollectorPod): k8s.Container[] {
  const folders = isRoot(pod) ? [] : hostFolders(pod.parts)
    .filter(({ volume }) => volume.hostPath?.type === 'DirectoryOrCreate');
  if (folders.length === 0) return [];
  const { user, group } = runsAs(pod);
  const memory = k8s.Quantity.fromString('32Mi');
  return [{
    name: 'owner',
    image: pod.options.hostFolderImage ?? CHOWN_IMAGE,
    imagePullPolicy: 'IfNotPresent',
    command: [
      'chown', '-R', `${user}:${group}`, ...folders.map(({ mount }) => mount.mountPath),
    ],
    resources: { requests: { cpu: k8s.Quantity.fromString('10m'), memory }, limits: { memory } },
    securityContext: {
      runAsNonRoot: false,
      runAsUser: 0,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['CHOWN'] },
    },
    volumeMounts: folders.map(({ volume, mount }) => ({ name: volume.name, ...mount })),
  }];
}
