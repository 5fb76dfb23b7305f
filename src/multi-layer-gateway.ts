import type { Size } from 'cdk8s';
import { Construct } from 'constructs';
import type { Backend } from './backend';
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
import type { SendingQueue } from './sending-queue';
import { TailSamplingGateway, type TailSamplingOptions } from './tail-sampling-gateway';
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
    const { right, problems } = rightLayers(props?.layers);
    this.node.addValidation({
      validate: () => problems.map((sentence) => sentence.replace(/\n/g, '\n    ')),
    });
    for (const layer of [...right].reverse()) {
      layers.unshift(this.addLayer(layer, props, layers[0], id));
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
    const { image, monitoring, signals, exportTo, transportSecurity, authentication } = props ?? {};
    const given: GatewayProps = {
      ...own,
      name: `${props?.name ?? id}-${name}`,
      image,
      monitoring,
      signals,
      transportSecurity,
      authentication,
      ...next === undefined ? { exportTo } : { forwardTo: next },
    };
    if (tailSampling !== undefined) {
      return new TailSamplingGateway(this, name, { ...given, ...tailSampling });
    }
    const keeps = queueStorages(given).some(({ lasts }) => lasts === 'volume');
    return keeps
      ? new GatewayStatefulSet(this, name, given) : new GatewayDeployment(this, name, given);
  }
}

/** Layers that can be written, and what is wrong with the others. There is always one. */
function rightLayers(
  given: readonly GatewayLayer[] | undefined,
): { right: readonly GatewayLayer[]; problems: readonly string[] } {
  const layers = Array.isArray(given) ? given as readonly GatewayLayer[] : [];
  const names = layers.map((layer) => layer?.name);
  const right = layers.filter((layer, index) =>
    typeof layer?.name === 'string' && names.indexOf(layer.name) === index);
  const problems = right.length === layers.length ? [] : [
    `layers: must have a name each, and none twice, got ${names.join(', ')}.`
    + '\n→ give each layer a `name` of its own.',
  ];
  if (layers.length === 0) {
    problems.push('layers: must name at least one layer, got none.'
      + '\n→ give `layers` [{ name: \'gateway\' }], for example.');
  }
  return { right: right.length === 0 ? [{ name: 'gateway' }] : right, problems };
}
