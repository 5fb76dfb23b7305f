/** What differs between two configurations. */
import { isDeepStrictEqual } from 'util';
import type { CollectorSettings, ComponentSettings } from './config';

/** What differs between two configurations. */
export interface ChangedParts {
  /** Ids of processors that are in both, of the same type, with other settings. */
  readonly processors: readonly string[];
  /** Everything else, as it is named in the file. */
  readonly others: readonly string[];
}

const COMPONENTS = ['receivers', 'processors', 'exporters', 'connectors', 'extensions'] as const;

/** What differs between `before` and `after`. */
export function changedParts(before: CollectorSettings, after: CollectorSettings): ChangedParts {
  const changed = COMPONENTS.flatMap((section) =>
    changedComponents(before[section], after[section]).map((id) => ({ section, id })));
  const isChangeable = ({ section, id }: typeof changed[number]): boolean =>
    section === 'processors' && before.processors.get(id)?.type === after.processors.get(id)?.type;
  const service = [
    ['service.pipelines', before.pipelines, after.pipelines],
    ['service.extensions', before.extensionOrder, after.extensionOrder],
    ['service.telemetry', before.telemetry, after.telemetry],
  ] as const;
  return {
    processors: changed.filter(isChangeable).map(({ id }) => id),
    others: [
      ...changed.filter((one) => !isChangeable(one)).map(({ section, id }) => `${section}.${id}`),
      ...service.filter(([, was, is]) => !isDeepStrictEqual(was, is)).map(([name]) => name),
    ],
  };
}

function changedComponents(
  before: ReadonlyMap<string, ComponentSettings>, after: ReadonlyMap<string, ComponentSettings>,
): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((id) => !isDeepStrictEqual(before.get(id), after.get(id)));
}
