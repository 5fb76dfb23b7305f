/**
 * The structs of all contracts: the part of them that constructs show to their users.
 */
export type { DebugExporterConfig } from './exporters/debug';
export type {
  LoadBalancingExporterConfig, LoadBalancingOtlpConfig, LoadBalancingProtocolConfig,
  LoadBalancingRetryConfig,
} from './exporters/load-balancing';
export type { OtlpGrpcDeliveryConfig, OtlpGrpcExporterConfig } from './exporters/otlp-grpc';
export type { OtlpHttpExporterConfig } from './exporters/otlp-http';
export type {
  HealthCheckExtensionConfig, HealthResponseBodyConfig,
} from './extensions/health-check';
export type { BatchProcessorConfig } from './processors/batch';
export type { MemoryLimiterProcessorConfig } from './processors/memory-limiter';
export type {
  AndPolicyConfig, BooleanAttributePolicyConfig, DropPolicyConfig, LatencyPolicyConfig,
  NotPolicyConfig, NumericAttributePolicyConfig, ProbabilisticPolicyConfig,
  RateLimitingPolicyConfig, SamplingPolicyConfig, SpanCountPolicyConfig, StatusCodePolicyConfig,
  StringAttributePolicyConfig,
} from './processors/sampling-policy-config';
export type { DecisionCacheConfig, TailSamplingProcessorConfig } from './processors/tail-sampling';
export type {
  OtlpHttpServerConfig, OtlpProtocolsConfig, OtlpReceiverConfig,
} from './receivers/otlp';
export type { GrpcClientConfig } from './sections/grpc-client';
export type {
  GrpcServerConfig, GrpcServerKeepaliveConfig, GrpcServerParametersConfig,
} from './sections/grpc-server';
export type { HttpClientConfig } from './sections/http-client';
export type { HttpServerConfig } from './sections/http-server';
export type {
  DnsResolverConfig, K8sResolverConfig, ResolverConfig, StaticResolverConfig,
} from './sections/resolver';
export type { RetryConfig } from './sections/retry';
export type { SendingQueueConfig } from './sections/sending-queue';
export type { TlsClientConfig, TlsServerConfig } from './sections/tls';
export type {
  LogSamplingConfig, MetricReaderConfig, PrometheusReaderConfig, PullExporterConfig,
  PullReaderConfig, TelemetryConfig, TelemetryLogsConfig, TelemetryMetricsConfig,
} from './telemetry';
