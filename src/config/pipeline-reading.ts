/**
 * Reads the pipelines of a configuration and checks that they and the components fit together.
 */
import type { PipelineSettings } from './collector-settings';
import { parseComponentId } from './component-id';
import {
  entriesOf, SECTIONS, singular, type CollectorTarget, type NamedComponents,
} from './component-reading';
import type { ComponentSection, PipelineSignal } from './contract';
import { holdsReference } from './environment-references';
import { didYouMean } from './nearest-name';
import { NOT_HERE, problem, shown, type Path, type Problem } from './problem';

const SIGNALS: readonly string[] = ['traces', 'metrics', 'logs'];
const ROLES = ['receivers', 'processors', 'exporters'] as const;

type Role = typeof ROLES[number];

/** What the parts of `service` are checked against, and where their mistakes go. */
export interface Wiring {
  /** All components of the file. */
  readonly components: NamedComponents;
  /** The collector that the configuration is for. */
  readonly target: CollectorTarget;
  /** All mistakes. */
  readonly problems: Problem[];
}

/** Reads `service.pipelines`. */
export function readPipelines(yaml: unknown, wiring: Wiring): PipelineSettings[] {
  const at = ['service', 'pipelines'];
  const entries = entriesOf(yaml, at, wiring.problems);
  if (entries.length === 0) {
    wiring.problems.push(problem(at, 'must hold at least one pipeline, such as traces'));
  }
  return entries.map(([id, held]) => readPipeline(id, held, [...at, id], wiring));
}

function readPipeline(id: string, yaml: unknown, at: Path, wiring: Wiring): PipelineSettings {
  const { problems } = wiring;
  const parsed = parseComponentId(id);
  const signal = typeof parsed === 'string' ? id : parsed.type;
  if (typeof parsed === 'string') problems.push(problem(at, parsed));
  else if (!SIGNALS.includes(signal)) problems.push(unknownSignal(signal, at));
  const lists = Object.fromEntries(entriesOf(yaml, at, problems));
  const roles: readonly string[] = ROLES;
  for (const key of Object.keys(lists).filter((name) => !roles.includes(name))) {
    problems.push(problem([...at, key],
      `is not a setting here${didYouMean(key, roles)}; the settings are ${roles.join(', ')}`));
  }
  const read = (role: Role) => readIds(lists[role], [...at, role], wiring.problems);
  const pipeline = {
    id,
    signal: signal as PipelineSignal,
    receivers: read('receivers'),
    processors: read('processors'),
    exporters: read('exporters'),
  };
  checkPipeline(pipeline, at, wiring);
  return pipeline;
}

function unknownSignal(signal: string, at: Path): Problem {
  const message = `must begin with one of ${SIGNALS.join(', ')}`;
  return signal === 'profiles'
    ? problem(at, `${message}; profiles is a signal ${NOT_HERE}`)
    : problem(at, `${message}, got ${signal}${didYouMean(signal, SIGNALS)}`);
}

/** Reads a list of ids. */
export function readIds(yaml: unknown, at: Path, problems: Problem[]): string[] {
  if (yaml === undefined || yaml === null) return [];
  if (!Array.isArray(yaml)) {
    problems.push(problem(at, `must be a list of names, got ${shown(yaml)}`));
    return [];
  }
  return yaml.filter((id: unknown, index): id is string => {
    if (typeof id === 'string') return true;
    problems.push(problem([...at, index], `must be a name, got ${shown(id)}`));
    return false;
  });
}

function checkPipeline(pipeline: PipelineSettings, at: Path, wiring: Wiring): void {
  for (const role of ['receivers', 'exporters'] as const) {
    if (pipeline[role].length > 0) continue;
    wiring.problems.push(problem([...at, role], 'must hold at least one name',
      `name ${singular(role)} here, or remove the pipeline`));
  }
  for (const role of ROLES) {
    pipeline[role].forEach((id, index) => {
      const here = [...at, role, index];
      checkReference(id, role, here, wiring);
      checkSignal(pipeline.signal, id, role, here, wiring);
      if (pipeline[role].indexOf(id) < index) {
        wiring.problems.push(problem(here, `names ${id} a second time`, 'remove it here'));
      }
    });
  }
}

/** Connectors end one pipeline and begin another. */
function homesOf(role: ComponentSection): ComponentSection[] {
  return role === 'receivers' || role === 'exporters' ? [role, 'connectors'] : [role];
}

/** The component must exist, and in the right section. */
export function checkReference(
  id: string, role: ComponentSection, at: Path, { components, problems }: Wiring,
): void {
  const homes = homesOf(role);
  if (holdsReference(id) || homes.some((home) => components[home].has(id))) return;
  const elsewhere = SECTIONS.find((home) => components[home].has(id));
  if (elsewhere !== undefined) {
    problems.push(problem(at, `names ${id}, which is ${singular(elsewhere)}`,
      elsewhere === 'connectors' ? undefined : `name it under ${elsewhere}`));
    return;
  }
  const known = homes.flatMap((home) => [...components[home].keys()]);
  problems.push(problem(at,
    `names ${id}, which is not configured under ${role}${didYouMean(id, known)}`,
    `configure ${role}.${id}, or remove the name here`));
}

function checkSignal(
  signal: PipelineSignal, id: string, role: Role, at: Path, wiring: Wiring,
): void {
  const { components, target, problems } = wiring;
  const contract = components[role].get(id)?.contract;
  const carried = target.unknownComponents === 'accept'
    ? contract?.upstreamSignals
    : contract?.signals;
  if (carried === undefined || carried.includes(signal) || !SIGNALS.includes(signal)) return;
  const isUpstreams = contract?.upstreamSignals?.includes(signal) ?? true;
  problems.push({
    ...problem(at, `names ${id}, which carries ${carried.join(' and ')} only`,
      `remove it from this pipeline of ${signal}`),
    ...isUpstreams ? { upstreamOnly: true } : {},
  });
}

/** Everything that is configured must be used, and connectors on both of their sides. */
export function checkUse(
  pipelines: readonly PipelineSettings[], extensions: readonly string[], wiring: Wiring,
): void {
  const { components, target, problems } = wiring;
  const used: Record<Role, Set<string>> = {
    receivers: new Set(pipelines.flatMap(({ receivers }) => receivers)),
    processors: new Set(pipelines.flatMap(({ processors }) => processors)),
    exporters: new Set(pipelines.flatMap(({ exporters }) => exporters)),
  };
  for (const role of ROLES) {
    for (const [id, { contract }] of components[role]) {
      // Who is told that a type is unknown need not hear that nobody uses it.
      const isUnknown = contract === undefined && target.unknownComponents === 'refuse';
      if (used[role].has(id) || isUnknown) continue;
      problems.push(problem([role, id], 'is not used by any pipeline',
        `name it under ${role} of a pipeline, or remove it`));
    }
  }
  for (const id of components.extensions.keys()) {
    if (extensions.includes(id)) continue;
    problems.push(problem(['extensions', id], 'is not used',
      'name it under service.extensions, or remove it'));
  }
  for (const id of components.connectors.keys()) checkConnector(id, used, wiring);
}

function checkConnector(
  id: string, used: Record<Role, Set<string>>, { components, problems }: Wiring,
): void {
  for (const role of ['receivers', 'exporters'] as const) {
    if (components[role].has(id)) {
      problems.push(problem(['connectors', id], `has the same name as ${singular(role)}`,
        'give one of them another name'));
    }
    if (!used[role].has(id)) {
      problems.push(problem(['connectors', id], `is not ${singular(role)} of any pipeline`,
        'a connector is an exporter of one pipeline and a receiver of another'));
    }
  }
}
