/**
 * Reads the five sections of a configuration that hold components.
 */
import type { ComponentSettings } from './collector-settings';
import { parseComponentId } from './component-id';
import type { AuthenticatorRole, ComponentSection, Contract } from './contract';
import { didYouMean } from './nearest-name';
import { NOT_HERE, problem, shown, type Path, type Problem } from './problem';
import { upstreamContracts } from './upstream-contracts';
import { isRecord } from './yaml-documents';

/** The sections in the order in which data passes through them. */
export const SECTIONS: readonly ComponentSection[] =
  ['receivers', 'processors', 'exporters', 'connectors', 'extensions'];

/** What is known about the collector that the configuration is for. */
export interface CollectorTarget {
  /** Its components. */
  readonly contracts: readonly Contract[];
  /**
   * What happens to types without a contract: `refuse` them, or `accept` them, along with keys that
   * only upstream has and references to variables, because the collector is upstream's.
   */
  readonly unknownComponents: 'refuse' | 'accept';
}

/** One component of the file. */
export interface NamedComponent extends ComponentSettings {
  /** Its contract, if there is one. */
  readonly contract?: Contract;
  /** What it vouches for, as an authenticator; absent where its settings could not be read. */
  readonly vouches?: readonly AuthenticatorRole[];
}

/** All components by section and id. */
export type NamedComponents = Readonly<Record<ComponentSection, Map<string, NamedComponent>>>;

/** One component, as in `is a processor`. */
export function singular(placed: ComponentSection): string {
  const noun = placed.slice(0, -1);
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}

/** Where what is noticed goes. */
export interface Notices {
  /** All mistakes. */
  readonly problems: Problem[];
  /** What is right and has no effect in this runtime, or not for long. */
  readonly warnings: Problem[];
}

/** Reads all components; what is wrong with one does not keep the others from being read. */
export function readComponents(
  file: Readonly<Record<string, unknown>>, target: CollectorTarget, notices: Notices,
): NamedComponents {
  const read = (placed: ComponentSection) => {
    const found = new Map<string, NamedComponent>();
    for (const [id, yaml] of entriesOf(file[placed], [placed], notices.problems)) {
      const component = readComponent(placed, id, yaml, target, notices);
      found.set(id, component);
    }
    return found;
  };
  return {
    receivers: read('receivers'),
    processors: read('processors'),
    exporters: read('exporters'),
    connectors: read('connectors'),
    extensions: read('extensions'),
  };
}

/** Entries of a map; a section without a value has none. */
export function entriesOf(yaml: unknown, at: Path, problems: Problem[]): [string, unknown][] {
  if (yaml === undefined || yaml === null) return [];
  if (isRecord(yaml)) return Object.entries(yaml);
  problems.push(problem(at, `must be a map, got ${shown(yaml)}`));
  return [];
}

function readComponent(
  placed: ComponentSection, id: string, yaml: unknown, target: CollectorTarget,
  { problems, warnings }: Notices,
): NamedComponent {
  const at = [placed, id];
  const parsed = parseComponentId(id);
  if (typeof parsed === 'string') {
    problems.push(problem(at, parsed));
    return { type: id, settings: yaml };
  }
  const contract = target.contracts.find((candidate) =>
    candidate.section === placed && isNamed(candidate, parsed.type));
  if (contract === undefined) {
    const unknown = unknownType(placed, parsed.type, target);
    if (unknown !== undefined) problems.push(problem(at, unknown.message, unknown.wayOut));
    return { type: parsed.type, settings: yaml };
  }
  const reading = contract.read(yaml, at);
  problems.push(...reading.problems);
  warnings.push(...reading.warnings);
  const { settings } = reading;
  if (settings === undefined) return { type: contract.type, contract, settings: yaml };
  return { type: contract.type, contract, settings, vouches: contract.vouches(settings) };
}

function isNamed({ type, aliases }: Contract, name: string): boolean {
  return type === name || aliases.includes(name);
}

/** Types that this runtime has may stand in its sections only; upstream has more than we know. */
function ownHomes(type: string, contracts: readonly Contract[]): ComponentSection[] {
  const others: readonly Contract[] = upstreamContracts;
  return contracts.filter((candidate) => isNamed(candidate, type) && !others.includes(candidate))
    .map(({ section: home }) => home);
}

function unknownType(
  placed: ComponentSection, type: string, { contracts, unknownComponents }: CollectorTarget,
): { readonly message: string; readonly wayOut?: string } | undefined {
  const elsewhere = ownHomes(type, contracts);
  if (elsewhere.length > 0) {
    return {
      message: `${type} is ${elsewhere.map(singular).join(' and ')}, not ${singular(placed)}`,
      wayOut: `move it under ${elsewhere.join(' or ')}`,
    };
  }
  if (unknownComponents === 'accept') return undefined;
  const here = contracts.filter(({ section: home }) => home === placed);
  const present = here.map((contract) => contract.type).join(', ');
  const others: readonly Contract[] = upstreamContracts;
  if (others.some((other) => other.section === placed && isNamed(other, type))) {
    return {
      message: `${type} is ${singular(placed)} ${NOT_HERE}`
        + (present === '' ? '' : `; the ${placed} are ${present}`),
    };
  }
  const known = here.flatMap((contract) => [contract.type, ...contract.aliases]);
  return {
    message: present === ''
      ? `${type} is unknown; this runtime has no ${placed}`
      : `${type} is not ${singular(placed)} of this runtime${didYouMean(type, known)}; `
        + `the ${placed} are ${present}`,
  };
}
