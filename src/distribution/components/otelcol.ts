/**
 * What the core distribution, otelcol, holds, by its manifest.yaml in
 * opentelemetry-collector-releases at the tags v0.120.0 to v0.159.0.
 */
import type { DatedList } from './dated-list';

/** Components of otelcol: `type`, or `type:since-until` where not in every version. */
export const OTELCOL: DatedList = {
  receivers: 'host_metrics jaeger kafka nop opencensus:-132 otlp prometheus zipkin',
  processors: 'attributes batch filter memory_limiter probabilistic_sampler resource span',
  exporters: 'debug file kafka nop opencensus:-132 otlp_grpc otlp_http prometheus'
    + ' prometheus_remote_write zipkin',
  connectors: 'forward',
  extensions: 'health_check pprof zpages',
};
