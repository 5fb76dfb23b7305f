import type { Size } from 'cdk8s';
import { Construct } from 'constructs';
import { Backend } from './backend';
import type { CollectorConfigOverrides } from './collector-config-overrides';
import type { CollectorImage } from './distribution/collector-image';
import type { DebuggingFeature } from './features/debugging';
import type { TraceStatsFeature } from './features/trace-stats';
import { GatewayDeployment } from './gateway-deployment';
import type { GatewayProps } from './gateway-props';
import { GatewayStatefulSet } from './gateway-stateful-set';
import type { Authentication } from './graph/authentication';
import type { Routing } from './graph/routing';
import type { SecretReference } from './graph/secret-reference';
import type { Signal } from './graph/signal';
import type { ITelemetryTarget, TelemetryRoute } from './graph/telemetry-target';
import type { TransportSecurity } from './graph/transport-security';
import type { Monitoring } from './monitoring/monitoring';
import { anyValue, isMap, kindOf, required, rightProps, textOf, type Kind } from './prop-kinds';
import type { SendingQueue } from './sending-queue';
import { TailSamplingGateway, type TailSamplingOptions } from './tail-sampling-gateway';
import { GATEWAY_KINDS, TIER_KINDS } from './tier-kinds';
import { queueStorages } from './tier-queues';
import type { Availability } from './workload/availability';
import type { Placement } from './workload/placement';
import type { Scaling } from './workload/scaling';
import type { WorkloadOptions } from './workload/workload-options';

/** One pool of a chain. */
export interface GatewayLayer extends DebuggingFeature, TraceStatsFeature, WorkloadOptions {
  /**
   * Its name, which no other layer has; its objects are called `<name of the chain>-<name>`, of
   * which there may be 52 characters.
   */
  readonly name: string;
  /**
   * Makes it a layer that samples whole traces; the layer before it then routes by trace id.
   * @default - it passes everything on
   */
  readonly tailSampling?: TailSamplingOptions;
  /**
   * How what goes to the next layer is spread over it.
   * @default - by connection; traces to a layer that samples by trace id
   */
  readonly routing?: Routing;
  /**
   * Where requests to the next layer wait. With one that is persistent, the layer becomes a
   * StatefulSet.
   * @default SendingQueue.inMemory()
   */
  readonly queue?: SendingQueue;
  /**
   * How many pods there are.
   * @default Scaling.fixed(2)
   */
  readonly scaling?: Scaling;
  /**
   * How many pods may be taken away at a time when nodes are emptied.
   * @default Availability.maxUnavailable(1)
   */
  readonly availability?: Availability;
  /**
   * Nodes that the pods stand on.
   * @default - any Linux node
   */
  readonly placement?: Placement;
  /**
   * Memory of each pod, requested and at most: whole mebibytes, 128 of them at least.
   * @default - 512 MiB, for a layer that samples 1 GiB
   */
  readonly memory?: Size;
  /**
   * CPU that each pod asks for, in thousandths of a core: a whole number from 1 on.
   * @default 500
   */
  readonly cpuMillis?: number;
  /**
   * Raw configuration that is merged over what is written.
   * @default - nothing
   */
  readonly config?: CollectorConfigOverrides;
  /**
   * Values of Secrets by the environment variable under which `config` refers to them.
   * @default - none
   */
  readonly secrets?: Record<string, SecretReference>;
}

type Layer = GatewayDeployment | GatewayStatefulSet | TailSamplingGateway;

/** What a chain of gateways is told. */
export interface MultiLayerGatewayProps {
  /**
   * The layers in the direction of the data: senders reach the first one, each forwards to the
   * next, the last one exports. There is one at least.
   */
  readonly layers: GatewayLayer[];
  /**
   * Where the last layer sends telemetry to.
   */
  readonly exportTo: Backend[];
  /**
   * First part of all names: lower-case letters, digits and `-`.
   * @default - the id of the construct
   */
  readonly name?: string;
  /**
   * Signals that are taken in.
   * @default - all that the backends take
   */
  readonly signals?: Signal[];
  /**
   * The collector of all layers.
   * @default CollectorImage.runtime()
   */
  readonly image?: CollectorImage;
  /**
   * How OTLP is encrypted on its way to each layer.
   * @default - plain text
   */
  readonly transportSecurity?: TransportSecurity;
  /**
   * How senders to each layer prove that they may send. It needs `transportSecurity`.
   * @default - they need not
   */
  readonly authentication?: Authentication;
  /**
   * Who watches the collectors.
   * @default - nobody; metrics are served nevertheless
   */
  readonly monitoring?: Monitoring;
}

/** Told once for all layers. */
const KINDS: Readonly<Record<string, Kind>> = {
  layers: anyValue,
  exportTo: required(TIER_KINDS.exportTo),
  name: textOf(/./, 'a text', '\'gateway\''),
  signals: TIER_KINDS.signals,
  image: TIER_KINDS.image,
  transportSecurity: TIER_KINDS.transportSecurity,
  authentication: TIER_KINDS.authentication,
  monitoring: TIER_KINDS.monitoring,
};
/** In place of backends without which synthesis fails anyway. */
const NOWHERE = [Backend.debug()];
/** What layers share, and what follows from their order. */
const OF_CHAIN = [
  'exportTo', 'signals', 'image', 'transportSecurity', 'authentication', 'monitoring', 'forwardTo',
];
const SAMPLING = Object.keys({
  policies: true,
  decisionWait: true,
  numTraces: true,
  expectedTracesPerSecond: true,
  decisionWaitAfterRootReceived: true,
  decisionQuietPeriod: true,
  blockOnOverflow: true,
  maximumTraceSize: true,
  maxHeldMemory: true,
  stressRelief: true,
  discovery: true,
  tracePeers: true,
  journal: true,
  peersNetworkPolicy: true,
} satisfies Record<keyof TailSamplingOptions, true>);

