/** Disk for what samplers hold: which volume it is. */
import { k8s } from 'cdk8s-plus-28';
import { STATE_FOLDER } from './pod-volumes';
import type { TierPart } from '../features/part';

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
