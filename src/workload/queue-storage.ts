/** Disk for requests that wait: which volume it is, and what the collector is told of it. */
import { k8s } from 'cdk8s-plus-28';
import type { CollectorPod } from './collector-pod';
import { STATE_FOLDER } from './pod-volumes';
import { fileStorageExtension, type Path, type Yaml } from '../config';
import { wholeMebibytes } from '../config/prop-kinds';
import type { CollectorVersion, PartFacts, PartVolume, TierPart } from '../features/part';
import { valueAt, type CollectorData } from '../graph/tier-facts';

/** Name of the volume, of its claims, and of the extension that writes to it. */
const QUEUE = 'queue';
/** Where the collector finds it. */
const FOLDER = `${STATE_FOLDER}/${QUEUE}`;
/** What an exporter's queue refers to. */
export const QUEUE_STORAGE_ID = `file_storage/${QUEUE}`;
/** From this version of upstream's 0.x on, what a compaction left behind is removed. */
const CLEANS_UP = 120;

/** What one queue needs of the disk. */
export interface QueueStorage {
  /** How long it lasts: as long as a volume, or as long as the pod. */
  readonly lasts: 'volume' | 'pod';
  /** Room, in mebibytes. */
  readonly mib: number;
  /** Class of the volume; undefined for that of the cluster. */
  readonly storageClassName?: string;
  /** What becomes of volumes when the StatefulSet is deleted. */
  readonly whenDeleted: string;
  /** What becomes of the volume of a pod that is scaled away. */
  readonly whenScaled: string;
}

/** What stamps pods out. */
type Workload = 'DaemonSet' | 'Deployment' | 'StatefulSet';

/** What the queues on disk of one tier add to it: they share a volume. */
export function queuePart(
  storages: readonly QueueStorage[], workload: Workload, facts: PartFacts,
): TierPart {
  if (storages.length === 0) return {};
  const [{ storageClassName, lasts }] = storages;
  const mib = storages.reduce((sum, storage) => sum + storage.mib, 0);
  const size = k8s.Quantity.fromString(`${mib}Mi`);
  const common: TierPart = {
    extensions: [{
      contract: fileStorageExtension,
      name: QUEUE,
      write: fileStorage,
    }],
    problems: problemsOf(storages, workload),
  };
  if (lasts === 'pod') {
    return { ...common, diskMib: mib, volumes: [volume({ emptyDir: { sizeLimit: size } })] };
  }
  if (workload === 'DaemonSet') {
    const path = [STATE_FOLDER, facts.namespace ?? 'default', facts.name, QUEUE].join('/');
    return { ...common, volumes: [volume({ hostPath: { path, type: 'DirectoryOrCreate' } })] };
  }
  return {
    ...common,
    claims: [{
      metadata: { name: QUEUE },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: size } },
        ...storageClassName === undefined ? {} : { storageClassName },
      },
    }],
  };
}

function volume(source: Omit<k8s.Volume, 'name'>): PartVolume {
  return { volume: { name: QUEUE, ...source }, mount: { mountPath: FOLDER } };
}

function fileStorage(at: Path, version: CollectorVersion): Yaml {
  const minor = Number(/^v?0\.(\d+)/.exec(version ?? '')?.[1] ?? Infinity);
  return fileStorageExtension.write({
    directory: FOLDER,
    // The file does not become smaller by itself when a long queue was sent.
    compaction: {
      onRebound: true,
      directory: FOLDER,
      ...minor >= CLEANS_UP ? { cleanupOnStart: true } : {},
    },
  }, at);
}

function problemsOf(storages: readonly QueueStorage[], workload: Workload): string[] {
  const [first, ...others] = storages;
  const clash = (['lasts', 'storageClassName', 'whenDeleted', 'whenScaled'] as const)
    .find((key) => others.some((other) => other[key] !== first[key]));
  const problems = clash === undefined ? [] : [
    'queue: all queues of a tier share one volume and must agree about it, got different'
    + ` ${clash === 'lasts' ? 'kinds' : clash}.\n→ give all of them the same options.`,
  ];
  if (first.lasts === 'volume' && workload === 'Deployment') {
    problems.push('queue: must be on a volume of each pod\'s own, which pods of a Deployment do not'
      + ' have, got SendingQueue.persistent(…).\n→ use a GatewayStatefulSet, or'
      + ' SendingQueue.ephemeral(…), which outlives a crash but not its pod.');
  }
  return problems;
}

/** What is wrong with volumes that last as long as a pod and are larger than its room on disk. */
export function diskRoomProblems(
  { options: { ephemeralStorage }, parts }: Pick<CollectorPod, 'options' | 'parts'>,
): string[] {
  if (!wholeMebibytes.is(ephemeralStorage)) return [];
  const room = ephemeralStorage!.toMebibytes();
  const needed = parts.reduce((sum, { diskMib = 0 }) => sum + diskMib, 0);
  return needed <= room ? [] : [
    `pod: ephemeralStorage must be the ${needed} MiB of queues and journals on disk at least, for a`
    + ` pod that writes more is evicted, got ${room}.`
    + '\n→ raise `ephemeralStorage`, or leave it out.',
  ];
}

/** The claims of a StatefulSet's pods, and what becomes of them. */
export function claimTemplates(
  parts: readonly TierPart[], storages: readonly QueueStorage[],
): Pick<k8s.StatefulSetSpec, 'volumeClaimTemplates' | 'persistentVolumeClaimRetentionPolicy'> {
  const claims = parts.flatMap((part) => part.claims ?? []);
  if (claims.length === 0) return {};
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = storages[0] ?? {};
  return {
    volumeClaimTemplates: claims,
    persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
  };
}

/** What is wrong with queues that name a storage which is not there: collectors would not start. */
export function storageProblems({ exporters = {}, extensions = {} }: CollectorData): string[] {
  const known = Object.keys(extensions as object);
  return Object.entries(exporters).flatMap(([id, exporter]) => {
    const storage = valueAt(exporter, 'sending_queue', 'storage');
    return storage === undefined || known.includes(String(storage)) ? [] : [
      `exporters.${id}.sending_queue.storage: must be one of the extensions`
      + ` (${known.join(', ')}), got ${String(storage)}.`
      + '\n→ give `queue` SendingQueue.persistent({ size }) instead: the extension then follows.',
    ];
  });
}
