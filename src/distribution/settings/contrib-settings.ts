/**
 * Changes of contrib's processors, exporters and extensions. Numbers are from its changelog; keys
 * were looked up in the modules on both sides of a change where those could be had.
 */
import { below, of, since, until, type Change, type SettingChange } from './setting-change';
import { HTTP_CLIENT, HTTP_SERVER, OTLP_GRPC, SENDING_QUEUE } from './shared-settings';

const POLICY_TYPES: Change[] = [
  since(126, 'type', 'contrib v0.126.0 #39668', { values: ['drop'] }),
  since(141, 'type', 'contrib v0.141.0 #42509', { values: ['bytes_limiting'] }),
  since(145, 'type', 'contrib v0.145.0 #43867', { values: ['trace_flags'] }),
  since(153, 'rate_limiting.burst_capacity', 'contrib v0.153.0 #48226'),
];

const TAIL_SAMPLING: Change[] = [
  since(127, 'sample_on_first_match', 'contrib v0.127.0 #36795'),
  since(133, 'block_on_overflow', 'contrib v0.133.0 #41546'),
  since(
    141, 'drop_pending_traces_on_shutdown',
    'contrib v0.141.0 processor/tailsamplingprocessor, not in v0.140.0',
  ),
  since(144, 'decision_wait_after_root_received', 'contrib v0.144.0 #43876'),
  since(145, 'maximum_trace_size_bytes', 'contrib v0.145.0 #45286'),
  since(149, 'sampling_strategy', 'contrib v0.149.0 #46600'),
  since(150, 'tail_storage', 'contrib v0.150.0 #45250'),
  since(159, 'num_shards', 'contrib v0.159.0 #48699'),
  ...below('policies[]', POLICY_TYPES, [
    since(145, 'type', 'contrib v0.145.0 #39668', { values: ['not'] }),
  ]),
  ...below('policies[].and.and_sub_policy[]', POLICY_TYPES, [
    since(154, 'type', 'contrib v0.154.0 #47313', { values: ['not'] }),
  ]),
  ...below('policies[].composite.composite_sub_policy[]', POLICY_TYPES),
  ...below('policies[].drop.drop_sub_policy[]', POLICY_TYPES),
];

const FROM: Change[] = [
  since(128, 'from', 'contrib v0.128.0 #37957', { values: ['deployment'] }),
  since(131, 'from', 'contrib v0.131.0 #37957', { values: ['statefulset'] }),
  since(135, 'from', 'contrib v0.135.0 #37957', { values: ['daemonset', 'job'] }),
  since(160, 'from', 'contrib v0.160.0 #50386', { values: ['cronjob', 'replicaset'] }),
];

/** How often the Kubernetes API may be asked. */
export const KUBERNETES_API: Change[] = [
  since(150, 'kube_api_qps', 'contrib v0.150.0 #44484'),
  since(150, 'kube_api_burst', 'contrib v0.150.0 #44484'),
];

const K8S_ATTRIBUTES: Change[] = [
  ...KUBERNETES_API,
  since(124, 'extract.otel_annotations', 'contrib v0.124.0 #37114'),
  // Deprecated by v0.153.0 #48447, after which the name is found that way by itself.
  since(139, 'extract.deployment_name_from_replicaset',
    'contrib v0.139.0 #42530, v0.160.0 #45871', { until: 160 }),
  since(152, 'watch_sync_period', 'contrib v0.152.0 #48111'),
  since(154, 'pod_delete_grace_period', 'contrib v0.154.0 #48127'),
  ...below('extract.labels[]', FROM),
  ...below('extract.annotations[]', FROM),
];

/** First minor version with a detector. */
const DETECTORS: readonly [name: string, since: number, source: string][] = [
  ['hetzner', 135, '#42476'], ['vultr', 136, '#42569'], ['scaleway', 136, '#42664'],
  ['oraclecloud', 137, '#35091'], ['digitalocean', 137, '#42803'], ['upcloud', 137, '#42801'],
  ['nova', 138, '#39117'], ['alibaba_ecs', 145, '#45632'], ['tencent_cvm', 147, '#45779'],
  ['ibmcloud_vpc', 148, '#46874'], ['ibmcloud_classic', 149, '#46874'], ['k8s_api', 154, '#48597'],
  ['azurecontainerapps', 159, '#48239'],
];

