/**
 * The list of all contracts: what is not here is not a component of this runtime.
 */
import { debugExporter } from './exporters/debug';
import { fileExporter } from './exporters/file';
import { loadBalancingExporter } from './exporters/load-balancing';
import { nopExporter } from './exporters/nop';
import { otlpGrpcExporter } from './exporters/otlp-grpc';
import { otlpHttpExporter } from './exporters/otlp-http';
import { basicAuthExtension } from './extensions/basic-auth';
import { bearerTokenAuthExtension } from './extensions/bearer-token-auth';
import { fileStorageExtension } from './extensions/file-storage';
import { headersSetterExtension } from './extensions/headers-setter';
import { healthCheckExtension } from './extensions/health-check';
import { oauth2ClientExtension } from './extensions/oauth2-client';
import { tracePeersExtension } from './extensions/trace-peers';
import { batchProcessor } from './processors/batch';
import { memoryLimiterProcessor } from './processors/memory-limiter';
import { probabilisticSamplerProcessor } from './processors/probabilistic-sampler';
import { tailSamplingProcessor } from './processors/tail-sampling';
import { otlpReceiver } from './receivers/otlp';

/** All contracts. */
export const contracts = [
  otlpReceiver,
  memoryLimiterProcessor, batchProcessor, tailSamplingProcessor,
  probabilisticSamplerProcessor,
  otlpGrpcExporter, otlpHttpExporter, loadBalancingExporter, debugExporter,
  fileExporter, nopExporter,
  healthCheckExtension, fileStorageExtension,
  bearerTokenAuthExtension, basicAuthExtension, headersSetterExtension, oauth2ClientExtension,
  tracePeersExtension,
] as const;
