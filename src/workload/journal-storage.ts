/** Disk for what samplers hold: which volume it is. */
import { k8s } from 'cdk8s-plus-28';
import type { CollectorPod } from './collector-pod';
import { STATE_FOLDER } from './pod-volumes';
import { isReadOnly } from './storage-places';
import type { TierPart } from '../features/part';
import { tailSamplers } from '../graph/checks/pipelines';
import { valueAt } from '../graph/tier-facts';

/** Name of the volume, and of its claims. */
const JOURNAL = 'journal';
/** Where the collector finds it. */
export const JOURNAL_FOLDER = `${STATE_FOLDER}/${JOURNAL}`;

/** What a journal needs of the disk. */
export interface JournalStorage {
  /** How long it lasts: as long as a volume, or as long as the pod. */
  readonly lasts: 'volume' | 'pod';
  /** Room, in mebibytes. */
  readonly mib: number;
  /** Class of the volume; undefined for that of the cluster. */
  readonly storageClassName?: string;
}

/** What a journal adds to the pods of a StatefulSet. */
export function journalPart({ lasts, mib, storageClassName }: JournalStorage): TierPart {
  const size = k8s.Quantity.fromString(`${mib}Mi`);
  if (lasts === 'pod') {
    return {
      diskMib: mib,
      volumes: [{
        volume: { name: JOURNAL, emptyDir: { sizeLimit: size } },
        mount: { mountPath: JOURNAL_FOLDER },
      }],
    };
  }
  return {
    claims: [{
      metadata: { name: JOURNAL },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: size } },
        ...storageClassName === undefined ? {} : { storageClassName },
      },
    }],
  };
}

/** What is wrong with journals where nothing can be written: collectors would not start. */
export function journalProblems(pod: CollectorPod): string[] {
  if (!pod.image.isRuntime) return [];
  return tailSamplers(pod.configData).flatMap(({ where, config }) => {
    const directory = valueAt(config, 'journal', 'directory');
    return !isReadOnly(pod, directory) ? [] : [
      `${where}.journal.directory: must be on a volume that can be written to, for the root file`
      + ` system of the pods is read-only, got ${JSON.stringify(directory)}.`
      + '\n→ leave `directory` out of `config` and give `journal` SamplingJournal.persistent(), or'
      + ' mount a volume there by `volumes` and `volumeMounts` of `pod`.',
    ];
  });
}
