/**
 * What a configuration asks for that a version of the collector does not have: settings that came
 * later or are gone, and types under names that it does not know yet.
 */
import { comparableName } from './component-lists';
import { CONTRIB_SETTINGS, OWN_SETTINGS } from './settings/contrib-settings';
import { CORE_SETTINGS } from './settings/core-settings';
import { RECEIVER_SETTINGS } from './settings/receiver-settings';
import type { Change, SettingChange } from './settings/setting-change';
import { minorOf, OLDEST_UPSTREAM } from './versions';
import { pathText, type Path } from '../config/problem';
import { renamedType } from '../config/spelling';

export type { SettingChange } from './settings/setting-change';

/** A configuration as plain data. */
export interface CollectorDataLike {
  /** Any section. */
  readonly [section: string]: unknown;
}

/** Something that the version does not have. */
export interface Unsupported {
  /** Where, such as `processors.tail_sampling/eu.policies[1].type`. */
  readonly path: string;
  /** Where, what must hold, and what to do about it. */
  readonly sentence: string;
}

/** All changes of settings from 0.120 on that are known. */
export const SETTING_CHANGES: readonly SettingChange[] = [
  ...CORE_SETTINGS, ...CONTRIB_SETTINGS, ...RECEIVER_SETTINGS,
];

const SECTIONS = ['receivers', 'processors', 'exporters', 'connectors', 'extensions'];

const BY_COMPONENT = new Map<string, SettingChange[]>();
for (const change of [...SETTING_CHANGES, ...OWN_SETTINGS]) {
  const [section, type = ''] = change.component.split('.');
  const name = comparableName(section, type);
  BY_COMPONENT.set(name, [...BY_COMPONENT.get(name) ?? [], change]);
}

/**
 * Settings of `data` that upstream's `version` does not have. None for a version before 0.120 and
 * for what is no version: nobody knows.
 */
export function unsupportedSettings(data: CollectorDataLike, version: string): Unsupported[] {
  const minor = knownMinor(version);
  if (minor === undefined) return [];
  return instances(data).flatMap(({ name, at, config }) => {
    const found = (BY_COMPONENT.get(name) ?? [])
      .filter((change) => !isThere(change, minor))
      .flatMap((change) => places(config, change)
        .map((keys) => ({ change, path: pathText([...at, ...keys]) })));
    return withoutFollowing(found).map(({ change, path }) => ({
      path, sentence: `${path}: ${complaint(change, minor, version)}`,
    }));
  });
}

/**
 * Components of `data` that stand under a name which upstream's `version` does not know yet,
 * though it has the component under an older one.
 */
export function misnamedTypes(data: CollectorDataLike, version: string): Unsupported[] {
  if (knownMinor(version) === undefined) return [];
  return SECTIONS.flatMap((section) => Object.keys(record(data[section])).flatMap((id) => {
    const [type, ...name] = id.split('/');
    const renamed = renamedType(section, type, version);
    if (renamed === undefined) return [];
    const path = pathText([section, id]);
    return [{
      path,
      sentence: `${path}: is named ${renamed.old} before 0.${renamed.since}, got an image of`
        + ` ${version}.\n→ write ${[renamed.old, ...name].join('/')}, here and in the pipelines.`,
    }];
  }));
}

function knownMinor(version: string): number | undefined {
  const minor = minorOf(version);
  return minor === undefined || minor < Number(minorOf(OLDEST_UPSTREAM)) ? undefined : minor;
}

interface Instance {
  readonly name: string;
  readonly at: Path;
  readonly config: unknown;
}

function instances(data: CollectorDataLike): Instance[] {
  const components = SECTIONS.flatMap((section) => Object.entries(record(data[section]))
    .map(([id, config]) => ({
      name: comparableName(section, id.split('/')[0]), at: [section, id], config,
    })));
  return [
    ...components,
    { name: comparableName('service', ''), at: ['service'], config: data.service },
  ];
}

function isThere({ since = 0, until = Infinity }: Change, minor: number): boolean {
  return minor >= since && minor < until;
}

/** Where a change is met in a configuration. */
function places(config: unknown, change: Change): Path[] {
  const { path, values, beside, unless = [] } = change;
  if (beside !== undefined && settingsAt(config, beside).length === 0) return [];
  if (unless.some((other) => settingsAt(config, other).length > 0)) return [];
  return settingsAt(config, path)
    .filter(({ value }) => values === undefined || values.includes(String(value)))
    .map(({ keys }) => keys);
}

interface Setting {
  readonly keys: Path;
  readonly value: unknown;
}

/** All settings at a path; one that is there without a value counts. */
function settingsAt(config: unknown, path: string): Setting[] {
  let found: Setting[] = [{ keys: [], value: config }];
  for (const key of path.replace(/\[\]/g, '.[]').split('.')) {
    found = found.flatMap(({ keys, value }): Setting[] => {
      if (key === '[]') {
        return Array.isArray(value)
          ? value.map((element, index) => ({ keys: [...keys, index], value: element })) : [];
      }
      const held = record(value);
      return Object.hasOwn(held, key) && held[key] !== undefined
        ? [{ keys: [...keys, key], value: held[key] }] : [];
    });
  }
  return found;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? value as Readonly<Record<string, unknown>> : {};
}

interface Found {
  readonly change: Change;
  readonly path: string;
}

/** What is wrong with a part is of no interest when the whole is unknown. */
function withoutFollowing(found: readonly Found[]): Found[] {
  const unknown = found.filter(({ change }) =>
    change.says === undefined && change.values === undefined);
  return found.filter((one) => !unknown.some((other) => other !== one
    && (one.path.startsWith(`${other.path}.`) || one.path.startsWith(`${other.path}[`)
      || (one.path === other.path && found.indexOf(other) < found.indexOf(one)))));
}

function complaint(change: Change, minor: number, version: string): string {
  const { since = 0, until = Infinity, instead, says, values } = change;
  const isTooOld = minor < since;
  const bound = isTooOld ? `before 0.${since}` : `from 0.${until} on`;
  const isNowhere = until === 0;
  const what = says === undefined
    ? unknownText(isTooOld, since, until, values) : isNowhere ? says : `${says} ${bound}`;
  const newer = isTooOld ? `use an image of 0.${since}.0 or newer, or ` : '';
  return `${what}, got an image of ${version}.\n→ ${newer}${instead ?? 'leave it out'}.`;
}

function unknownText(
  isTooOld: boolean, since: number, until: number, values?: readonly string[],
): string {
  const which = values === undefined ? '' : `as ${values.join(' or ')} `;
  return isTooOld ? `exists ${which}from 0.${since} on` : `exists ${which}before 0.${until} only`;
}
