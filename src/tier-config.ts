/** Writes the configuration of one tier's collectors, and collects all that is wrong with it. */
import { Duration } from 'cdk8s';
import { stringify } from 'yaml';
import type { Backend } from './backend';
import type { CollectorConfigOverrides } from './collector-config-overrides';
import {
  healthCheckExtension, loadBalancingExporter, memoryLimiterProcessor,
  otlpGrpcExporter, otlpHttpExporter, otlpReceiver, readCollectorConfig, spelling, telemetry,
  variablesIn,
  type BatchProcessorConfig, type CollectorReading, type Contract,
  type OtlpGrpcDeliveryConfig, type Problem, type Yaml,
} from './config';
import { isRecord, YamlDocuments, type YamlSource } from './config/yaml-documents';
import { attempt } from './config-writing';
import type { CollectorImage } from './distribution/collector-image';
import { METRIC_SPELLING } from './distribution/metric-spelling';
import { Place, type PartComponent, type TierPart } from './features/part';
import { isInCluster } from './graph/cluster-name';
import type { MemoryBudget } from './graph/memory-budget';
import { Protocol } from './graph/protocol';
import type { Routing } from './graph/routing';
import { Signal } from './graph/signal';
import type { ITelemetryTarget, TelemetryRoute } from './graph/telemetry-target';
import { valueAt, type CollectorData } from './graph/tier-facts';
import { awaitingTraces, keepsJournal } from './journal-delivery';
import {
  gatheredInQueues, gathering, withGathering, type UsedExporter,
} from './queue-gathering';
import { routed, spreadOf, type RoutedDelivery } from './routed-delivery';
import type { TierSecurity } from './security/tier-security';
import { withoutTaken } from './taken-components';
import { allOf, writeComponent, type ItemOf } from './tier-parts';
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
  /** How it is spread there. */
  readonly routing?: Routing;
  /** Where telemetry leaves it. */
  readonly exportTo: readonly Backend[];
  /** What its features add. */
  readonly parts: readonly TierPart[];
  /** How requests are gathered. */
  readonly batch?: BatchProcessorConfig;
  /** What keeps others out, and lets it in elsewhere. */
  readonly security: TierSecurity;
  /** Age at which senders are asked to connect anew. */
  readonly maxConnectionAge?: Duration;
  /** What is merged over it. */
  readonly overrides?: CollectorConfigOverrides;
  /** Names of the environment variables that it may refer to. */
  readonly variables: readonly string[];
  /** Those whose values stand in the manifest, which it may refer to, too. */
  readonly plainEnv: Readonly<Record<string, string>>;
}

/** A configuration. */
export interface TierConfig {
  /** As it stands in the ConfigMap. */
  readonly text: string;
  /** As data. */
  readonly data: CollectorData;
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
  // Plain data: nothing that is left undefined, and nothing that two places share.
  const { overrides, image } = input;
  const own = JSON.parse(JSON.stringify(collector(input, problems))) as CollectorData;
  const written = overrides === undefined ? own : withoutTaken(own, overrides._source());
  const sources: YamlSource[] = [
    { name: CONFIG_FILE, data: written, get text() { return yamlText(written); } },
    ...overrides === undefined ? [] : [overrides._source()],
  ];
  const data = mapsOnly(new YamlDocuments(sources).data);
  const valuesKnown = { ...EXAMPLE, ...input.plainEnv };
  const unknown = input.variables.filter((name) => valuesKnown[name] === undefined);
  const env = { ...Object.fromEntries(unknown.map((name) => [name, 'text'])), ...valuesKnown };
  let known: CollectorReading | undefined;
  const reading = () => known ??= problems.length > 0 ? { problems, warnings: [] }
    : readCollectorConfig(
      sources, env, { unknownComponents: image.isRuntime ? 'refuse' : 'accept' });
  // Of images that may be chosen, only one is asked for its text, and few for what they read.
  return {
    data,
    get text() { return yamlText(data); },
    get problems() {
      return reading().problems.filter(({ at }) =>
        !variablesIn(valueAt(data, ...at)).some((name) => unknown.includes(name)));
    },
  };
}

/** Sections that are no maps are told where the configuration is read, and looked at by nobody. */
function mapsOnly(data: unknown): CollectorData {
  return isRecord(data) ? Object.fromEntries(
    Object.entries(data).map(([section, held]) => [section, isRecord(held) ? held : {}])) : {};
}

function yamlText(data: CollectorData): string {
  return stringify(data, { lineWidth: 0 });
}

