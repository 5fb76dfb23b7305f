import { CollectorImage } from '../../src';
import {
  comparableName, componentsOf, distributionsWith, K8S_COMPONENTS,
} from '../../src/distribution/component-lists';
import {
  minorOf, NEWEST_UPSTREAM, OLDEST_UPSTREAM,
} from '../../src/distribution/versions';

const PUBLISHED = ['otelcol', 'otelcol-k8s', 'otelcol-contrib'] as const;
const MINORS = Array.from({ length: 40 }, (_, index) => 120 + index);

function holds(distribution: typeof PUBLISHED[number], version: string, component: string) {
  const [section, type] = component.split('.');
  return componentsOf(distribution, version)?.has(comparableName(section, type));
}

test.each([
  ['0.131.0', 131], ['v0.120.1', 120], ['0.159.0-nightly.202608170229', 159], ['0.150', 150],
  ['7.76.0', undefined], ['latest', undefined], ['1.0.0', undefined],
])('the minor version of %s is %s', (version, expected) => {
  expect(minorOf(version)).toBe(expected);
});

/** Read in the manifests of the two tags, by hand. */
test.each([
  ['otelcol', 'exporters.prometheus', '0.120.0', true, '0.159.0', true],
  ['otelcol', 'exporters.prometheus_remote_write', '0.120.0', true, '0.159.0', true],
  ['otelcol', 'exporters.load_balancing', '0.120.0', false, '0.159.0', false],
  ['otelcol', 'processors.tail_sampling', '0.120.0', false, '0.159.0', false],
  ['otelcol', 'receivers.opencensus', '0.131.0', true, '0.132.0', false],
  ['otelcol-k8s', 'exporters.prometheus', '0.120.0', false, '0.159.0', false],
  ['otelcol-k8s', 'exporters.prometheus_remote_write', '0.120.0', false, '0.159.0', false],
  ['otelcol-k8s', 'exporters.datadog', '0.120.0', false, '0.159.0', false],
  ['otelcol-k8s', 'exporters.load_balancing', '0.120.0', true, '0.159.0', true],
  ['otelcol-k8s', 'processors.tail_sampling', '0.120.0', true, '0.159.0', true],
  ['otelcol-k8s', 'extensions.file_storage', '0.120.0', true, '0.159.0', true],
  ['otelcol-k8s', 'extensions.oauth2client', '0.120.0', true, '0.159.0', true],
  ['otelcol-k8s', 'extensions.k8s_leader_elector', '0.125.0', false, '0.126.0', true],
  ['otelcol-k8s', 'extensions.cgroup_runtime', '0.132.4', false, '0.133.0', true],
  ['otelcol-k8s', 'processors.metricsgeneration', '0.147.0', false, '0.148.0', true],
  ['otelcol-k8s', 'processors.drain', '0.151.0', false, '0.152.0', true],
  ['otelcol-contrib', 'extensions.k8s_leader_elector', '0.125.0', false, '0.126.0', true],
  ['otelcol-contrib', 'extensions.datadog', '0.128.0', false, '0.129.0', true],
  ['otelcol-contrib', 'exporters.loki', '0.122.0', false, '0.123.0', true],
  ['otelcol-contrib', 'exporters.loki', '0.130.0', true, '0.131.0', false],
  ['otelcol-contrib', 'exporters.carbon', '0.140.0', true, '0.141.0', false],
  ['otelcol-contrib', 'receivers.jmx', '0.153.0', true, '0.154.0', false],
  ['otelcol-contrib', 'extensions.pebble_tail_storage', '0.154.0', false, '0.155.0', true],
  ['otelcol-contrib', 'receivers.obi', '0.155.0', false, '0.156.0', true],
  ['otelcol-contrib', 'receivers.podman_stats', '0.120.0', true, '0.159.0', true],
  ['otelcol-contrib', 'receivers.prometheus_simple', '0.120.0', true, '0.159.0', true],
  ['otelcol-contrib', 'receivers.icmpcheckreceiver', '0.157.0', false, '0.158.0', true],
  ['otelcol-contrib', 'exporters.mezmo', '0.160.0', true, '0.161.0', false],
] as const)('%s and %s: in %s %s, in %s %s', (distribution, component, older, was, newer, is) => {
  expect(holds(distribution, older, component)).toBe(was);
  expect(holds(distribution, newer, component)).toBe(is);
});

