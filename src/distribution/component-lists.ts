/**
 * Which components each distribution holds: all of those that this library writes, and for the
 * smaller distributions everything of interest, by upstream's v0.159 manifests.
 */

/** Components as `section.type`, in upstream's present spelling. */
export type ComponentList = ReadonlySet<string>;

function componentList(sections: Readonly<Record<string, string>>): ComponentList {
  return new Set(Object.entries(sections).flatMap(([section, types]) =>
    types.split(' ').map((type) => `${section}.${type}`)));
}

/** Everything that otelcol-k8s holds. */
export const K8S_COMPONENTS = componentList({
  receivers: 'file_log fluent_forward host_metrics http_check jaeger journald k8s_cluster'
    + ' k8s_events k8s_objects kubelet_stats otel_arrow otlp prometheus receiver_creator zipkin',
  processors: 'attributes batch cumulative_to_delta delta_to_cumulative delta_to_rate drain filter'
    + ' group_by_attrs group_by_trace interval k8s_attributes log_dedup memory_limiter'
    + ' metrics_generation metrics_transform probabilistic_sampler redaction remote_tap resource'
    + ' resource_detection tail_sampling transform',
  exporters: 'debug file load_balancing nop otel_arrow otlp_grpc otlp_http',
  connectors: 'count exceptions failover forward otlp_json round_robin routing service_graph'
    + ' span_metrics',
  extensions: 'ack basic_auth bearer_token_auth cgroup_runtime file_storage headers_setter'
    + ' health_check host_observer http_forwarder k8s_leader_elector k8s_observer'
    + ' oauth2_client_auth oidc opamp pprof zpages',
});

/** A component's name without what its spelling changed over time: case, `_` and old names. */
export function comparableName(section: string, type: string): string {
  const old: Readonly<Record<string, string>> = {
    'exporters.otlp': 'otlp_grpc',
    'exporters.otlphttp': 'otlp_http',
  };
  return `${section}.${(old[`${section}.${type}`] ?? type).replace(/_/g, '')}`;
}
