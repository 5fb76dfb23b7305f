/** Writes the configuration of one tier's collectors, and collects all that is wrong with it. */
import { Duration } from 'cdk8s';
import { stringify } from 'yaml';
import type { Backend } from './backend';
import type { CollectorConfigOverrides } from './collector-config-overrides';
import {
  batchProcessor, ConfigurationError, healthCheckExtension, loadBalancingExporter,
  memoryLimiterProcessor, otlpGrpcExporter, otlpReceiver, readCollectorConfig, spelling,
  tailSamplingProcessor, telemetry, type CollectorSettings, type Contract,
  type OtlpGrpcDeliveryConfig, type Problem, type TailSamplingProcessorConfig, type Yaml,
} from './config';
import { YamlDocuments, type YamlSource } from './config/yaml-documents';
import type { CollectorImage } from './distribution/collector-image';
import { METRIC_SPELLING } from './distribution/metric-spelling';
import type { MemoryBudget } from './graph/memory-budget';
import { Signal } from './graph/signal';
import type { ITelemetryTarget } from './graph/telemetry-target';
import type { CollectorData } from './graph/tier-facts';
import { routed, type RoutedDelivery } from './routed-delivery';
import { CONFIG_FILE } from './workload/collector-pod';
import type { PodPorts } from './workload/ports';

/** What a configuration is made of. */
export interface TierConfigInput extends RoutedDelivery {
  /** Reads it. */
  readonly image: CollectorImage;
  /** Signals that come in. */
  readonly signals: readonly Signal[];
  /** Where it listens. */
  readonly ports: PodPorts;
  /** What the memory limiter is told. */
  readonly memory: MemoryBudget;
  /** Where telemetry goes inside the cluster of collectors. */
  readonly forwardTo?: ITelemetryTarget;
  /** Where telemetry leaves it. */
  readonly exportTo: readonly Backend[];
  /** What the tail sampler is told, when there is one. */
  readonly tailSampling?: TailSamplingProcessorConfig;
  /** Age at which senders are asked to connect anew. */
  readonly maxConnectionAge?: Duration;
  /** What is merged over it. */
  readonly overrides?: CollectorConfigOverrides;
  /** Names of the environment variables that it may refer to. */
  readonly variables: readonly string[];
}

/** A configuration. */
export interface TierConfig {
  /** As it stands in the ConfigMap. */
  readonly text: string;
  /** As data. */
  readonly data: CollectorData;
  /** As it is read; absent when something is wrong. */
  readonly settings?: CollectorSettings;
  /** What is wrong. */
  readonly problems: readonly Problem[];
}

/** A small pod fills within a second; to look costs our own collector microseconds. */
const QUICK_CHECKS = Duration.millis(200);
/** What upstream advises: its collector stops for a moment to look. */
const SLOW_CHECKS = Duration.seconds(1);
const MAX_CONNECTION_AGE_GRACE = Duration.seconds(30);

/** Writes and reads back a configuration. */
export function tierConfig(input: TierConfigInput): TierConfig {
  const problems: Problem[] = [];
  const written = stringify(collector(input, problems), { lineWidth: 0 });
  const sources: YamlSource[] = [{ name: CONFIG_FILE, text: written }];
  const { overrides, image } = input;
  if (overrides !== undefined) sources.push(overrides._source());
  const merged = new YamlDocuments(sources);
  const data = (merged.data ?? {}) as CollectorData;
  const text = overrides === undefined ? written : stringify(data, { lineWidth: 0 });
  if (problems.length > 0) return { text, data, problems };
  const env = Object.fromEntries(input.variables.map((name) => [name, EXAMPLE[name] ?? 'text']));
  const reading = readCollectorConfig(
    sources, env, { unknownComponents: image.isRuntime ? 'refuse' : 'accept' });
  return { text, data, settings: reading.settings, problems: reading.problems };
}

const EXAMPLE: Readonly<Record<string, string>> = { POD_IP: '10.0.0.1' };

/** Writes with a contract; mistakes are put into `problems`. */
function attempt(problems: Problem[], write: () => Yaml): Yaml {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(...error.problems);
    return {};
  }
}

function collector(input: TierConfigInput, problems: Problem[]): Yaml {
  const { exporters, used } = exportersOf(input, problems);
  return {
    receivers: { otlp: attempt(problems, () => receiver(input)) },
    processors: processorsOf(input, problems),
    exporters,
    extensions: {
      health_check: healthCheckExtension.write({ endpoint: listen(input.ports.health) }),
    },
    service: {
      extensions: ['health_check'],
      telemetry: ownTelemetry(input.ports.metrics),
      pipelines: Object.fromEntries(input.signals.map((signal) => [signal, {
        receivers: ['otlp'],
        processors: pipelineProcessors(input, signal),
        exporters: used.filter(([, sent]) => sent === signal).map(([id]) => id),
      }])),
    },
  };
}