const EXAMPLE: Readonly<Record<string, string>> = { POD_IP: '10.0.0.1' };

function collector(input: TierConfigInput, problems: Problem[]): Yaml {
  const { image, ports, signals, parts } = input;
  const written = writtenParts(parts, image, problems);
  const batch = attempt(problems, () => gathering(input.batch));
  const isKept = keepsJournal(written.processors);
  const plain = exportersOf(input, problems);
  const { exporters: own, used } = isKept ? awaitingTraces(plain) : plain;
  // Between a journal and whoever has the traces then, a processor would have them in memory alone.
  const inQueues = [...new Set([
    ...gatheredInQueues(own, used, batch, image), ...isKept ? [Signal.TRACES] : [],
  ])];
  const exporters = withGathering(own, used, inQueues, batch, image);
  const isInProcessor = signals.some((signal) => !inQueues.includes(signal));
  const all = (section: keyof WrittenParts) =>
    Object.fromEntries(written[section].map(({ id, config }) => [id, config]));
  const { connectors } = written;
  return {
    receivers: { otlp: attempt(problems, () => receiver(input)), ...all('receivers') },
    processors: {
      ...limiterOf(input, problems), ...all('processors'), ...isInProcessor ? { batch } : {},
    },
    exporters: { ...exporters, ...all('exporters') },
    ...connectors.length === 0 ? {} : { connectors: all('connectors') },
    extensions: {
      health_check: healthCheckExtension.write({ endpoint: listen(ports.health) }),
      ...all('extensions'),
    },
    service: {
      extensions: ['health_check', ...written.extensions.map(({ id }) => id)],
      telemetry: ownTelemetry(ports.metrics, parts),
      pipelines: Object.fromEntries(
        signals.flatMap((signal) => pipelinesOf(
          signal, written, used, inQueues.includes(signal) ? [] : ['batch']))),
    },
  };
}

/** A component of a part, under the id that it was written with. */
type Written<Component> = Component & { readonly id: string; readonly config: Yaml };

interface WrittenParts {
  readonly receivers: Written<ItemOf<'receivers'>>[];
  readonly processors: Written<ItemOf<'processors'>>[];
  readonly exporters: Written<ItemOf<'exporters'>>[];
  readonly connectors: Written<ItemOf<'connectors'>>[];
  readonly extensions: Written<ItemOf<'extensions'>>[];
}

/** All components of parts, processors in the order in which they stand in pipelines. */
function writtenParts(
  parts: readonly TierPart[], image: CollectorImage, problems: Problem[],
): WrittenParts {
  const write = <Component extends PartComponent>(components: readonly Component[]) =>
    components.map((component, index): Written<Component> => {
      const own = numbered(component, components.slice(0, index));
      return { ...own, ...writeComponent(own, image, problems) };
    });
  return {
    receivers: write(allOf(parts, 'receivers')),
    processors: write(allOf(parts, 'processors')).sort((a, b) => a.place - b.place),
    exporters: write(allOf(parts, 'exporters')),
    connectors: write(allOf(parts, 'connectors')),
    extensions: write(allOf(parts, 'extensions')
      .filter(({ isRuntimeOnly }) => isRuntimeOnly !== true || image.isRuntime)),
  };
}

/** A component with a name that none before it has: the second one is called `type/2`. */
function numbered<Component extends PartComponent>(
  component: Component, before: readonly PartComponent[],
): Component {
  if (component.name !== undefined) return component;
  const same = before.filter(({ contract, name }) =>
    name === undefined && contract.type === component.contract.type).length;
  return same === 0 ? component : { ...component, name: String(same + 1) };
}

/** The pipeline of a signal; where it is sampled, what takes all of it has one of its own. */
function pipelinesOf(
  signal: Signal, parts: WrittenParts, used: readonly UsedExporter[], last: readonly string[],
): [string, Yaml][] {
  const here = <Part extends { readonly signals: readonly Signal[] }>(all: readonly Part[]) =>
    all.filter(({ signals }) => signals.includes(signal));
  const ids = (all: readonly { readonly id: string }[]) => all.map(({ id }) => id);
  const receivers = [
    'otlp', ...ids(here(parts.receivers)),
    ...ids(parts.connectors.filter(({ gives }) => gives === signal)),
  ];
  const processors = here(parts.processors);
  const takers = ids(parts.connectors.filter(({ takes }) => takes === signal));
  const exporters = [
    ...used.filter(([, sent]) => sent === signal).map(([id]) => id), ...ids(here(parts.exporters)),
  ];
  const isSampled = processors.some(({ place }) => place === Place.SAMPLE);
  const pipeline = (chain: readonly string[], to: readonly string[]) =>
    ({ receivers, processors: ['memory_limiter', ...chain], exporters: to });
  const before = processors.filter(({ place }) => place < Place.SAMPLE);
  return [
    [signal, pipeline(
      [...ids(processors), ...last], isSampled ? exporters : [...exporters, ...takers])],
    ...isSampled && takers.length > 0
      ? [[`${signal}/unsampled`, pipeline(ids(before), takers)] as [string, Yaml]] : [],
  ];
}