/** Number of components with one line in the manifest, by `grep -c gomod` less the providers. */
test.each([
  ['otelcol', '0.120.0', 29], ['otelcol', '0.159.0', 27],
  ['otelcol-k8s', '0.120.0', 66], ['otelcol-k8s', '0.159.0', 69],
  ['otelcol-contrib', '0.159.0', 242],
] as const)('%s %s has %d components', (distribution, version, count) => {
  expect(componentsOf(distribution, version)?.size).toBe(count);
});

test('the constructs find in every version what they write', () => {
  const missing = MINORS.flatMap((minor) => [
    'receivers.otlp', 'processors.memory_limiter', 'processors.batch', 'processors.tail_sampling',
    'exporters.otlp', 'exporters.otlp_http', 'exporters.load_balancing', 'exporters.debug',
    'extensions.health_check', 'processors.k8s_attributes', 'processors.resource_detection',
    'receivers.kubelet_stats', 'receivers.k8s_cluster', 'receivers.k8s_events',
    'receivers.host_metrics', 'receivers.file_log', 'extensions.file_storage',
  ].filter((component) => !['otelcol-k8s', 'otelcol-contrib'].every((distribution) =>
    holds(distribution as 'otelcol-k8s', `0.${minor}.0`, component))));
  expect(missing).toEqual([]);
});

test.each(PUBLISHED)('%s has a list from the oldest version on, and the newest beyond', (name) => {
  expect(MINORS.filter((minor) => componentsOf(name, `0.${minor}.0`) === undefined)).toEqual([]);
  expect(componentsOf(name, '0.119.0')).toBeUndefined();
  expect(componentsOf(name, 'latest')).toBeUndefined();
  expect(componentsOf(name, '0.160.0')).toEqual(componentsOf(name, NEWEST_UPSTREAM));
  expect([OLDEST_UPSTREAM, NEWEST_UPSTREAM]).toEqual(['0.120.0', '0.159.0']);
});

test('nobody knows what Datadog\'s distribution holds', () => {
  expect(componentsOf('ddot', '7.76.0')).toBeUndefined();
});

test('a type is the same under all of its names', () => {
  const names = [
    ['exporters', 'otlp', 'otlp_grpc'], ['exporters', 'otlphttp', 'otlp_http'],
    ['exporters', 'loadbalancing', 'load_balancing'], ['receivers', 'filelog', 'file_log'],
    ['processors', 'k8sattributes', 'k8s_attributes'],
    ['connectors', 'spanmetrics', 'span_metrics'],
    ['receivers', 'icmpcheckreceiver', 'icmp_check'],
  ];
  expect(names.filter(([section, old, present]) =>
    comparableName(section, old) !== comparableName(section, present))).toEqual([]);
  expect(comparableName('receivers', 'otlp')).not.toBe(comparableName('exporters', 'otlp'));
});

test.each([
  ['exporters', 'load_balancing', '0.159.0', ['otelcol-k8s', 'otelcol-contrib']],
  ['exporters', 'otlp', '0.120.0', ['otelcol-k8s', 'otelcol', 'otelcol-contrib']],
  ['exporters', 'prometheus', '0.159.0', ['otelcol', 'otelcol-contrib']],
  ['exporters', 'datadog', '0.159.0', ['otelcol-contrib', 'ddot']],
  ['processors', 'infraattributes', '0.159.0', ['ddot']],
  ['processors', 'drain', '0.151.0', []],
])('%s.%s is in %s held by %j', (section, type, version, expected) => {
  expect(distributionsWith(section, type, version)).toEqual(expected);
});

test('the image of otelcol-k8s goes by the newest list', () => {
  expect(K8S_COMPONENTS).toEqual(componentsOf('otelcol-k8s', NEWEST_UPSTREAM));
  expect(CollectorImage.k8s(NEWEST_UPSTREAM)._holds('extensions', 'oauth2client')).toBe(true);
});
