/**
 * What the largest distribution, otelcol-contrib, holds, by its manifest.yaml in
 * opentelemetry-collector-releases at the tags v0.120.0 to v0.159.0.
 */
import type { DatedList } from './dated-list';

/** Components of otelcol-contrib: `type`, or `type:since-until` where not in every version. */
export const OTELCOL_CONTRIB: DatedList = {
  receivers: 'active_directory_ds aerospike apache apache_spark aws_cloudwatch'
    + ' awscontainerinsightreceiver awsecscontainermetrics awsfirehose aws_lambda:148-'
    + ' awss3 awsxray azure_blob azure_event_hub azure_monitor bigip:-146 carbon chrony'
    + ' cisco_os:148- cloudflare cloud_foundry collectd couchdb datadog docker_stats'
    + ' elasticsearch envoy_als:121- expvar faro:127- file_log file_stats flink_metrics'
    + ' fluent_forward github gitlab:139- googlecloudmonitoring googlecloudpubsub'
    + ' google_cloud_spanner haproxy host_metrics http_check icmp_check:158- iis influxdb'
    + ' jaeger jmx:-154 journald k8s_cluster k8s_events k8s_objects kafka kafka_metrics'
    + ' kubelet_stats libhoney loki macos_unified_logging:142- memcached mongodb'
    + ' mongodb_atlas mysql named_pipe netflow:121- nginx nop nsxt ntp obi:156-'
    + ' opencensus:-132 oracledb otelarrow otlp otlp_json_file podman_stats postgresql'
    + ' pprof:148- prometheus prometheus_remote_write:131- prometheus_simple pulsar purefa'
    + ' purefb rabbitmq receiver_creator redis riak saphana:123- sapm:-133 signalfx:-157'
    + ' skywalking snmp snowflake solace splunk_enterprise splunk_hec sql_query sqlserver'
    + ' ssh_check statsd stef:127- syslog systemd:142- tcp_check:122- tcp_log'
    + ' tls_check:122- udp_log vcenter wavefront webhook_event windows_event_log'
    + ' windows_perf_counters windows_service:155- yang_grpc:142- zipkin zookeeper',
  processors: 'attributes batch cardinality_guardian:157- coralogix:130- cumulative_to_delta'
    + ' delta_to_cumulative delta_to_rate drain:152- filter gen_ai_normalizer:154- geoip'
    + ' groupbyattrs groupbytrace interval isolationforest:133- k8s_attributes log_dedup'
    + ' memory_limiter metricsgeneration metric_start_time:127- metrics_transform'
    + ' probabilistic_sampler redaction remotetap resource resource_detection schema:123-'
    + ' span sumologic tail_sampling transform unroll:138-',
  exporters: 'alibabacloud_logservice awscloudwatchlogs awsemf awskinesis awss3 awsxray'
    + ' azure_blob:124- azuredataexplorer azure_monitor bmc_helix carbon:-141 cassandra'
    + ' clickhouse coralogix datadog dataset debug doris elasticsearch faro:127- file'
    + ' googlecloud googlecloudpubsub google_cloud_storage:140- googlemanagedprometheus'
    + ' honeycomb_marker influxdb kafka load_balancing logicmonitor logzio loki:-122'
    + ' loki:123-131 mezmo:-161 nop opencensus:-132 opensearch otelarrow otlp_grpc'
    + ' otlp_http prometheus prometheus_remote_write pulsar rabbitmq sapm:-147 sentry'
    + ' signalfx splunk_hec stef:127- sumologic syslog tencentcloud_logservice'
    + ' tinybird:131- zipkin',
  connectors: 'count datadog exceptions failover forward grafanacloud otlp_json round_robin'
    + ' routing service_graph signal_to_metrics span_metrics sum',
  extensions: 'ack asapclient awscloudwatchmetricstreams_encoding:123- aws_iam_db_auth:159-'
    + ' aws_logs_encoding:130- awsproxy azure_auth:125- azure_encoding:148- basicauth'
    + ' bearertokenauth cgroup_runtime:133- datadog:129- db_storage docker_observer'
    + ' ecs_observer ecs_task_observer:-139 file_storage googleclientauth'
    + ' google_cloud_logentry_encoding:129- headers_setter health_check host_observer'
    + ' http_forwarder jaeger_encoding jaegerremotesampling json_log_encoding'
    + ' k8s_leader_elector:126- k8s_observer kafkatopics_observer:123-159 oauth2client'
    + ' oidc opamp otlp_encoding pebble_tail_storage:155- pprof redis_storage sigv4auth'
    + ' skywalking_encoding:132- sumologic text_encoding:131- zipkin_encoding zpages',
};
