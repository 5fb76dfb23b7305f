/** Reads a configuration as a distribution of upstream's collector would, without running it. */
import {
  comparableName, componentsOf, distributionsWith, misnamedTypes, NEWEST_UPSTREAM,
  problemReport, readCollectorConfig, unsupportedSettings, YamlDocuments, type YamlSource,
} from '../config';
import { UsageError } from './command';

const DISTRIBUTIONS = ['otelcol', 'otelcol-k8s', 'otelcol-contrib'] as const;
const SECTIONS = ['receivers', 'processors', 'exporters', 'connectors', 'extensions'];

/** A distribution and its version. */
export interface UpstreamTarget {
  /** Its name. */
  readonly distribution: typeof DISTRIBUTIONS[number];
  /** Its version, such as `0.159.0`. */
  readonly version: string;
}

/**
 * Reads `otelcol-contrib:0.159.0`.
 *
 * @throws UsageError when it is neither a distribution nor a version that is known.
 */
export function upstreamTarget(given: string): UpstreamTarget {
  const [name, version = NEWEST_UPSTREAM] = given.split(':');
  const distribution = DISTRIBUTIONS.find((each) => each === name);
  if (distribution === undefined || componentsOf(distribution, version) === undefined) {
    throw new UsageError(`--distribution: must be one of ${DISTRIBUTIONS.join(', ')} with a`
      + ` version from 0.120.0 on, such as otelcol-contrib:${NEWEST_UPSTREAM}, got ${given}`);
  }
  return { distribution, version };
}

/** All mistakes that the distribution would find, and some that it would only meet later. */
export function upstreamComplaints(
  sources: readonly YamlSource[], target: UpstreamTarget,
): string[] {
  const { problems } = readCollectorConfig(sources, {}, { unknownComponents: 'accept' });
  const data = (new YamlDocuments(sources).data ?? {}) as Record<string, unknown>;
  return [
    ...missingComponents(data, target),
    ...problems.map((problem) => problemReport([problem])),
    ...[...misnamedTypes(data, target.version), ...unsupportedSettings(data, target.version)]
      .map(({ sentence }) => sentence.replace('\n→', '\n  →')),
  ];
}

function missingComponents(
  data: Record<string, unknown>, { distribution, version }: UpstreamTarget,
): string[] {
  const held = componentsOf(distribution, version)!;
  return SECTIONS.flatMap((section) => Object.keys(data[section] ?? {})
    .filter((id) => !held.has(comparableName(section, id.split('/')[0])))
    .map((id) => {
      const others = distributionsWith(section, id.split('/')[0], version);
      return `${section}.${id}: is not a component of ${distribution} ${version}\n`
        + `  → ${others.length === 0 ? 'no distribution of that version holds it'
          : `it is in ${others.join(' and ')}`}`;
    }));
}
