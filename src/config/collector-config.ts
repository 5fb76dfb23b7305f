/**
 * Reads a whole collector's configuration, and tells all mistakes in it at once.
 */
import { checkAuthenticators } from './authenticator-checks';
import type { CollectorSettings, ComponentSettings } from './collector-settings';
import {
  entriesOf, readComponents, SECTIONS, type CollectorTarget, type NamedComponent,
} from './component-reading';
import { contracts } from './contracts';
import {
  expandReferences, holdsReference, valueAt, type Environment, type TypedValue,
} from './environment-references';
import { checkJournals } from './journal-checks';
import { didYouMean } from './nearest-name';
import { checkReference, checkUse, readIds, readPipelines, type Wiring } from './pipeline-reading';
import { checkPools } from './pool-checks';
import { pathText, problem, type Path, type Problem } from './problem';
import { checkRoutingKeys } from './routing-checks';
import { checkStorages } from './storage-checks';
import { telemetry } from './telemetry';
import { upstreamContracts } from './upstream-contracts';
import { isRecord, YamlDocuments, type YamlSource } from './yaml-documents';

/** What came of reading a configuration. */
export interface CollectorReading {
  /** What the collector works with; absent when there are mistakes. */
  readonly settings?: CollectorSettings;
  /** Mistakes. */
  readonly problems: readonly Problem[];
  /** What works, but not for long or not as it looks. */
  readonly warnings: readonly Problem[];
}

/**
 * Reads the configuration that `sources` hold together; of two values for one key the later source
 * wins. It is meant for this runtime unless `options` say otherwise; for upstream's collectors
 * (`unknownComponents: 'accept'`) references to variables are left as they are.
 */
export function readCollectorConfig(
  sources: readonly YamlSource[], env: Environment, options: Partial<CollectorTarget> = {},
): CollectorReading {
  const target: CollectorTarget = {
    contracts: options.unknownComponents === 'accept'
      ? [...contracts, ...upstreamContracts]
      : contracts,
    unknownComponents: 'refuse',
    ...options,
  };
  const documents = new YamlDocuments(sources);
  const placed = (problems: readonly Problem[]) =>
    problems.map((mistake) => documents.placed(mistake));
  if (documents.problems.length > 0) return { problems: documents.problems, warnings: [] };
  if (target.unknownComponents === 'accept') {
    const { settings, problems } = readFile(documents.data, target);
    return { settings, problems: placed(problems), warnings: [] };
  }
  const { data, problems: unset, typed } = expandReferences(documents.data, env);
  const reading = readTyped(data, typed, target);
  const problems = [...unset, ...reading.problems.filter(({ at }) => !isBelow(at, unset))];
  return {
    settings: problems.length === 0 ? reading.settings : undefined,
    problems: placed(problems),
    warnings: placed([...oldNames(data, target), ...reading.warnings]),
  };
}

/** Whether a mistake is only the consequence of another one at the same place. */
function isBelow(at: Path, causes: readonly Problem[]): boolean {
  return causes.some((cause) => cause.at.every((key, index) => at[index] === key));
}

/** A variable's text that looks like a number is a text where only a text will do. */
function readTyped(
  data: unknown, typed: readonly TypedValue[], target: CollectorTarget,
): FileReading {
  const reading = readFile(data, target);
  const refused = typed.filter(({ at }) =>
    reading.problems.some(({ path }) => path === pathText(at)));
  if (refused.length === 0) return reading;
  const asText = refused.reduce<unknown>((all, { at, text }) => replaced(all, at, text), data);
  return readFile(asText, target);
}

function replaced(data: unknown, [key, ...rest]: Path, text: string): unknown {
  if (key === undefined) return text;
  const copy = (Array.isArray(data) ? [...data] : { ...data as object }) as Record<
    string | number, unknown>;
  copy[key] = replaced(copy[key], rest, text);
  return copy;
}

interface FileReading {
  readonly settings?: CollectorSettings;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const SERVICE_KEYS = ['extensions', 'pipelines', 'telemetry'];

function readFile(data: unknown, target: CollectorTarget): FileReading {
  if (!isRecord(data)) {
    const message = data === undefined || data === null
      ? 'must hold receivers, exporters and service, but is empty'
      : 'must be a map of receivers, exporters, service and others';
    return { problems: [problem([], message)], warnings: [] };
  }
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  refuseKeys(data, [...SECTIONS, 'service'], [], problems);
  const components = readComponents(data, target, { problems, warnings });
  const wiring: Wiring = { components, target, problems };
  const service = Object.fromEntries(entriesOf(data.service, ['service'], problems));
  refuseKeys(service, SERVICE_KEYS, ['service'], problems);
  const pipelines = readPipelines(service.pipelines, wiring);
  const extensionOrder = readExtensions(service.extensions, wiring);
  const own = telemetry.read(service.telemetry);
  problems.push(...own.problems);
  warnings.push(...own.warnings);
  checkUse(pipelines, extensionOrder, wiring);
  checkAuthenticators(data, wiring);
  checkStorages(data, wiring);
  checkPools(data, pipelines, wiring);
  checkJournals(data, pipelines, wiring);
  checkRoutingKeys(data, pipelines, wiring);
  const standing = target.unknownComponents === 'refuse'
    ? problems
    : problems.filter((mistake) => !isUpstreams(mistake, data));
  const known = own.settings ?? telemetry.read({}).settings;
  if (standing.length > 0 || known === undefined) return { problems: standing, warnings };
  return {
    settings: {
      receivers: plain(components.receivers),
      processors: plain(components.processors),
      exporters: plain(components.exporters),
      connectors: plain(components.connectors),
      extensions: plain(components.extensions),
      pipelines,
      extensionOrder,
      telemetry: known,
    },
    problems: standing,
    warnings,
  };
}

function plain(components: ReadonlyMap<string, NamedComponent>): Map<string, ComponentSettings> {
  return new Map([...components].map(([id, { type, settings }]) => [id, { type, settings }]));
}

/** Whether an upstream collector would see no mistake, or one that only its environment shows. */
function isUpstreams({ at, upstreamOnly }: Problem, data: unknown): boolean {
  return upstreamOnly === true || holdsReference(valueAt(data, at));
}

function refuseKeys(
  yaml: Readonly<Record<string, unknown>>, known: readonly string[], at: Path, problems: Problem[],
): void {
  for (const key of Object.keys(yaml).filter((name) => !known.includes(name))) {
    problems.push(problem([...at, key],
      `is not a section here${didYouMean(key, known)}; the sections are ${known.join(', ')}`));
  }
}

function readExtensions(yaml: unknown, wiring: Wiring): string[] {
  const at = ['service', 'extensions'];
  const ids = readIds(yaml, at, wiring.problems);
  ids.forEach((id, index) => {
    checkReference(id, 'extensions', [...at, index], wiring);
    if (ids.indexOf(id) < index) {
      wiring.problems.push(
        problem([...at, index], `names ${id} a second time`, 'remove it here'));
    }
  });
  return ids;
}

/** Old names still work, as they do upstream. */
function oldNames(data: unknown, target: CollectorTarget): Problem[] {
  if (!isRecord(data)) return [];
  return SECTIONS.flatMap((placed) => Object.keys(isRecord(data[placed]) ? data[placed] : {})
    .flatMap((id) => {
      const [type] = id.split('/');
      const contract = target.contracts.find((candidate) =>
        candidate.section === placed && candidate.aliases.includes(type));
      return contract === undefined ? [] : [problem([placed, id],
        `uses the old name ${type} of ${contract.type}`,
        `write ${id.replace(type, contract.type)}, here and in the pipelines`)];
    }));
}