/**
 * A chain of gateways. Whoever forwards to it sends to its first layer. The last layer is written
 * first, so that each finds the next one there when it starts.
 */
export class MultiLayerGateway extends Construct implements ITelemetryTarget {
  /** The layers in the direction of the data; as constructs they are children by their names. */
  public readonly layers: ITelemetryTarget[];

  public constructor(scope: Construct, id: string, props: MultiLayerGatewayProps) {
    super(scope, id);
    const layers: Layer[] = [];
    const given = rightProps(props, KINDS, '', { isWhole: true });
    const { right, problems } = rightLayers(given.props.layers);
    this.node.addValidation({
      validate: () => [...given.problems, ...problems]
        .map((sentence) => sentence.replace(/\n/g, '\n    ')),
    });
    for (const layer of [...right].reverse()) {
      layers.unshift(this.addLayer(layer, given.props, layers[0], id));
    }
    this.layers = layers;
    this.node.defaultChild = layers[0];
  }

  /** Name of its first layer. */
  public get targetName(): string {
    return this.layers[0].targetName;
  }

  /** Signals that its first layer takes. */
  public get signals(): Signal[] {
    return this.layers[0].signals;
  }

  /** As its first layer is reached. */
  public routeFor(signal: Signal): TelemetryRoute {
    return this.layers[0].routeFor(signal);
  }

  private addLayer(
    layer: GatewayLayer, props: MultiLayerGatewayProps, next: ITelemetryTarget | undefined,
    id: string,
  ): Layer {
    const { tailSampling, name, ...own } = layer;
    const { exportTo = NOWHERE } = props as Partial<MultiLayerGatewayProps>;
    const { image, monitoring, signals, transportSecurity, authentication } = props;
    const given: GatewayProps = {
      ...own,
      name: `${props.name ?? id}-${name}`,
      image,
      monitoring,
      signals,
      transportSecurity,
      authentication,
      ...next === undefined ? { exportTo } : { forwardTo: next },
    };
    if (tailSampling !== undefined) {
      return new TailSamplingGateway(this, name, { ...tailSampling, ...given });
    }
    const keeps = queueStorages(rightProps(given, GATEWAY_KINDS).props)
      .some(({ lasts }) => lasts === 'volume');
    return keeps
      ? new GatewayStatefulSet(this, name, given) : new GatewayDeployment(this, name, given);
  }
}

/** Layers that can be written, and what is wrong with the others. There is always one. */
function rightLayers(
  given: readonly GatewayLayer[] | undefined,
): { right: readonly GatewayLayer[]; problems: readonly string[] } {
  const layers = Array.isArray(given)
    ? given.map((layer: unknown) => (isMap(layer) ? layer : {}) as unknown as GatewayLayer) : [];
  const names = layers.map(({ name }) => name);
  const right = layers.filter(({ name }, index) =>
    typeof name === 'string' && name !== '' && names.indexOf(name) === index);
  const problems = right.flatMap(strangers);
  if (right.length < layers.length) {
    problems.push(`layers: must have a name each, and none twice, got ${
      names.map((name: unknown) => typeof name === 'string' && name !== '' ? name : kindOf(name))
        .join(', ')}.\n→ give each layer a \`name\` of its own.`);
  }
  if (given !== undefined && !Array.isArray(given)) {
    problems.push(`layers: must be a list of layers, got ${kindOf(given)}.`
      + '\n→ give `layers` [{ name: \'gateway\' }], for example.');
  } else if (layers.length === 0) {
    problems.push('layers: must name at least one layer, got none.'
      + '\n→ give `layers` [{ name: \'gateway\' }], for example.');
  }
  return { right: right.length === 0 ? [{ name: 'gateway' }] : right.map(ownProps), problems };
}

/** Props of a layer that say nothing there. */
function strangers({ name, tailSampling, ...layer }: GatewayLayer): string[] {
  const ofChain = Object.entries(layer as Record<string, unknown>)
    .filter(([prop, value]) => OF_CHAIN.includes(prop) && value !== undefined);
  const isSampling = tailSampling === undefined || isMap(tailSampling);
  const unknown = Object.keys(isMap(tailSampling) ? tailSampling : {})
    .filter((prop) => !SAMPLING.includes(prop));
  return [
    ...ofChain.map(([prop, value]) => `layers (${name}): ${prop}: must be left to the whole chain,`
      + ` got ${kindOf(value)}.\n→ ${prop === 'forwardTo'
        ? 'leave it out: a layer sends to the next one'
        : 'give it beside `layers`, or use gateways in place of layers'}.`),
    ...isSampling ? [] : [
      `layers (${name}): tailSampling: must be options of a sampler, got ${kindOf(tailSampling)}.`
      + '\n→ give it { policies: [SamplingPolicy.…] }.',
    ],
    ...unknown.map((prop) => `layers (${name}): tailSampling.${prop}: must be one of`
      + ` ${SAMPLING.join(', ')}, got ${prop}.`
      + '\n→ leave it out, or give it beside `tailSampling`.'),
  ];
}

/** A layer without what says nothing there. */
function ownProps({ tailSampling, ...layer }: GatewayLayer): GatewayLayer {
  const props = Object.entries(layer).filter(([prop]) => !OF_CHAIN.includes(prop));
  const sampling = isMap(tailSampling)
    ? Object.entries(tailSampling).filter(([prop]) => SAMPLING.includes(prop)) : [];
  return {
    ...Object.fromEntries(props) as unknown as GatewayLayer,
    ...isMap(tailSampling)
      ? { tailSampling: Object.fromEntries(sampling) as unknown as TailSamplingOptions } : {},
  };
}
