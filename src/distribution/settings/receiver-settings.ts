/**
 * Changes of contrib's receivers. Numbers are from its changelog.
 */
import { KUBERNETES_API } from './contrib-settings';
import { of, since, until, type Change, type SettingChange } from './setting-change';
import { TLS } from './shared-settings';

const FILE_LOG: Change[] = [
  since(126, 'compression', 'contrib v0.126.0 #37772', { values: ['auto'] }),
  since(127, 'encoding', 'contrib v0.127.0 #39653', { values: ['utf8-raw'] }),
  since(130, 'include_file_record_offset', 'contrib v0.130.0 #39684'),
  since(132, 'polls_to_archive', 'contrib v0.132.0 #32727'),
  since(148, 'include_file_permissions', 'contrib v0.148.0 #46504'),
  since(149, 'max_log_size_behavior', 'contrib v0.149.0 #44371'),
  since(150, 'on_truncate', 'contrib v0.150.0 #43693'),
  since(153, 'file_cache_advise', 'contrib v0.153.0 #48273'),
];

const K8S_CLUSTER: Change[] = [
  ...KUBERNETES_API,
  since(125, 'k8s_leader_elector', 'contrib v0.125.0 #38429'),
  since(135, 'namespaces', 'contrib v0.135.0 #40089', { instead: 'write one `namespace`' }),
];

const K8S_EVENTS: Change[] = [
  ...KUBERNETES_API,
  since(137, 'k8s_leader_elector', 'contrib v0.137.0 #42266'),
  since(151, 'storage', 'contrib v0.151.0 #47575'),
  since(154, 'dedup_interval', 'contrib v0.154.0 #48018'),
];

const PROMETHEUS: Change[] = [
  since(122, 'api_server', 'contrib v0.122.0 #32646'),
  until(143, 'use_start_time_metric', 'contrib v0.143.0 #44180', {
    instead: 'use the processor metric_start_time',
  }),
  until(143, 'start_time_metric_regex', 'contrib v0.143.0 #44180', {
    instead: 'use the processor metric_start_time',
  }),
  until(149, 'report_extra_scrape_metrics', 'contrib v0.149.0 #44181'),
  since(155, 'scrape_on_shutdown', 'contrib v0.155.0 #48979'),
  since(155, 'discovery_reload_on_startup', 'contrib v0.155.0 #48979'),
  since(155, 'initial_scrape_offset', 'contrib v0.155.0 #48979'),
];

/** All of them. */
export const RECEIVER_SETTINGS: SettingChange[] = [
  ...of('receivers.file_log', FILE_LOG),
  ...of('receivers.host_metrics', [
    since(129, 'scrapers.nfs', 'contrib v0.129.0 #39978'),
  ]),
  ...of('receivers.kubelet_stats', [
    since(125, 'collect_all_network_interfaces', 'contrib v0.125.0 #30196'),
  ], TLS),
  ...of('receivers.k8s_cluster', K8S_CLUSTER),
  ...of('receivers.k8s_events', K8S_EVENTS),
  ...of('receivers.k8s_objects', KUBERNETES_API),
  ...of('receivers.prometheus', PROMETHEUS),
];
