/** Where pods can write what is to outlive their process. */
import { posix } from 'path';
import type { CollectorPod } from './collector-pod';
import { containerSecurity } from './pod-security';
import { collectorMounts } from './pod-volumes';
import { holdsReference } from '../config/environment-references';
import { kindOf, runningComponents } from '../graph/checks/pipelines';
import { valueAt, type CollectorData } from '../graph/tier-facts';

/** Where a storage writes, unless told otherwise. */
const USUAL = '/var/lib/otelcol/file_storage';
/** What has a storage write to its directory for compaction. */
const COMPACTS = ['on_start', 'on_rebound'];

/** Whether nothing can be written at `directory`, for certain. */
export function isReadOnly(pod: CollectorPod, directory: unknown): directory is string {
  return containerSecurity(pod).readOnlyRootFilesystem === true
    && typeof directory === 'string' && !holdsReference(directory)
    && !isOnVolume(directory, pod);
}

/** The innermost mount decides. */
function isOnVolume(directory: string, pod: CollectorPod): boolean {
  const folder = (path: string) => `${posix.resolve('/', path)}/`.replace(/\/+$/, '/');
  const [innermost] = collectorMounts(pod)
    .filter(({ mountPath }) => folder(directory).startsWith(folder(mountPath)))
    .sort((one, other) => folder(other.mountPath).length - folder(one.mountPath).length);
  return innermost !== undefined && innermost.readOnly !== true;
}

/** What is wrong with storages where nothing can be written: collectors would not start. */
export function storagePlaceProblems(pod: CollectorPod): string[] {
  return usedStorages(pod).flatMap((id) => {
    const config = valueAt(pod.configData, 'extensions', id);
    const compacts = COMPACTS.some((key) => valueAt(config, 'compaction', key) === true);
    const places = compacts ? [['directory'], ['compaction', 'directory']] : [['directory']];
    return places.flatMap((place) => {
      const given = valueAt(config, ...place);
      const directory = given ?? USUAL;
      if (!isReadOnly(pod, directory)) return [];
      return [`extensions.${id}.${place.join('.')}: must be on a volume that can be written to, for`
        + ` the root file system of the pods is read-only, got ${given === undefined
          ? `nothing, which is ${directory}` : JSON.stringify(directory)}.`
        + '\n→ give a queue SendingQueue.persistent({ size }) or SendingQueue.ephemeral({ size })'
        + ' in its place, or mount a volume there by `volumes` and `volumeMounts` of `pod`.'];
    });
  });
}

/** Our own collector looks at each at its start; that of upstream at those that somebody uses. */
function usedStorages({ configData, image }: CollectorPod): string[] {
  const started: unknown = valueAt(configData, 'service', 'extensions');
  const ids: unknown[] = Array.isArray(started) ? started : [];
  return ids.filter((id): id is string => typeof id === 'string' && kindOf(id) === 'filestorage'
    && (image.isRuntime || isNamed(id, configData)));
}

function isNamed(id: string, data: CollectorData): boolean {
  return runningComponents(data).some(({ config }) => holds(config, id));
}

function holds(value: unknown, text: string): boolean {
  if (typeof value !== 'object' || value === null) return value === text;
  return Object.values(value).some((each) => holds(each, text));
}
