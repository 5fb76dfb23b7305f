/** What a configuration runs, whatever its components are called by its version. */
import { holdsReference } from '../../config/environment-references';
import { Signal } from '../signal';
import { valueAt, type CollectorData } from '../tier-facts';

/** A pipeline, as far as it is looked at. */
export interface Pipeline {
  /** Its id, such as `traces` or `logs/audit`. */
  readonly id: string;
  /** What it carries; undefined for what nobody here knows. */
  readonly signal?: Signal;
  /** Ids of what gives. */
  readonly receivers: readonly string[];
  /** Ids of what works on it, in order. */
  readonly processors: readonly string[];
  /** Ids of what takes. */
  readonly exporters: readonly string[];
}

/** A component that runs. */
export interface RunningComponent {
  /** Its section. */
  readonly section: Section;
  /** Its id, `type` or `type/name`. */
  readonly id: string;
  /** Its type in a spelling that does not change. */
  readonly kind: string;
  /** Where it stands, for messages. */
  readonly where: string;
  /** Its settings. */
  readonly config: unknown;
}

type Section = 'receivers' | 'processors' | 'exporters' | 'connectors';

const SECTIONS: readonly Section[] = ['receivers', 'processors', 'exporters', 'connectors'];

/** A component's type without what its spelling changed over time: `tailsampling`. */
export function kindOf(id: string): string {
  return id.split('/')[0].replace(/_/g, '').toLowerCase();
}

/** All pipelines. */
export function pipelinesOf(data: CollectorData): Pipeline[] {
  const pipelines = Object.entries((valueAt(data, 'service', 'pipelines') ?? {}) as object);
  return pipelines.map(([id, lists]) => ({
    id,
    signal: Object.values(Signal).find((signal) => signal === id.split('/')[0]),
    receivers: texts(valueAt(lists, 'receivers')),
    processors: texts(valueAt(lists, 'processors')),
    exporters: texts(valueAt(lists, 'exporters')),
  }));
}

/** All components that pipelines name, each once, in the order of the configuration. */
export function runningComponents(data: CollectorData): RunningComponent[] {
  const named = new Set(pipelinesOf(data).flatMap(({ receivers, processors, exporters }) =>
    [...receivers, ...processors, ...exporters]));
  return SECTIONS.flatMap((section) => Object.entries((data[section] ?? {}) as object)
    .filter(([id]) => named.has(id))
    .map(([id, config]) => (
      { section, id, kind: kindOf(id), where: `${section}.${id}`, config: config as unknown })));
}

/** A pool of samplers. */
export interface SamplerPool {
  /** Id of its extension. */
  readonly id: string;
  /** Its settings. */
  readonly config: unknown;
  /** Whether a sampler names it; a variable of the pod may name it otherwise. */
  readonly isNamed: boolean;
}

/**
 * The pools that samplers of this configuration are in, or may be: one that no sampler names does
 * nothing. Those that are named come first.
 */
export function poolsOf(data: CollectorData): SamplerPool[] {
  const names = tailSamplers(data).map(({ config }) => valueAt(config, 'peers'));
  const all = texts(valueAt(data, 'service', 'extensions'))
    .filter((id) => kindOf(id) === 'tracepeers')
    .map((id) => ({ id, config: valueAt(data, 'extensions', id), isNamed: names.includes(id) }));
  const others = names.some(holdsReference) ? all.filter(({ isNamed }) => !isNamed) : [];
  return [...all.filter(({ isNamed }) => isNamed), ...others];
}

/** The pools that they are in for certain, whatever variables of the pod hold. */
export function namedPoolsOf(data: CollectorData): SamplerPool[] {
  return poolsOf(data).filter(({ isNamed }) => isNamed);
}

/** Whether samplers of this configuration ask each other for the rest of a trace, or may. */
export function hasPeers(data: CollectorData): boolean {
  return poolsOf(data).length > 0;
}

/** What only works with all spans of a trace in one pod. */
const GATHERING = new Set(['tailsampling', 'groupbytrace', 'servicegraph']);

/** The components that run and need whole traces. */
export function traceGatherers(data: CollectorData): RunningComponent[] {
  return runningComponents(data).filter(({ kind }) => GATHERING.has(kind));
}

/**
 * What needs senders that route by trace: all that needs whole traces, but for samplers that ask
 * each other, and for what stands behind those.
 */
export function needsRouting(data: CollectorData): RunningComponent[] {
  const gatherers = traceGatherers(data);
  if (!hasPeers(data)) return gatherers;
  const ahead = new Set(pipelinesOf(data).flatMap(({ processors, exporters }) => {
    const all = [...processors, ...exporters];
    const sampler = all.findIndex((id) => kindOf(id) === 'tailsampling');
    return sampler < 0 ? all : all.slice(0, sampler);
  }));
  return gatherers.filter(({ id }) => ahead.has(id));
}

/** Whether samplers of this configuration ask each other, and nothing else needs whole traces. */
export function takesAnySpan(data: CollectorData): boolean {
  return hasPeers(data) && needsRouting(data).length === 0;
}

/** The tail samplers that run. */
export function tailSamplers(data: CollectorData): RunningComponent[] {
  return runningComponents(data).filter(({ kind }) => kind === 'tailsampling');
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
