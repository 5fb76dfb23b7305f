/**
 * What the distribution for Kubernetes, otelcol-k8s, holds, by its manifest.yaml in
 * opentelemetry-collector-releases at the tags v0.120.0 to v0.159.0.
 */
import type { DatedList } from './dated-list';

/** Components of otelcol-k8s: `type`, or `type:since-until` where not in every version. */
export const OTELCOL_K8S: DatedList = {
  receivers: 'file_log fluent_forward host_metrics http_check jaeger journald k8s_cluster'
    + ' k8s_events k8s_objects kubelet_stats opencensus:-132 otelarrow otlp prometheus'
    + ' receiver_creator zipkin',
  processors: 'attributes batch cumulative_to_delta delta_to_cumulative delta_to_rate drain:152-'
    + ' filter groupbyattrs groupbytrace interval k8s_attributes log_dedup memory_limiter'
    + ' metricsgeneration:148- metrics_transform probabilistic_sampler redaction remotetap'
    + ' resource resource_detection tail_sampling transform',
  exporters: 'debug file load_balancing nop otelarrow otlp_grpc otlp_http',
  connectors: 'count exceptions failover forward otlp_json round_robin routing service_graph'
    + ' span_metrics',
  extensions: 'ack basicauth bearertokenauth cgroup_runtime:133- file_storage headers_setter'
    + ' health_check host_observer http_forwarder k8s_leader_elector:126- k8s_observer'
    + ' oauth2client oidc opamp pprof zpages',
};