/**
 * The pod's own address, in brackets so that it may be one of IPv6; all of its addresses where its
 * Service has both families, for the variable holds one of them.
 */
function listen(port: number, isDualStack = false): string {
  return isDualStack ? `:${port}` : `[\${env:POD_IP}]:${port}`;
}

function receiver({ ports, maxConnectionAge, security }: TierConfigInput): Yaml {
  const age = maxConnectionAge === undefined ? {} : {
    keepalive: {
      serverParameters: { maxConnectionAge, maxConnectionAgeGrace: MAX_CONNECTION_AGE_GRACE },
    },
  };
  const { grpc, http, isDualStack: isDual } = ports;
  const secured = security.server();
  return otlpReceiver.write({
    protocols: {
      ...grpc === undefined ? {} : { grpc: { endpoint: listen(grpc, isDual), ...secured, ...age } },
      ...http === undefined ? {} : { http: { endpoint: listen(http, isDual), ...secured } },
    },
  });
}

function limiterOf(input: TierConfigInput, problems: Problem[]): Yaml {
  const { memory: { limitMib, spikeLimitMib }, image } = input;
  const checkInterval = image.isRuntime ? QUICK_CHECKS : SLOW_CHECKS;
  return {
    memory_limiter: attempt(problems, () =>
      memoryLimiterProcessor.write({ checkInterval, limitMib, spikeLimitMib })),
  };
}

function ownTelemetry(port: number, parts: readonly TierPart[]): Yaml {
  const { logs, metrics } = parts.find((part) => part.telemetry !== undefined)?.telemetry ?? {};
  return telemetry.write({
    // Whoever gathers the logs of a cluster reads JSON; columns for eyes are torn apart there.
    logs: { encoding: 'json', ...logs },
    metrics: {
      ...metrics,
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

function exportersOf(
  input: TierConfigInput, problems: Problem[],
): { exporters: Yaml; used: UsedExporter[] } {
  const spelled = (contract: Pick<Contract, 'type' | 'aliases'>) =>
    spelling(contract, input.image._traits.version);
  const exporters: Yaml = {};
  const used: UsedExporter[] = [];
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
  const { forwardTo, routing, retry, queue } = input;
  if (forwardTo === undefined) return undefined;
  const { targetName } = forwardTo;
  const route = forwardTo.routeFor(signal);
  const { endpoint = '' } = route;
  const spread = spreadOf(route, signal, routing);
  // Compression costs several times what it takes to pass telemetry on; inside a cluster the
  // network is cheaper.
  const otlp: OtlpGrpcDeliveryConfig = {
    ...input.security.sender(route),
    ...isNear(route) ? { compression: 'none' } : {},
  };
  if (spread !== undefined) {
    // What is routed by the receiver's key and by one's own needs an exporter each.
    const isOwnKey = spread.routing !== route.routing && route.resolver === undefined
      && input.signals.some((other) => forwardTo.routeFor(other).resolver !== undefined);
    const suffix = isOwnKey ? `-${spread.routing._key._word}` : '';
    const id = `${spelled(loadBalancingExporter)}/${targetName}${suffix}`;
    return {
      id,
      config: attempt(problems, () => loadBalancingExporter.write(
        routed(otlp, spread, { retry, queue }), ['exporters', id])),
    };
  }
  const exporter = route.protocol === Protocol.HTTP ? otlpHttpExporter : otlpGrpcExporter;
  const id = `${spelled(exporter)}/${targetName}`;
  return {
    id,
    config: attempt(problems, () => exporter.write({
      endpoint, ...otlp, retryOnFailure: retry?._toConfig(), sendingQueue: queue?._toConfig(),
    }, ['exporters', id])),
  };
}

/** Whether a route ends inside the cluster. */
function isNear({ endpoint = '', resolver, transportSecurity }: TelemetryRoute): boolean {
  return transportSecurity !== undefined
    || (resolver === undefined ? isInCluster(endpoint) : resolver._isInCluster);
}
