/**
 * Which components each distribution holds.
 *
 * The lists in components/ were made by a script from the manifests of
 * opentelemetry-collector-releases, with its history up to commit ceccc19d: the Go modules of each
 * tag became types by their names, and those that are named otherwise by `type` in their
 * metadata.yaml. How the types are spelled today comes from reports/distributions/ of
 * opentelemetry-collector-contrib v0.159.0. The removal of `exporters.mezmo` in 0.161 is from
 * contrib's changelog (#49953); the manifests end with 0.159.
 *
 * Within a minor version the last patch counts. In one place that matters: 0.122.0 lacks
 * `receivers.tcp_check` and `receivers.tls_check`, which 0.122.1 has.
 *
 * There is no list of Datadog's distribution. The manifests of datadog-agent that could be read
 * (comp/otelcol/collector-contrib/impl/manifest.yaml) are not tied to versions of its image, and
 * differ by more than a refusal may rest on.
 */
import { listedAt, type DatedList } from './components/dated-list';
import { OTELCOL } from './components/otelcol';
import { OTELCOL_CONTRIB } from './components/otelcol-contrib';
import { OTELCOL_K8S } from './components/otelcol-k8s';
import { minorOf, NEWEST_UPSTREAM, OLDEST_UPSTREAM } from './versions';

/** Components as `section.type`. */
export type ComponentList = ReadonlySet<string>;

/** A distribution of the collector that somebody publishes. */
export type PublishedDistribution = 'otelcol' | 'otelcol-k8s' | 'otelcol-contrib' | 'ddot';

/** Those with lists, by what they are to be tried in. */
const LISTS: Readonly<Record<string, DatedList>> = {
  'otelcol-k8s': OTELCOL_K8S, 'otelcol': OTELCOL, 'otelcol-contrib': OTELCOL_CONTRIB,
};

/** What only Datadog builds, or what it builds its distribution for. */
const DATADOG_PARTS = new Set([
  'exporters.datadog', 'connectors.datadog', 'extensions.datadog', 'extensions.ddflare',
  'processors.infraattributes',
]);

/** Types whose spelling changed by more than `_`; all others are comparable without a table. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  'exporters.otlp': 'otlp_grpc',
  'exporters.otlphttp': 'otlp_http',
  'receivers.icmpcheckreceiver': 'icmp_check',
  // Behind the gate receiver.awscontainerinsightreceiver.useNewTypeName, contrib v0.143.0 #44052.
  'receivers.awscontainerinsight': 'awscontainerinsightreceiver',
};

/**
 * A component's name without what its spelling changed over time, `_` and old names: the same
 * for `exporters.otlp` and `exporters.otlp_grpc`.
 */
export function comparableName(section: string, type: string): string {
  return `${section}.${(OLD_NAMES[`${section}.${type}`] ?? type).replace(/_/g, '')}`;
}

/**
 * The comparable names of everything that a distribution holds at a version such as `0.131.0`;
 * undefined when nobody knows: for ddot, and for versions before 0.120.
 */
export function componentsOf(
  distribution: PublishedDistribution, version: string,
): ComponentList | undefined {
  const list = LISTS[distribution];
  const minor = minorOf(version);
  if (list === undefined || minor === undefined || minor < Number(minorOf(OLDEST_UPSTREAM))) {
    return undefined;
  }
  return new Set(listedAt(list, minor).map(([section, type]) => comparableName(section, type)));
}

/** Names of the distributions that hold a component at a version, the one to try first first. */
export function distributionsWith(section: string, type: string, version: string): string[] {
  const name = comparableName(section, type);
  const published = Object.keys(LISTS).filter((distribution) =>
    componentsOf(distribution as PublishedDistribution, version)?.has(name) === true);
  return [...published, ...DATADOG_PARTS.has(name) ? ['ddot'] : []];
}

/** Everything that otelcol-k8s holds in the newest version. */
export const K8S_COMPONENTS: ComponentList = componentsOf('otelcol-k8s', NEWEST_UPSTREAM)!;
