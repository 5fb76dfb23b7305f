/**
 * Which part of upstream's code has each instrument: its instrumentation scope. Views choose
 * instruments by it, and Prometheus readers may show it as a label.
 */

/** An instrumentation scope. */
export interface MetricScope {
  /** Its name, upstream's where the instrument is upstream's. */
  readonly name: string;
  /** Where the meanings of attributes are written down. */
  readonly schemaUrl?: string;
}

const CORE = 'go.opentelemetry.io/collector';
const CONTRIB = 'github.com/open-telemetry/opentelemetry-collector-contrib';
const INSTRUMENTATION = 'go.opentelemetry.io/contrib/instrumentation';
const OWN: MetricScope = { name: 'cdk8s-otel-gateway' };

/** By the beginning of the instrument's name; the first that fits. */
const SCOPES: readonly (readonly [string, MetricScope])[] = [
  ['otelcol_receiver_', { name: `${CORE}/receiver/receiverhelper` }],
  ['otelcol_exporter_', { name: `${CORE}/exporter/exporterhelper` }],
  ['otelcol_processor_batch_', { name: `${CORE}/processor/batchprocessor` }],
  ['otelcol_processor_memory_limiter_', { name: `${CORE}/processor/memorylimiterprocessor` }],
  ['otelcol_processor_tail_sampling_', { name: `${CONTRIB}/processor/tailsamplingprocessor` }],
  ['otelcol_processor_', { name: `${CORE}/processor/processorhelper` }],
  ['otelcol_loadbalancer_', { name: `${CONTRIB}/exporter/loadbalancingexporter` }],
  ['otelcol_process_', { name: `${CORE}/service` }],
  ['rpc.', {
    name: `${INSTRUMENTATION}/google.golang.org/grpc/otelgrpc`,
    schemaUrl: 'https://opentelemetry.io/schemas/1.43.0',
  }],
  ['http.', { name: `${INSTRUMENTATION}/net/http/otelhttp` }],
];

/** The scope of the instrument `name`. */
export function scopeOf(name: string): MetricScope {
  return SCOPES.find(([beginning]) => name.startsWith(beginning))?.[1] ?? OWN;
}
