/** The public API: constructs for tiers of collectors, and the words to describe them. */
export { AgentDaemonSet, type AgentDaemonSetProps } from './agent-daemon-set';
export {
  Backend, type BackendOptions, type LoadBalancedBackendOptions, type OtlpBackendOptions,
  type OtlpDeliveryOptions, type RawBackendOptions,
} from './backend';
export { CollectorConfigOverrides } from './collector-config-overrides';
export { type CollectorTierProps } from './collector-tier';
export {
  type BooleanAttributePolicyConfig, type NumericAttributePolicyConfig,
  type ProbabilisticPolicyConfig, type RateLimitingPolicyConfig, type SpanCountPolicyConfig,
  type StringAttributePolicyConfig, type TlsClientConfig,
} from './config';
export {
  CollectorImage, type CustomImageOptions, type RuntimeImageOptions,
} from './distribution/collector-image';
export { GatewayDeployment, type GatewayDeploymentProps } from './gateway-deployment';
export { type GatewayProps } from './gateway-props';
export { type DnsResolverOptions, Resolver, type ServiceReference } from './graph/resolver';
export { Signal } from './graph/signal';
export {
  type ExternalTargetOptions, type ITelemetryTarget, type TelemetryRoute, TelemetryTarget,
} from './graph/telemetry-target';
export { Monitoring, type PrometheusOperatorOptions } from './monitoring/monitoring';
export {
  MultiLayerGateway, type GatewayLayer, type MultiLayerGatewayProps,
} from './multi-layer-gateway';
export { Retry, type RetryOptions } from './retry';
export {
  type LatencyPolicyOptions, SamplingPolicy, StatusCode, type StatusCodePolicyOptions,
} from './sampling-policy';
export { type InMemoryQueueOptions, SendingQueue } from './sending-queue';
export {
  Discovery, TailSamplingGateway, type TailSamplingGatewayProps, type TailSamplingOptions,
} from './tail-sampling-gateway';
export { Availability } from './workload/availability';
export { Placement, type PlacementOptions, type TolerationOptions } from './workload/placement';
export { type HorizontalScalingOptions, Scaling } from './workload/scaling';
export { SecretReference } from './workload/secret-reference';
