/** The components of a configuration that run. */
import { entries, texts } from './permission';
import { comparableName } from '../../distribution/component-lists';
import { valueAt, type CollectorData } from '../tier-facts';

/** A component that runs. */
export interface UsedComponent {
  /** Its section and type in a spelling that does not change: `processors.k8sattributes`. */
  readonly kind: string;
  /** Where it stands, for messages. */
  readonly path: string;
  /** Its settings. */
  readonly config: unknown;
}

const ROLES = ['receivers', 'processors', 'exporters'];

/** Everything that a pipeline or `service.extensions` names; nothing else is ever started. */
export function usedComponents(data: CollectorData): UsedComponent[] {
  const pipelines = entries(valueAt(data, 'service', 'pipelines')).map(([, lists]) => lists);
  const found = ROLES.flatMap((role) => named(
    data, role, pipelines.flatMap((lists) => texts(valueAt(lists, role)))));
  return [
    ...found.flatMap((component) => [component, ...inside(component)]),
    ...named(data, 'extensions', texts(valueAt(data, 'service', 'extensions'))),
  ];
}

function named(data: CollectorData, section: string, ids: readonly string[]): UsedComponent[] {
  return [...new Set(ids)].filter((id) => id in ((data[section] ?? {}) as object))
    .map((id) => used(section, id, `${section}.${id}`, valueAt(data, section, id)));
}

function used(section: string, id: string, path: string, config: unknown): UsedComponent {
  return { kind: comparableName(section, id.split('/')[0]), path, config: config ?? {} };
}

/** A receiver_creator starts what stands below its `receivers` when it finds something. */
function inside({ kind, path, config }: UsedComponent): UsedComponent[] {
  if (kind !== 'receivers.receivercreator') return [];
  return entries(valueAt(config, 'receivers')).map(([id, template]) =>
    used('receivers', id, `${path}.receivers.${id}`, valueAt(template, 'config')));
}
