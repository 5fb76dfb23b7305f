/**
 * The structs of all contracts: the part of them that constructs show to their users.
 */
export type { DatadogConnectorConfig, DatadogConnectorTracesConfig } from './connectors/datadog';
export type {
  SpanMetricsConnectorConfig, SpanMetricsDimensionConfig, SpanMetricsEventsConfig,
  SpanMetricsExemplarsConfig, SpanMetricsExplicitHistogramConfig,
  SpanMetricsExponentialHistogramConfig, SpanMetricsHistogramConfig,
} from './connectors/span-metrics';
export type {
  DatadogExporterConfig, DatadogHostMetadataConfig, DatadogLogsConfig, DatadogMetricsConfig,
  DatadogTracesConfig,
} from './exporters/datadog';
export type { DebugExporterConfig } from './exporters/debug';
export type {
  FileCompressionParamsConfig, FileExporterConfig, FileGroupByConfig, FileRotationConfig,
} from './exporters/file';
export type {
  LoadBalancingCompatibilityConfig, LoadBalancingExporterConfig, LoadBalancingOtlpConfig,
  LoadBalancingProtocolConfig, LoadBalancingRetryConfig,
} from './exporters/load-balancing';
export type { NopExporterConfig } from './exporters/nop';
export type { OtlpGrpcDeliveryConfig, OtlpGrpcExporterConfig } from './exporters/otlp-grpc';
export type { OtlpHttpExporterConfig } from './exporters/otlp-http';
export type { PrometheusExporterConfig } from './exporters/prometheus';
export type {
  PrometheusRemoteWriteExporterConfig, RemoteWriteHttpConfig, RemoteWriteQueueConfig,
  RemoteWriteRetryConfig, RemoteWriteTargetInfoConfig,
} from './exporters/prometheus-remote-write';
export type {
  BasicAuthClientConfig, BasicAuthExtensionConfig, HtpasswdConfig,
} from './extensions/basic-auth';
export type { BearerTokenAuthExtensionConfig } from './extensions/bearer-token-auth';
export type { DatadogExtensionConfig } from './extensions/datadog';
export type {
  FileStorageCompactionConfig, FileStorageExtensionConfig,
} from './extensions/file-storage';
export type {
  HeaderSetterConfig, HeadersSetterExtensionConfig,
} from './extensions/headers-setter';
export type {
  HealthCheckExtensionConfig, HealthResponseBodyConfig,
} from './extensions/health-check';
export type { K8sLeaderElectorExtensionConfig } from './extensions/k8s-leader-elector';
export type { OAuth2ClientExtensionConfig } from './extensions/oauth2-client';
export type {
  TracePeersExtensionConfig, TracePeersResolverConfig, TracePeersTlsConfig,
} from './extensions/trace-peers';
export type { AttributesProcessorConfig } from './processors/attributes';
export type { BatchProcessorConfig } from './processors/batch';
export type { InfraAttributesProcessorConfig } from './processors/infra-attributes';
export type {
  K8sAttributesProcessorConfig, K8sExcludeConfig, K8sExcludePodConfig, K8sExtractConfig,
  K8sFieldExtractConfig, K8sFieldFilterConfig, K8sFilterConfig, PodAssociationConfig,
  PodAssociationSourceConfig,
} from './processors/k8s-attributes';
export type { MemoryLimiterProcessorConfig } from './processors/memory-limiter';
export type { PlatformDetectorsConfig } from './processors/platform-detectors';
export type { ProbabilisticSamplerProcessorConfig } from './processors/probabilistic-sampler';
export type { ResourceProcessorConfig } from './processors/resource';
export type {
  DetectionRetryConfig, K8sApiDetectorConfig, ResourceDetectionProcessorConfig,
  SystemDetectorConfig,
} from './processors/resource-detection';
export type {
  AndPolicyConfig, BooleanAttributePolicyConfig, BytesLimitingPolicyConfig, CompositePolicyConfig,
  DropPolicyConfig, LatencyPolicyConfig, NotPolicyConfig, NumericAttributePolicyConfig,
  ProbabilisticPolicyConfig, RateAllocationConfig, RateLimitingPolicyConfig, SamplingPolicyConfig,
  SpanCountPolicyConfig, StatusCodePolicyConfig, StringAttributePolicyConfig,
  TraceStatePolicyConfig,
} from './processors/sampling-policy-config';
export type {
  DecisionCacheConfig, StressReliefConfig, TailSamplingJournalConfig, TailSamplingProcessorConfig,
} from './processors/tail-sampling';
export type { FileLogReceiverConfig, FileLogRetryConfig } from './receivers/file-log';
export type { HostMetricsReceiverConfig } from './receivers/host-metrics';
export type {
  DiskMatchConfig, DiskScraperConfig, FilesystemScraperConfig, FsTypeMatchConfig,
  HostMetricsScrapersConfig, HostScraperConfig, InterfaceMatchConfig, LoadScraperConfig,
  MountPointMatchConfig, NetworkScraperConfig, ProcessMatchConfig, ProcessScraperConfig,
} from './receivers/host-metrics-scrapers';
export type { K8sClusterReceiverConfig } from './receivers/k8s-cluster';
export type { K8sEventsReceiverConfig } from './receivers/k8s-events';
export type { K8sObjectConfig, K8sObjectsReceiverConfig } from './receivers/k8s-objects';
export type {
  KubeletStatsApiConfig, KubeletStatsInterfacesConfig, KubeletStatsReceiverConfig,
} from './receivers/kubelet-stats';
export type {
  OtlpHttpServerConfig, OtlpProtocolsConfig, OtlpReceiverConfig,
} from './receivers/otlp';
export type { PrometheusReceiverConfig } from './receivers/prometheus';
export type { AttributeActionConfig } from './sections/attribute-actions';
export type {
  AuthenticatorConfig, RequestAuthenticatorConfig,
} from './sections/authenticator';
export type { DatadogApiConfig, DatadogTraceStatsConfig } from './sections/datadog';
export type { GrpcClientConfig, GrpcClientKeepaliveConfig } from './sections/grpc-client';
export type {
  GrpcServerConfig, GrpcServerEnforcementPolicyConfig, GrpcServerKeepaliveConfig,
  GrpcServerParametersConfig,
} from './sections/grpc-server';
export type {
  CompressionParamsConfig, HttpClientConfig, HttpClientKeepaliveConfig, HttpCookiesConfig,
} from './sections/http-client';
export type {
  CorsConfig, HttpServerConfig, HttpServerKeepaliveConfig,
} from './sections/http-server';
export type { DialerConfig } from './sections/listener';
export type { NameMatchConfig } from './sections/match';
export type {
  AwsCloudMapResolverConfig, DnsResolverConfig, K8sResolverConfig, ResolverConfig,
  StaticResolverConfig,
} from './sections/resolver';
export type { ResourceToTelemetryConfig } from './sections/resource-to-telemetry';
export type { RetryConfig } from './sections/retry';
export type {
  QueueBatchConfig, QueuePartitionConfig, SendingQueueConfig,
} from './sections/sending-queue';
export type { TlsClientConfig, TlsServerConfig } from './sections/tls';
export type { TelemetryConfig } from './telemetry';
export type { LogSamplingConfig, TelemetryLogsConfig } from './telemetry/logs';
export type {
  MetricReaderConfig, OwnMetricsOtlpExporterConfig, PeriodicReaderConfig, PrometheusReaderConfig,
  PullExporterConfig, PullReaderConfig, PushMetricExporterConfig, TelemetryMetricsConfig,
} from './telemetry/metrics';
export type { OwnOtlpExporterConfig } from './telemetry/otlp-push';
export type {
  BatchRecordProcessorConfig, RecordExporterConfig, RecordProcessorConfig,
  SimpleRecordProcessorConfig,
} from './telemetry/record-processors';
export type {
  OwnSpanSamplerConfig, ParentBasedConfig, RootSamplerConfig, TelemetryTracesConfig,
  TraceIdRatioConfig,
} from './telemetry/traces';
export type {
  ExplicitBucketsConfig, ExponentialBucketsConfig, IncludeExcludeConfig,
  MetricViewAggregationConfig, MetricViewConfig, MetricViewSelectorConfig, MetricViewStreamConfig,
} from './telemetry/views';