const RESOURCE_DETECTION: Change[] = [
  ...DETECTORS.flatMap(([name, minor, number]) => {
    const source = `contrib v0.${minor}.0 ${number}`;
    const details = name === 'k8s_api' ? { instead: 'write `k8snode`' } : {};
    return [
      since(minor, 'detectors[]', source, { values: [name], ...details }),
      since(minor, name, source, details),
    ];
  }),
  since(128, 'eks.node_from_env_var', 'contrib v0.128.0 #39503'),
  until(142, 'attributes', 'contrib v0.142.0 #44610', {
    instead: 'switch them by `resource_attributes` of the detectors',
  }),
  since(142, 'refresh_interval', 'contrib v0.142.0 #42663'),
  since(145, 'gcp.labels', 'contrib v0.145.0 #35859'),
  since(147, 'ec2.tags_from_imds', 'contrib v0.147.0 #46046'),
  since(158, 'fail_on_missing_metadata', 'contrib v0.158.0 #46579', {
    instead: 'write it below the detector, which ec2 has',
  }),
  since(159, 'retry', 'contrib v0.159.0 #46546'),
  ...HTTP_CLIENT,
];

const PROMETHEUS: Change[] = [
  ...HTTP_SERVER,
  since(132, 'translation_strategy', 'contrib v0.132.0 #35459'),
  since(138, 'sending_queue', 'contrib v0.138.0 #42629'),
  since(141, 'without_scope_info', 'contrib v0.141.0 #43613'),
  until(154, 'add_metric_suffixes', 'contrib v0.154.0 #48930', {
    says: 'is not read any more',
    instead: 'write `translation_strategy`',
  }),
  since(160, 'resource_constant_labels', 'contrib v0.160.0 #48861'),
  ...below('sending_queue', SENDING_QUEUE),
];

const PROMETHEUS_REMOTE_WRITE: Change[] = [
  ...HTTP_CLIENT,
  until(123, 'export_created_metric', 'contrib v0.123.0 #35003'),
  since(126, 'protobuf_message', 'contrib v0.126.0 #33661'),
  since(131, 'wal.lag_record_frequency', 'contrib v0.131.0 exporter/prometheusremotewriteexporter'),
  since(
    142, 'resource_to_telemetry_conversion.exclude_service_attributes',
    'contrib v0.142.0 #44567',
  ),
  since(147, 'disable_scope_info', 'contrib v0.147.0 #45266'),
  since(151, 'translation_strategy', 'contrib v0.151.0 #33661'),
  since(158, 'include_metadata_keys', 'contrib v0.158.0 #47317'),
  since(158, 'convert_explicit_histograms_to_nhcb', 'contrib v0.158.0 #33661'),
  since(158, 'keep_classic_histograms', 'contrib v0.158.0 #33661'),
  since(159, 'http', 'contrib v0.159.0 #46209', {
    instead: 'write its settings beside `endpoint`',
  }),
  since(160, 'resource_constant_labels', 'contrib v0.160.0 #48862'),
];

const HEALTH_CHECK: Change[] = ['use_v2', 'http', 'grpc', 'component_health'].map((path) =>
  since(142, path, 'contrib v0.142.0 #42256'));

/** All of them. */
export const CONTRIB_SETTINGS: SettingChange[] = [
  ...of('processors.tail_sampling', TAIL_SAMPLING),
  ...of('processors.k8s_attributes', K8S_ATTRIBUTES),
  ...of('processors.resource_detection', RESOURCE_DETECTION),
  ...of('exporters.load_balancing', [
    since(122, 'routing_attributes', 'contrib v0.122.0 #35320'),
    since(153, 'resolver.aws_cloud_map.owner_account', 'contrib v0.153.0 #47895'),
  ], below('sending_queue', SENDING_QUEUE), below('protocol.otlp', OTLP_GRPC)),
  ...of('exporters.prometheus', PROMETHEUS),
  ...of('exporters.prometheus_remote_write', PROMETHEUS_REMOTE_WRITE),
  ...of('exporters.datadog', [
    since(128, 'hostname_detection_timeout', 'contrib v0.128.0 #40373'),
    until(138, 'logs.dump_payloads', 'contrib v0.138.0 #43427'),
  ], below('sending_queue', SENDING_QUEUE)),
  ...of('extensions.health_check', HEALTH_CHECK, HTTP_SERVER),
  ...of('extensions.file_storage', [
    since(131, 'recreate', 'contrib v0.131.0 #35899'),
    since(156, 'max_size', 'contrib v0.156.0 #38620'),
  ]),
];

const OWN_TAIL_SAMPLING = [
  'max_bytes', 'decision_quiet_period', 'stress_relief', 'detect_split_traces',
  'policies[].dry_run',
];

/** Settings that no release of upstream has: the runtime's own. */
export const OWN_SETTINGS: readonly SettingChange[] =
  of('processors.tail_sampling', OWN_TAIL_SAMPLING.map((path) => until(0, path, 'otelgw', {
    says: 'is a setting of otelgw alone',
    instead: 'leave it out, or use CollectorImage.runtime()',
  })));
