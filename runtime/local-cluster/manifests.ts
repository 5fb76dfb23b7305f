/** Reads synthesized manifests and sorts them by what the local cluster does with them. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, parseAllDocuments } from 'yaml';
import { messageOf } from '../errors';
import type {
  Autoscaler, BindingLike, ConfigMap, DaemonSet, Deployment, KubeObject, RoleLike, Secret, Service,
  ServiceAccount, StatefulSet, WantedCertificate,
} from './kubernetes';

/** Manifests by kind. */
export interface Manifests {
  /** All Deployments. */
  readonly deployments: readonly Deployment[];
  /** All StatefulSets. */
  readonly statefulSets: readonly StatefulSet[];
  /** All DaemonSets. */
  readonly daemonSets: readonly DaemonSet[];
  /** All Services. */
  readonly services: readonly Service[];
  /** All ConfigMaps. */
  readonly configMaps: readonly ConfigMap[];
  /** All Secrets. */
  readonly secrets: readonly Secret[];
  /** All ServiceAccounts. */
  readonly serviceAccounts: readonly ServiceAccount[];
  /** All Roles. */
  readonly roles: readonly RoleLike[];
  /** All ClusterRoles. */
  readonly clusterRoles: readonly RoleLike[];
  /** All RoleBindings. */
  readonly roleBindings: readonly BindingLike[];
  /** All ClusterRoleBindings. */
  readonly clusterRoleBindings: readonly BindingLike[];
  /** All HorizontalPodAutoscalers: they hold their targets at the minimum. */
  readonly autoscalers: readonly Autoscaler[];
  /** All Certificates of cert-manager. */
  readonly certificates: readonly WantedCertificate[];
  /** How many objects there are of each kind that has no meaning on one machine. */
  readonly notPlayed: ReadonlyMap<string, number>;
}

/** Manifests that cannot be read; the message lists every mistake. */
export class ManifestError extends Error {
  public readonly name: string = 'ManifestError';

  public constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

const PLAYED = {
  Deployment: 'deployments',
  StatefulSet: 'statefulSets',
  DaemonSet: 'daemonSets',
  Service: 'services',
  ConfigMap: 'configMaps',
  Secret: 'secrets',
  ServiceAccount: 'serviceAccounts',
  Role: 'roles',
  ClusterRole: 'clusterRoles',
  RoleBinding: 'roleBindings',
  ClusterRoleBinding: 'clusterRoleBindings',
  HorizontalPodAutoscaler: 'autoscalers',
  Certificate: 'certificates',
} as const;

/** A Namespace needs nobody to play it: objects name it and that is all it does here. */
const WITHOUT_EFFECT = new Set(['Namespace']);

/** The YAML and JSON files that `paths` name; a folder stands for its files, not its folders. */
export function manifestFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path).filter((name) => /\.(ya?ml|json)$/.test(name)).sort()
      .map((name) => join(path, name));
  });
}

/**
 * Reads all manifests under `paths`.
 *
 * @throws ManifestError with every mistake, each with file and line.
 */
export function loadManifests(paths: readonly string[]): Manifests {
  const problems: string[] = [];
  const objects: KubeObject[] = [];
  for (const path of paths) {
    try {
      for (const file of manifestFiles([path])) {
        readObjects(file, readFileSync(file, 'utf8'), objects, problems);
      }
    } catch (thrown) {
      problems.push(`${path}: must be a readable file or folder, got ${messageOf(thrown)}`);
    }
  }
  if (problems.length === 0 && objects.length === 0) {
    problems.push(`${paths.join(', ')}: must hold manifests (*.yaml), got none;`
      + ' write them with "cdk8s synth"');
  }
  if (problems.length > 0) throw new ManifestError(problems);
  return sortManifests(objects);
}

function readObjects(
  file: string, text: string, objects: KubeObject[], problems: string[],
): void {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines });
  for (const document of Array.isArray(documents) ? documents : []) {
    for (const error of document.errors) problems.push(`${file}: ${error.message}`);
    if (document.errors.length > 0) continue;
    const value: unknown = document.toJS();
    if (value === null || value === undefined) continue;
    const { line } = lines.linePos(document.contents?.range?.[0] ?? 0);
    collectObject(`${file}:${line}`, value, objects, problems);
  }
}

function collectObject(
  where: string, value: unknown, objects: KubeObject[], problems: string[],
): void {
  const object = value as Partial<KubeObject> & { readonly items?: unknown };
  if (object.kind === 'List' && Array.isArray(object.items)) {
    for (const item of object.items) collectObject(where, item, objects, problems);
  } else if (typeof object.kind !== 'string' || typeof object.apiVersion !== 'string') {
    problems.push(`${where}: must have kind and apiVersion, got ${JSON.stringify(value)}`
      .slice(0, 200));
  } else if (typeof object.metadata?.name !== 'string') {
    problems.push(`${where}: metadata.name of this ${object.kind} must be a text, got `
      + JSON.stringify(object.metadata?.name));
  } else {
    objects.push(object as KubeObject);
  }
}

/** Sorts `objects` by kind. */
export function sortManifests(objects: readonly KubeObject[]): Manifests {
  const sorted = Object.fromEntries(
    Object.values(PLAYED).map((list) => [list, [] as KubeObject[]]),
  ) as Record<(typeof PLAYED)[keyof typeof PLAYED], KubeObject[]>;
  const notPlayed = new Map<string, number>();
  for (const object of objects) {
    if (object.kind in PLAYED) {
      sorted[PLAYED[object.kind as keyof typeof PLAYED]].push(object);
    } else if (!WITHOUT_EFFECT.has(object.kind)) {
      notPlayed.set(object.kind, (notPlayed.get(object.kind) ?? 0) + 1);
    }
  }
  return { ...sorted, notPlayed } as unknown as Manifests;
}

/** One line about what is in the manifests and has no meaning on one machine; '' when nothing. */
export function describeNotPlayed(manifests: Manifests): string {
  const kinds = [...manifests.notPlayed].map(([kind, count]) => `${count} ${kind}`);
  if (manifests.autoscalers.length > 0) {
    kinds.unshift(`${manifests.autoscalers.length} HorizontalPodAutoscaler (held at the minimum)`);
  }
  return kinds.length === 0 ? '' : `not played here: ${kinds.join(', ')}`;
}
