import { contracts, type ComponentSection } from '../../src/config';
import { detectorSpelling, renamedType, spelling } from '../../src/config/spelling';

type Renamed = [
  section: ComponentSection, type: string, older: string, old: string, newer: string,
];

/** The last version under the old name, and the first one under the new one. */
const RENAMED: Renamed[] = [
  ['exporters', 'otlp_grpc', '0.143.0', 'otlp', '0.144.0'],
  ['exporters', 'otlp_http', '0.143.1', 'otlphttp', '0.144.0'],
  ['processors', 'k8s_attributes', '0.145.0', 'k8sattributes', '0.146.0'],
  ['connectors', 'signal_to_metrics', '0.145.0', 'signaltometrics', '0.146.0'],
  ['receivers', 'prometheus_remote_write', '0.147.0', 'prometheusremotewrite', '0.148.0'],
  ['processors', 'metric_start_time', '0.147.0', 'metricstarttime', '0.148.0'],
  ['extensions', 'cgroup_runtime', '0.147.0', 'cgroupruntime', '0.148.0'],
  ['receivers', 'file_log', '0.148.0', 'filelog', '0.149.0'],
  ['receivers', 'http_check', '0.149.0', 'httpcheck', '0.150.0'],
  ['receivers', 'host_metrics', '0.150.1', 'hostmetrics', '0.151.0'],
  ['receivers', 'fluent_forward', '0.150.1', 'fluentforward', '0.151.0'],
  ['receivers', 'k8s_objects', '0.150.1', 'k8sobjects', '0.151.0'],
  ['processors', 'log_dedup', '0.150.1', 'logdedup', '0.151.0'],
  ['connectors', 'service_graph', '0.150.1', 'servicegraph', '0.151.0'],
  ['connectors', 'span_metrics', '0.150.1', 'spanmetrics', '0.151.0'],
  ['receivers', 'kubelet_stats', '0.151.0', 'kubeletstats', '0.152.0'],
  ['processors', 'metrics_transform', '0.151.0', 'metricstransform', '0.152.0'],
  ['connectors', 'otlp_json', '0.151.0', 'otlpjson', '0.152.0'],
  ['connectors', 'round_robin', '0.151.0', 'roundrobin', '0.152.0'],
  ['exporters', 'load_balancing', '0.152.1', 'loadbalancing', '0.153.0'],
  ['processors', 'resource_detection', '0.152.1', 'resourcedetection', '0.153.0'],
  ['exporters', 'prometheus_remote_write', '0.153.0', 'prometheusremotewrite', '0.154.0'],
  ['processors', 'cumulative_to_delta', '0.156.0', 'cumulativetodelta', '0.157.0'],
  ['processors', 'delta_to_cumulative', '0.157.0', 'deltatocumulative', '0.158.0'],
  ['processors', 'delta_to_rate', '0.157.0', 'deltatorate', '0.158.0'],
  ['receivers', 'icmp_check', '0.159.0', 'icmpcheckreceiver', '0.160.0'],
];

test.each(RENAMED)('%s.%s is in %s named %s, and by its own name in %s', (
  section, type, older, old, newer,
) => {
  expect(spelling({ section, type, aliases: [] }, older)).toBe(old);
  expect(spelling({ section, type, aliases: [] }, newer)).toBe(type);
  expect(spelling({ section, type, aliases: [] })).toBe(type);
  expect(renamedType(section, type, newer)).toBeUndefined();
  expect(renamedType(section, type, older)).toEqual({
    old, since: Number(newer.split('.')[1]),
  });
});

test.each([
  ['extensions', 'file_storage'], ['extensions', 'health_check'], ['extensions', 'headers_setter'],
  ['extensions', 'bearertokenauth'], ['extensions', 'basicauth'], ['extensions', 'oauth2client'],
  ['receivers', 'k8s_cluster'], ['receivers', 'k8s_events'], ['processors', 'tail_sampling'],
  ['receivers', 'otlp'], ['processors', 'memory_limiter'], ['processors', 'groupbyattrs'],
] as const)('%s.%s has one name in all versions', (section, type) => {
  expect(spelling({ section, type, aliases: ['other'] }, '0.120.0')).toBe(type);
});

test('a type without its section is found by its name', () => {
  expect(spelling({ type: 'load_balancing', aliases: [] }, '0.152.1')).toBe('loadbalancing');
});

test('every contract that has older names is spelled by them in 0.120', () => {
  const aliased = contracts.filter(({ aliases }) => aliases.length > 0);
  expect(aliased.map((contract) => spelling(contract, '0.120.0')))
    .toEqual(aliased.map(({ aliases }) => aliases[0]));
});

test.each([
  ['k8s_api', '0.153.0', 'k8snode'], ['k8s_api', '0.154.0', 'k8s_api'],
  ['k8s_api', undefined, 'k8s_api'], ['eks', '0.120.0', 'eks'],
])('the detector %s is in %s named %s', (detector, version, expected) => {
  expect(detectorSpelling(detector, version)).toBe(expected);
});
