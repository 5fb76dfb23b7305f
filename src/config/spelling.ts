/**
 * Type names in the words of older upstream versions.
 */
import type { Contract } from './contract';
import { minorOf } from '../distribution/versions';

/**
 * First minor version of upstream 0.x that knows a type by its present name. An alias keeps the
 * old name alive in all of them.
 *
 * From the changelogs: core #14403 and #14396 for the OTLP exporters; contrib #45339 unless noted,
 * up to v0.161.0. What is not here kept its name: `basicauth`, `bearertokenauth`, `oauth2client`,
 * `file_storage`, `headers_setter`, `health_check`, `k8s_cluster`, `k8s_events`, `tail_sampling`
 * and all others.
 */
const RENAMED_IN: Readonly<Record<string, number>> = {
  'exporters.otlp_grpc': 144,
  'exporters.otlp_http': 144,
  'receivers.azure_event_hub': 145, // #45637
  'receivers.mongodb_atlas': 145, // #45652
  'processors.k8s_attributes': 146, // #45894
  'connectors.signal_to_metrics': 146, // #45551
  'receivers.azure_blob': 148, // #46721
  'receivers.azure_monitor': 148, // #46730
  'receivers.cisco_os': 148, // #46948
  'receivers.macos_unified_logging': 148, // #46729
  'receivers.prometheus_remote_write': 148, // #46726
  'receivers.yang_grpc': 148, // #46723
  'processors.metric_start_time': 148, // #46777
  'exporters.azure_blob': 148, // #46722
  'exporters.google_cloud_storage': 148, // #46733
  'extensions.aws_logs_encoding': 148, // #46776
  'extensions.azure_auth': 148, // #46775
  'extensions.cgroup_runtime': 148, // #46773
  'extensions.google_cloud_logentry_encoding': 148, // #46778
  'receivers.file_log': 149,
  'receivers.http_check': 150,
  'receivers.named_pipe': 150,
  'receivers.tcp_log': 150,
  'receivers.tls_check': 150,
  'receivers.udp_log': 150,
  'receivers.windows_event_log': 150,
  'receivers.file_stats': 151,
  'receivers.fluent_forward': 151,
  'receivers.host_metrics': 151, // #45449
  'receivers.k8s_objects': 151, // #47440
  'receivers.ssh_check': 151,
  'processors.log_dedup': 151,
  'exporters.honeycomb_marker': 151,
  'connectors.service_graph': 151, // #47971
  'connectors.span_metrics': 151, // #47963
  'receivers.aws_lambda': 152,
  'receivers.cloud_foundry': 152,
  'receivers.google_cloud_spanner': 152,
  'receivers.kafka_metrics': 152,
  'receivers.kubelet_stats': 152,
  'receivers.tcp_check': 152,
  'processors.metrics_transform': 152,
  'exporters.bmc_helix': 152,
  'connectors.otlp_json': 152, // #48019
  'connectors.round_robin': 152, // #48021
  'processors.resource_detection': 153, // #48525
  'exporters.load_balancing': 153,
  'receivers.apache_spark': 154,
  'receivers.envoy_als': 154,
  'receivers.otlp_json_file': 154,
  'receivers.webhook_event': 154,
  'exporters.prometheus_remote_write': 154,
  'receivers.flink_metrics': 155,
  'receivers.splunk_enterprise': 155,
  'receivers.aws_cloudwatch': 156,
  'processors.cumulative_to_delta': 157,
  'processors.delta_to_cumulative': 158,
  'processors.delta_to_rate': 158,
  'receivers.sql_query': 159,
  'exporters.azure_monitor': 159,
  'receivers.icmp_check': 160,
  'receivers.windows_perf_counters': 160,
};

/** Old names that are more than the present one without its `_`. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  'exporters.otlp_grpc': 'otlp',
  'extensions.aws_logs_encoding': 'awslogs_encoding',
  'extensions.google_cloud_logentry_encoding': 'googlecloudlogentry_encoding',
  'receivers.icmp_check': 'icmpcheckreceiver',
};

/** What is asked about: a contract, or as much of it as decides. */
export type SpelledType = Pick<Contract, 'type' | 'aliases'> & Partial<Pick<Contract, 'section'>>;

/**
 * The name under which upstream's `version` (such as `0.152.0`) knows the contract's type; the
 * present one when no version is given.
 */
export function spelling({ type, aliases, section }: SpelledType, version?: string): string {
  const name = section === undefined
    ? Object.keys(RENAMED_IN).find((known) => known.endsWith(`.${type}`)) : `${section}.${type}`;
  return name !== undefined && isTooOld(name, version) ? aliases[0] ?? oldName(name) : type;
}

/**
 * The name of a resource detector of `resource_detection`, which is also the key of its settings:
 * `k8s_api` is `k8snode` before contrib v0.154.0 (#48597), which keeps the old name as well.
 */
export function detectorSpelling(detector: string, version?: string): string {
  const minor = minorOf(version ?? '');
  return detector === 'k8s_api' && minor !== undefined && minor < 154 ? 'k8snode' : detector;
}

/** The version a type name of today is known from, and what it is called before; if it was. */
export function renamedType(
  section: string, type: string, version: string,
): { readonly old: string; readonly since: number } | undefined {
  const name = `${section}.${type}`;
  return isTooOld(name, version) ? { old: oldName(name), since: RENAMED_IN[name] } : undefined;
}

function isTooOld(name: string, version: string | undefined): boolean {
  const minor = minorOf(version ?? '');
  return minor !== undefined && minor < (RENAMED_IN[name] ?? 0);
}

function oldName(name: string): string {
  return OLD_NAMES[name] ?? name.slice(name.indexOf('.') + 1).replace(/_/g, '');
}