/** The pod's own address, in brackets so that it may be one of IPv6. */
function listen(port: number): string {
  return `[\${env:POD_IP}]:${port}`;
}

function receiver({ ports, maxConnectionAge }: TierConfigInput): Yaml {
  const age = maxConnectionAge === undefined ? {} : {
    keepalive: {
      serverParameters: { maxConnectionAge, maxConnectionAgeGrace: MAX_CONNECTION_AGE_GRACE },
    },
  };
  return otlpReceiver.write({
    protocols: {
      grpc: { endpoint: listen(ports.grpc), ...age },
      http: { endpoint: listen(ports.http) },
    },
  });
}

function processorsOf(input: TierConfigInput, problems: Problem[]): Yaml {
  const { memory: { limitMib, spikeLimitMib }, tailSampling, image } = input;
  return {
    memory_limiter: attempt(problems, () => memoryLimiterProcessor.write(
      { checkInterval: image.isRuntime ? QUICK_CHECKS : SLOW_CHECKS, limitMib, spikeLimitMib })),
    ...tailSampling === undefined ? {} : {
      tail_sampling: attempt(problems, () => tailSamplingProcessor.write(tailSampling)),
    },
    // A thousand spans stay below the 4 MiB that receivers take; upstream's 8192 often do not.
    batch: batchProcessor.write(
      { timeout: Duration.millis(200), sendBatchSize: 1024, sendBatchMaxSize: 2048 }),
  };
}

function pipelineProcessors({ tailSampling }: TierConfigInput, signal: Signal): string[] {
  const isSampled = tailSampling !== undefined && signal === Signal.TRACES;
  return ['memory_limiter', ...isSampled ? ['tail_sampling'] : [], 'batch'];
}

function ownTelemetry(port: number): Yaml {
  return telemetry.write({
    // Whoever gathers the logs of a cluster reads JSON; columns for eyes are torn apart there.
    logs: { encoding: 'json' },
    metrics: {
      readers: [{
        pull: {
          exporter: {
            prometheus: {
              host: '${env:POD_IP}', port, ...METRIC_SPELLING, withoutScopeInfo: true,
            },
          },
        },
      }],
    },
  });
}

type Used = [id: string, signal: Signal];

function exportersOf(
  input: TierConfigInput, problems: Problem[],
): { exporters: Yaml; used: Used[] } {
  const spelled = (contract: Pick<Contract, 'type' | 'aliases'>) =>
    spelling(contract, input.image._traits.version);
  const exporters: Yaml = {};
  const used: Used[] = [];
  for (const signal of input.signals) {
    const forward = forwardExporter(input, signal, spelled, problems);
    if (forward === undefined) continue;
    exporters[forward.id] = forward.config;
    used.push([forward.id, signal]);
  }
  for (const backend of input.exportTo) {
    let type = 'otlp_grpc';
    const config = attempt(problems, () => {
      const written = backend._write(spelled);
      type = written.type;
      return written.config;
    });
    const id = type === backend.name ? type : `${type}/${backend.name}`;
    exporters[id] = config;
    for (const signal of input.signals) {
      if (backend.signals.includes(signal)) used.push([id, signal]);
    }
  }
  return { exporters, used };
}

type Spelled = (contract: Pick<Contract, 'type' | 'aliases'>) => string;

function forwardExporter(
  input: TierConfigInput, signal: Signal, spelled: Spelled, problems: Problem[],
): { id: string; config: Yaml } | undefined {
  const { forwardTo, retry, queue } = input;
  if (forwardTo === undefined) return undefined;
  const { targetName } = forwardTo;
  const { resolver, endpoint = '', insecure = false } = forwardTo.routeFor(signal);
  // Compression costs several times what it takes to pass telemetry on; inside a cluster the
  // network is cheaper.
  const otlp: OtlpGrpcDeliveryConfig = {
    ...insecure ? { tls: { insecure } } : {}, ...insecure ? { compression: 'none' } : {},
  };
  if (resolver !== undefined) {
    const id = `${spelled(loadBalancingExporter)}/${targetName}`;
    return {
      id,
      config: attempt(problems, () => loadBalancingExporter.write(
        routed(otlp, resolver, { retry, queue }), ['exporters', id])),
    };
  }
  const id = `${spelled(otlpGrpcExporter)}/${targetName}`;
  return {
    id,
    config: attempt(problems, () => otlpGrpcExporter.write({
      endpoint, ...otlp, retryOnFailure: retry?._toConfig(), sendingQueue: queue?._toConfig(),
    }, ['exporters', id])),
  };
}
