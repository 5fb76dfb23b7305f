/** Components whose configuration is given as it is. */
import type { PartComponent } from './part';
import { carriedSignals, type ComponentSection, type Yaml } from '../config';
import { Signal } from '../graph/signal';

/** A component, and what is known of it. */
export interface RawComponent {
  /** The component. */
  readonly component: PartComponent;
  /** Signals that it carries; all where nobody knows. */
  readonly signals: Signal[];
  /** What is wrong with it; every sentence says below `→` what to do about it. */
  readonly problems: readonly string[];
}

/** A component of `type`, or `type/name`. */
export function rawComponent(
  section: ComponentSection, type: string, config: Record<string, any>,
): RawComponent {
  const [word, ...suffix] = String(type).split('/');
  const carried: readonly string[] = carriedSignals(section, word) ?? Object.values(Signal);
  return {
    component: {
      contract: { section, type: word, aliases: [] },
      name: suffix.length === 0 ? undefined : suffix.join('/'),
      write: () => isMap(config) ? config : {},
    },
    signals: Object.values(Signal).filter((signal) => carried.includes(signal)),
    problems: rawProblems(section, type, config),
  };
}

/** What is wrong with a configuration that is given as it is. */
export function rawProblems(section: string, type: string, config: unknown): string[] {
  return isMap(config) ? [] : [
    `${section}.${type}: must be a map of settings, got ${JSON.stringify(config)}.`
    + '\n→ give an object such as { endpoint: \'host:1234\' }, or {} for none.',
  ];
}

function isMap(value: unknown): value is Yaml {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
