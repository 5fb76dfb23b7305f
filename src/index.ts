/** The public API: constructs for tiers of collectors, and the words to describe them. */
export { AgentDaemonSet, type AgentDaemonSetProps } from './agent-daemon-set';
export { Backend } from './backend';
export {
  type BackendOptions, type ConnectionOptions, type DatadogBackendOptions,
  type DatadogTracesOptions, type DebugBackendOptions, type DeliveryOptions,
  type LoadBalancedBackendOptions, type OtlpBackendOptions, type OtlpDeliveryOptions,
  type PrometheusBackendOptions, type PrometheusMetricsOptions,
  type PrometheusRemoteWriteBackendOptions, type RawBackendOptions,
} from './backends/options';
export { CollectorConfigOverrides } from './collector-config-overrides';
export {
  type BatchProcessorConfig, type BooleanAttributePolicyConfig, type BytesLimitingPolicyConfig,
  type NumericAttributePolicyConfig, type ProbabilisticPolicyConfig,
  type RateLimitingPolicyConfig, type SpanCountPolicyConfig, type StressReliefConfig,
  type StringAttributePolicyConfig, type TlsClientConfig, type TraceStatePolicyConfig,
} from './config';
export {
  CollectorImage, type CustomImageOptions, type PublishedImageOptions, type RuntimeImageOptions,
} from './distribution/collector-image';
export { type ClusterFeatures } from './features/cluster-features';
export { type ClusterMetricsOptions } from './features/cluster-metrics';
export { type ContainerLogsOptions } from './features/container-logs';
export { type DebuggingFeature } from './features/debugging';
export { type InfraAttributesFeature } from './features/infra-attributes';
export { type HostFeatures } from './features/host-features';
export { type HostMetricsOptions, HostScraper } from './features/host-metrics';
export {
  KubeletMetadata, KubeletMetricGroup, type KubeletMetricsOptions,
} from './features/kubelet-metrics';
export { KubernetesAttribute, KubernetesObject } from './features/kubernetes-attribute';
export {
  type KubernetesAttributesOptions, type KubernetesFieldOptions,
} from './features/kubernetes-attributes';
export { type KubernetesEventsOptions } from './features/kubernetes-events';
export {
  type ProbabilisticSamplerOptions, Processor, type ProcessorOptions,
  type ResourceProcessorOptions,
} from './features/processor';
export { Receiver, type ReceiverOptions, type ReceiverPort } from './features/receiver';
export { ResourceDetector } from './features/resource-detection';
export { LogLevel, MetricLevel, type SelfTelemetryOptions } from './features/self-telemetry';
export { type TraceStatsFeature } from './features/trace-stats';
export { GatewayDeployment, type GatewayDeploymentProps } from './gateway-deployment';
export { type GatewayProps } from './gateway-props';
export { GatewayStatefulSet, type GatewayStatefulSetProps } from './gateway-stateful-set';
export { Authentication } from './graph/authentication';
export {
  type CloudMapService, type DnsResolverOptions, Resolver, type ServiceReference,
} from './graph/resolver';
export { DebugVerbosity } from './graph/debug-verbosity';
export { Protocol } from './graph/protocol';
export { Routing, RoutingKey } from './graph/routing';
export { Signal } from './graph/signal';
export {
  type ExternalTargetOptions, type ITelemetryTarget, type OutsideSecurity, type TelemetryRoute,
  TelemetryTarget,
} from './graph/telemetry-target';
export {
  CertificateIssuer, type CertificateSecrets, type CertManagerOptions, TransportSecurity,
  type TransportSecurityOptions,
} from './graph/transport-security';
export { Monitoring, type PrometheusOperatorOptions } from './monitoring/monitoring';
export {
  MultiLayerGateway, type GatewayLayer, type MultiLayerGatewayProps,
} from './multi-layer-gateway';
export { NginxLoadBalancer, type NginxLoadBalancerProps } from './nginx-load-balancer';
export { Retry, type RetryOptions } from './retry';
export {
  type PersistentJournalOptions, SamplingJournal, type SamplingJournalOptions,
} from './sampling-journal';
export {
  type CompositePart, type CompositePolicyOptions, type LatencyPolicyOptions, SamplingPolicy,
  StatusCode, type StatusCodePolicyOptions,
} from './sampling-policy';
export {
  type EphemeralQueueOptions, type InMemoryQueueOptions, type PersistentQueueOptions, SendingQueue,
  type SendingQueueOptions,
} from './sending-queue';
export {
  Discovery, TailSamplingGateway, type TailSamplingGatewayProps, type TailSamplingOptions,
} from './tail-sampling-gateway';
export { type CollectorTierProps } from './tier-props';
export { Availability } from './workload/availability';
export { type HostPortOptions, HostPorts } from './workload/host-ports';
export type { EgressOptions } from './workload/egress-policy';
export { PeersNetworkPolicy } from './workload/peer-objects';
export { Placement, type PlacementOptions, type TolerationOptions } from './workload/placement';
export { Platform } from './workload/platform';
export {
  type ContainerOptions, type NodeOptions, type PodOptions, type ProbeOptions,
} from './workload/pod-options';
export { PriorityClass, type PriorityClassProps } from './workload/priority-class';
export { type RolloutOptions } from './workload/rollout';
export { type HorizontalScalingOptions, Scaling, type ScalingPace } from './workload/scaling';
export { ScalingSignal } from './workload/scaling-signal';
export { SecretReference } from './graph/secret-reference';
export {
  ServiceAccount, type ServiceAccountOptions, WorkloadIdentity,
} from './workload/service-account';
export { type ServiceNodePorts, type ServiceOptions } from './workload/service-options';
export { type WorkloadOptions } from './workload/workload-options';
