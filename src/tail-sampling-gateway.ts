import { Duration, type Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { CollectorTier } from './collector-tier';
import {
  tailSamplingProcessor, type StressReliefConfig, type TailSamplingProcessorConfig,
} from './config';
import { Place, type TierPart } from './features/part';
import type { GatewayProps } from './gateway-props';
import { serviceHost } from './graph/cluster-name';
import { Protocol } from './graph/protocol';
import { Resolver } from './graph/resolver';
import { Signal } from './graph/signal';
import type { ITelemetryTarget, TelemetryRoute } from './graph/telemetry-target';
import { rightProps } from './prop-kinds';
import { poolParts, poolProblems, wantsPool } from './sampler-pool';
import type { SamplingJournal } from './sampling-journal';
import { SamplingPolicy } from './sampling-policy';
import { SAMPLER_KINDS } from './tier-kinds';
import { autoscaler } from './workload/autoscaler';
import { headlessName, isDualStack, podsServiceName } from './workload/collector-services';
import { API_LAG_SECONDS, DNS_LAG_SECONDS } from './workload/discovery-lag';
import { availabilityProblem, disruptionBudget } from './workload/disruption-budget';
import { journalPart } from './workload/journal-storage';
import type { TierIdentity } from './workload/labels';
import { peersPolicy, peersService, type PeersNetworkPolicy } from './workload/peer-objects';
import { Scaling, scalingProblems } from './workload/scaling';
import { sleepBeforeStop } from './workload/stop-delay';

/** How senders learn which pods there are. */
export enum Discovery {
  /** From the Kubernetes API: at once; senders are given permission to read EndpointSlices. */
  KUBERNETES_API = 'kubernetes-api',
  /** From cluster DNS: within seconds, without any permission. */
  DNS = 'dns',
}

/** What a tail sampler is told beside its policies. */
export interface TailSamplingOptions {
  /**
   * The rules, one at least, each with a name of its own; a trace is kept when one of them keeps
   * it and none drops it.
   */
  readonly policies: SamplingPolicy[];
  /**
   * Time from a trace's first span to the decision: whole seconds, one at least. Pods get that
   * much more time to end.
   * @default Duration.seconds(30)
   */
  readonly decisionWait?: Duration;
  /**
   * Number of traces that each pod holds at most: a whole number from 1 on. The oldest one makes
   * room for a new one, decided or not.
   * @default - twice what `expectedTracesPerSecond` makes within the decision wait, 50000 at least
   */
  readonly numTraces?: number;
  /**
   * New traces per second over all pods: a whole number from 1 on. Whether they fit the pods'
   * memory is checked, for traces of ten spans of half a kilobyte.
   * @default - not checked
   */
  readonly expectedTracesPerSecond?: number;
  /**
   * Time from a trace's root span to the decision, where that is sooner; in whole seconds.
   * @default - a root changes nothing
   */
  readonly decisionWaitAfterRootReceived?: Duration;
  /**
   * Time without any span of a trace whose root has come after which it is decided, where that is
   * sooner than the decision wait; in whole seconds. Only the runtime image has it.
   * @default - quiet changes nothing
   */
  readonly decisionQuietPeriod?: Duration;
  /**
   * Whether senders wait while a pod holds as many undecided traces as it may, rather than the
   * oldest one making room.
   * @default false
   */
  readonly blockOnOverflow?: boolean;
  /**
   * Size at which a trace is given up, in whole MiB.
   * @default - without limit
   */
  readonly maximumTraceSize?: Size;
  /**
   * Memory of a pod for spans that wait, in whole MiB. Beyond it the traces that are big and old
   * are decided early. Only the runtime image has it.
   * @default - half of what 64 MiB leave of the pod's memory
   */
  readonly maxHeldMemory?: Size;
  /**
   * Deciding new traces by their ids alone while a pod is under stress. Only the runtime image has
   * it.
   * @default - never
   */
  readonly stressRelief?: StressReliefConfig;
  /**
   * How senders learn which pods there are.
   * @default Discovery.KUBERNETES_API
   */
  readonly discovery?: Discovery;
  /**
   * Whether pods are one sampler: they tell each other of their traces on port 4319, so that no
   * trace is split when their number changes or an image is rolled out, and senders may route
   * traces or not. With an image of upstream they cannot: senders then route by trace id, and
   * synthesis warns that open traces are split by such changes.
   *
   * With `transportSecurity` both sides show a certificate with the same name, that of the tier, so
   * that certificates from Secrets must be good for clients, too. Without it, whoever reaches the
   * port can give spans and decisions, as whoever reaches that of OTLP can give spans.
   * @default - true with the runtime image, when there can be more than one pod
   */
  readonly tracePeers?: boolean;
  /**
   * Writes a NetworkPolicy for port 4319, on which pods that are one sampler call each other. A
   * namespace that lets nothing in by itself needs one, or pods never become ready.
   * @default - none, for it would have to open or to close all other ports
   */
  readonly peersNetworkPolicy?: PeersNetworkPolicy;
  /**
   * Where pods note what they hold before they say that they have taken it, so that a process which
   * is killed loses nothing. Only the runtime image has it.
   * @default - nowhere: what a killed process held is lost
   */
  readonly journal?: SamplingJournal;
}

/** What a sampler is told. */
export interface TailSamplingGatewayProps extends GatewayProps, TailSamplingOptions {}

const DEFAULT_MEMORY_MIB = 1024;
const DEFAULT_WAIT = Duration.seconds(30);
const LEAST_TRACES = 50_000;
/** Metrics and logs come by connection, and would never meet a new pod. */
const MAX_CONNECTION_AGE = Duration.minutes(5);

/**
 * A pool of collectors that keeps whole traces or none of them. Tiers that forward to it send all
 * spans of a trace to the same pod; metrics and logs pass through.
 *
 * It is a StatefulSet: pods are replaced one at a time and without a surge, so that the pool, which
 * decides about each trace's pod, changes as little as it can during a roll-out; pods keep names,
 * by which they can know each other; and a volume can belong to each. The kind of a workload cannot
 * be changed later without taking all of it away.
 */
export class TailSamplingGateway extends CollectorTier implements ITelemetryTarget {
  /** Stamps the pods out. */
  public readonly statefulSet: k8s.KubeStatefulSet;
  /** Changes their number, when that is not fixed. */
  public readonly autoscaler?: k8s.KubeHorizontalPodAutoscalerV2;
  /** Says who reaches the port on which pods call each other, when it was asked for. */
  public readonly peersNetworkPolicy?: k8s.KubeNetworkPolicy;
  /** Has the addresses of all pods, ready or not, when pods find each other by DNS. */
  public readonly peersService?: k8s.KubeService;
  /** Keeps those who empty nodes from taking all of them; none for a single pod. */
  public readonly disruptionBudget?: k8s.KubePodDisruptionBudget;
  private readonly discovery: Discovery;

  public constructor(scope: Construct, id: string, props: TailSamplingGatewayProps) {
    const right = rightProps(props, SAMPLER_KINDS, '', { isWhole: true });
    const { scaling = Scaling.fixed(2), decisionWait = DEFAULT_WAIT, availability } = right.props;
    super(scope, id, right.props, {
      component: 'sampler',
      memoryMib: DEFAULT_MEMORY_MIB,
      cpuMillis: 500,
      workload: 'StatefulSet',
      scaling,
      tracesPerSecond: right.props.expectedTracesPerSecond,
      isHeadless: true,
      wantsPool: wantsPool(right.props, scaling),
      maxConnectionAge: MAX_CONNECTION_AGE,
      parts: (facts) => [
        tailSampling(right.props, decisionWait, scaling),
        ...right.props.journal === undefined ? [] : [journalPart(right.props.journal._storage)],
        ...poolParts(right.props, scaling, {
          facts,
          pods: podsOf(right.props.discovery, facts, {
            port: right.props.grpcPort, isDual: isDualStack(right.props.service),
          }),
          isDns: right.props.discovery === Discovery.DNS,
        }),
      ],
      problems: [
        ...right.problems,
        ...policyProblems(right.props), ...protocolProblems(right.props),
        ...poolProblems(right.props, scaling), ...right.props.journal?._problems ?? [],
        ...scalingProblems(scaling), availabilityProblem(scaling, availability) ?? [],
      ].flat(),
      wrong: right.wrong,
    });
    this.discovery = right.props.discovery ?? Discovery.KUBERNETES_API;
    const { peers } = this._ports;
    const { peersNetworkPolicy } = right.props;
    if (peers !== undefined && peersNetworkPolicy !== undefined) {
      this.peersNetworkPolicy = peersPolicy(
        this, 'peers-policy', this._tier, peers, peersNetworkPolicy);
    }
    if (peers !== undefined && this.discovery === Discovery.DNS) {
      this.peersService = peersService(this, 'peers-service', this._tier, peers);
    }
    this.statefulSet = new k8s.KubeStatefulSet(this, 'stateful-set', {
      metadata: this._metadata,
      spec: {
        serviceName: headlessName(this._tier),
        // The next one goes when all senders know this one.
        ...this._workload.statefulSetRollout(settleSeconds(this.signals, this.discovery)),
        ...scaling.autoscaling === undefined ? { replicas: scaling.min } : {},
        selector: this._selector,
        template: this._workload.template,
      },
    });
    if (this._sleepsBeforeStop) sleepBeforeStop(this.statefulSet);
    this.node.defaultChild = this.statefulSet;
    this.autoscaler = autoscaler(
      this, 'autoscaler', this._tier, 'StatefulSet', scaling, this._held);
    this.disruptionBudget = disruptionBudget(
      this, 'disruption-budget', this._tier, scaling, availability);
  }

  /** Its name. */
  public get targetName(): string {
    return this.name;
  }

  /** Traces by trace id, so that a pod sees all of a trace; everything else by connection. */
  public routeFor(signal: Signal): TelemetryRoute {
    const { grpc: port, isDualStack: isDual } = this._ports;
    const host = serviceHost(headlessName(this._tier), this._tier.namespace);
    const pods = podsOf(this.discovery, this._tier, { port, isDual });
    return this._security.route(signal === Signal.TRACES
      ? { resolver: pods } : { endpoint: `dns:///${host}:${port}`, pods });
  }
}

/** Traces alone are routed by what the Kubernetes API says; the rest finds pods through DNS. */
function settleSeconds(signals: readonly Signal[], discovery: Discovery): number {
  const onlyAsksApi = discovery === Discovery.KUBERNETES_API
    && signals.every((signal) => signal === Signal.TRACES);
  return onlyAsksApi ? API_LAG_SECONDS : DNS_LAG_SECONDS;
}

function podsOf(
  discovery: Discovery | undefined, { name, namespace }: Pick<TierIdentity, 'name' | 'namespace'>,
  { port, isDual }: { readonly port?: number; readonly isDual?: boolean },
): Resolver {
  return discovery === Discovery.DNS
    ? Resolver.dns(serviceHost(headlessName({ name }), namespace), { port })
    : Resolver.kubernetes({ name: podsServiceName({ name }, isDual), namespace, port });
}

function tailSampling(
  options: TailSamplingGatewayProps, decisionWait: Duration, scaling: Scaling,
): TierPart {
  // Without a list of policies synthesis fails; everything else about the tier is told with it.
  const { policies = [SamplingPolicy.alwaysSample('all')], expectedTracesPerSecond } = options;
  const perPod = Math.ceil((expectedTracesPerSecond ?? 0) / Math.max(1, scaling.min));
  const waitSeconds = decisionWait.toMilliseconds() / 1000;
  const numTraces = options.numTraces
    ?? Math.max(LEAST_TRACES, Math.ceil(perPod * waitSeconds * 2));
  const config: TailSamplingProcessorConfig = {
    decisionWait,
    numTraces,
    expectedNewTracesPerSec: expectedTracesPerSecond === undefined ? undefined : perPod,
    // Spans that come late follow what was decided about their trace.
    decisionCache: { sampledCacheSize: numTraces * 2, nonSampledCacheSize: numTraces * 2 },
    ...sizesAndWaits(options),
    policies: policies.map((policy) => policy._toConfig()),
  };
  const peers = wantsPool(options, scaling) ? 'trace_peers' : undefined;
  return {
    processors: [{
      contract: tailSamplingProcessor,
      place: Place.SAMPLE,
      signals: [Signal.TRACES],
      write: (at, version) => tailSamplingProcessor.write(
        { ...config, peers: version === undefined ? peers : undefined }, at),
    }],
  };
}

function sizesAndWaits(options: TailSamplingOptions): Partial<TailSamplingProcessorConfig> {
  return {
    decisionWaitAfterRootReceived: options.decisionWaitAfterRootReceived,
    decisionQuietPeriod: options.decisionQuietPeriod,
    blockOnOverflow: options.blockOnOverflow,
    maximumTraceSizeBytes: bytesOf(options.maximumTraceSize),
    maxBytes: bytesOf(options.maxHeldMemory),
    stressRelief: options.stressRelief,
    journal: options.journal?._toConfig(),
  };
}

function bytesOf(size?: Size): number | undefined {
  return size === undefined ? undefined : size.toMebibytes() * 1024 * 1024;
}

function protocolProblems({ protocols }: GatewayProps): string[] {
  return protocols === undefined || protocols.includes(Protocol.GRPC) ? [] : [
    'protocols: must hold grpc, by which traces are routed to the pod that has the rest of them,'
    + ` got ${protocols.join(' and ')}.\n→ add Protocol.GRPC, or leave \`protocols\` out.`,
  ];
}

function policyProblems({ policies = [] }: TailSamplingOptions): string[] {
  return policies.flatMap((policy, index) =>
    policy._problems.map((problem) => `policies[${index}].${problem}`));
}
