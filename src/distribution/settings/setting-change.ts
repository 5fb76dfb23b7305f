/**
 * A setting that not every version of the collector has.
 */

/** What changed about a setting, below the settings of a component. */
export interface Change {
  /** Keys from the component down, with dots between; `[]` stands for every element of a list. */
  readonly path: string;
  /** First minor version of 0.x that has it; every older one when absent. */
  readonly since?: number;
  /** First minor version of 0.x that does not have it any more; none when absent. */
  readonly until?: number;
  /** Only these values are meant; any when absent. */
  readonly values?: readonly string[];
  /** Only meant when this setting of the component is given as well. */
  readonly beside?: string;
  /** Only meant while none of these settings of the component are given. */
  readonly unless?: readonly string[];
  /** What to do instead, as a half sentence; to leave it out when absent. */
  readonly instead?: string;
  /** Whether upstream never had it: only the collector of this project knows it. */
  readonly isOurs?: boolean;
  /** What is wrong, where that is more than being unknown; the version follows it. */
  readonly says?: string;
  /** Where it is known from. */
  readonly source: string;
}

/** A change, and the component it is about. */
export interface SettingChange extends Change {
  /** Its section and type in today's spelling: `processors.batch`; or `service`. */
  readonly component: string;
}

/** What more there may be to say about a change. */
export type ChangeDetails = Omit<Change, 'path' | 'since' | 'source'>;

/** A setting that came with a minor version. */
export function since(
  minor: number, path: string, source: string, details: ChangeDetails = {},
): Change {
  return { path, since: minor, source, ...details };
}

/** A setting that went with a minor version. */
export function until(
  minor: number, path: string, source: string, details: ChangeDetails = {},
): Change {
  return { path, until: minor, source, ...details };
}

/** A setting that only the collector of this project has. */
export function ours(path: string, details: ChangeDetails = {}): Change {
  return { path, isOurs: true, source: 'this project', ...details };
}

/** Changes of one component. */
export function of(component: string, ...changes: readonly Change[][]): SettingChange[] {
  return changes.flat().map((change) => ({ component, ...change }));
}

/** The same changes, in a section of the component. */
export function below(prefix: string, ...changes: readonly Change[][]): Change[] {
  const at = (path: string) => `${prefix}.${path}`;
  return changes.flat().map((change) => ({
    ...change,
    path: at(change.path),
    ...change.beside === undefined ? {} : { beside: at(change.beside) },
    ...change.unless === undefined ? {} : { unless: change.unless.map(at) },
  }));
}
