/**
 * The contracts of all components, for the constructs that write configuration and the runtime
 * that reads it.
 */
import { debugExporter } from './exporters/debug';
import { loadBalancingExporter } from './exporters/load-balancing';
import { otlpGrpcExporter } from './exporters/otlp-grpc';
import { otlpHttpExporter } from './exporters/otlp-http';
import { healthCheckExtension } from './extensions/health-check';
import { batchProcessor } from './processors/batch';
import { memoryLimiterProcessor } from './processors/memory-limiter';
import { tailSamplingProcessor } from './processors/tail-sampling';
import { otlpReceiver } from './receivers/otlp';

/** All contracts; what is not here is not a component of this runtime. */
export const contracts = [
  otlpReceiver,
  memoryLimiterProcessor, batchProcessor, tailSamplingProcessor,
  otlpGrpcExporter, otlpHttpExporter, loadBalancingExporter, debugExporter,
  healthCheckExtension,
] as const;

export * from './collector-settings';
export * from './contract';
export * from './exporters/debug';
export * from './exporters/load-balancing';
export * from './exporters/otlp-grpc';
export * from './exporters/otlp-http';
export * from './extensions/health-check';
export * from './go-duration';
export * from './nearest-name';
export * from './problem';
export * from './processors/batch';
export * from './processors/memory-limiter';
export * from './processors/sampling-policy';
export * from './processors/sampling-policy-config';
export * from './processors/tail-sampling';
export * from './receivers/otlp';
export * from './sections/grpc-client';
export * from './sections/grpc-server';
export * from './sections/http-client';
export * from './sections/http-server';
export * from './sections/resolver';
export * from './sections/retry';
export * from './sections/sending-queue';
export * from './sections/tls';
export * from './spelling';
export * from './telemetry';
