import { Chart, type Duration, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Backend } from './backend';
import type { CollectorConfigOverrides } from './collector-config-overrides';
import { contracts, parseGoDuration, type TailSamplingProcessorConfig } from './config';
import { CollectorImage } from './distribution/collector-image';
import { serviceHost } from './graph/cluster-name';
import { watchedServices } from './graph/destinations';
import { drainBudget } from './graph/drain-budget';
import { memoryBudget } from './graph/memory-budget';
import { Signal } from './graph/signal';
import type { ITelemetryTarget } from './graph/telemetry-target';
import { allTiers, registerTier, valueAt } from './graph/tier-facts';
import type { Monitoring } from './monitoring/monitoring';
import { prometheusRule, serviceMonitor } from './monitoring/prometheus-objects';
import type { Retry } from './retry';
import type { SendingQueue } from './sending-queue';
import { tierProblems } from './tier-checks';
import { tierConfig, type TierConfig } from './tier-config';
import { CONFIG_FILE, POD_FIELDS, podTemplate } from './workload/collector-pod';
import { clusterService, headlessName, headlessService } from './workload/collector-services';
import { EndpointSliceReader } from './workload/endpoint-slice-reader';
import { objectLabels, selectorLabels, type TierIdentity } from './workload/labels';
import type { Placement } from './workload/placement';
import { STANDARD_PORTS, type PodPorts } from './workload/ports';
import type { SecretReference } from './workload/secret-reference';

/** What all tiers of collectors have in common. */
export interface CollectorTierProps {
  /**
   * Name of the workload and of the Service; all other names begin with it. At most 52 lower-case
   * letters, digits and `-`.
   * @default - the id of the construct
   */
  readonly name?: string;
  /**
   * Where telemetry is sent to: another tier, or `TelemetryTarget.external(…)`. Addresses, routing
   * and permissions follow from it.
   * @default - telemetry leaves through `exportTo`
   */
  readonly forwardTo?: ITelemetryTarget;
  /**
   * Where telemetry leaves the cluster of collectors; each backend has a name of its own. May
   * stand beside `forwardTo`: telemetry then goes to both.
   * @default - telemetry goes to `forwardTo`
   */
  readonly exportTo?: Backend[];
  /**
   * Signals that are taken in; one at least, each once. All of them need somewhere to go.
   * @default - all that there is somewhere to send to
   */
  readonly signals?: Signal[];
  /**
   * The collector.
   * @default CollectorImage.runtime()
   */
  readonly image?: CollectorImage;
  /**
   * Memory of each pod, requested and at most: whole mebibytes, 128 of them at least. Limits of
   * the process follow from it.
   * @default - 256 MiB for agents, 512 MiB for gateways, 1 GiB for samplers
   */
  readonly memory?: Size;
  /**
   * CPU that each pod asks for, in thousandths of a core: a whole number from 1 on. There is no
   * limit, for throttling would make telemetry late when there is most of it.
   * @default - 100 for agents, 500 for gateways and samplers
   */
  readonly cpuMillis?: number;
  /**
   * Nodes that the pods stand on.
   * @default - any Linux node
   */
  readonly placement?: Placement;
  /**
   * What becomes of requests that `forwardTo` did not take.
   * @default Retry.upTo(Duration.minutes(5))
   */
  readonly retry?: Retry;
  /**
   * Where requests to `forwardTo` wait.
   * @default SendingQueue.inMemory()
   */
  readonly queue?: SendingQueue;
  /**
   * Port for OTLP over gRPC, of the Service and of the pods: from 1024 to 65535, other than 8888
   * and 13133.
   * @default 4317
   */
  readonly grpcPort?: number;
  /**
   * Port for OTLP over HTTP, of the Service and of the pods: from 1024 to 65535, other than 8888
   * and 13133.
   * @default 4318
   */
  readonly httpPort?: number;
  /**
   * Who watches the collectors.
   * @default - nobody; metrics are served nevertheless
   */
  readonly monitoring?: Monitoring;
  /**
   * Time that a pod gets to pass on what it holds before it is killed, in whole seconds. Less than
   * draining takes is refused.
   * @default - what draining takes: endpoint removal, decision wait, flush and a margin
   */
  readonly terminationGracePeriod?: Duration;
  /**
   * Raw configuration that is merged over what is written.
   * @default - nothing
   */
  readonly config?: CollectorConfigOverrides;
  /**
   * Values of Secrets by the environment variable (letters, digits and `_`) under which `config`
   * refers to them, as `${env:NAME}`.
   * @default - none
   */
  readonly secrets?: Record<string, SecretReference>;
}

/**
 * What one kind of tier knows of itself.
 * @internal
 */
export interface TierPlan {
  /** Its part in the whole. */
  readonly component: 'agent' | 'gateway' | 'sampler';
  /** Memory of a pod unless told otherwise. */
  readonly memoryMib: number;
  /** CPU of a pod unless told otherwise. */
  readonly cpuMillis: number;
  /** Greatest number of pods. */
  readonly maxPods: number;
  /** Whether senders need one address per pod. */
  readonly isHeadless: boolean;
  /** What the tail sampler is told. */
  readonly tailSampling?: TailSamplingProcessorConfig;
  /** Age at which senders are asked to connect anew. */
  readonly maxConnectionAge?: Duration;
  /** What else is wrong with its props. */
  readonly problems: readonly string[];
  /** Names of props that were left out because of what they are. */
  readonly wrong: readonly string[];
}

/**
 * Everything about a tier but the workload that stamps its pods out.
 * @internal
 */
export class CollectorTier extends Construct {
  /** Name of the workload and of the Service. */
  public readonly name: string;
  /** Signals that are taken in. */
  public readonly signals: Signal[];
  /** Address for OTLP over gRPC inside the cluster, as `http://host:port`. */
  public readonly grpcEndpoint: string;
  /** Address for OTLP over HTTP inside the cluster, as `http://host:port`. */
  public readonly httpEndpoint: string;
  /** The configuration, as it stands in the ConfigMap. */
  public readonly collectorConfig: string;
  /** Who the pods are when they ask the Kubernetes API for something. */
  public readonly serviceAccount: k8s.KubeServiceAccount;
  /** Holds the configuration. */
  public readonly configMap: k8s.KubeConfigMap;
  /** The one address of the tier. */
  public readonly service: k8s.KubeService;
  /** One address per pod, for senders that spread by themselves. */
  public readonly headlessService?: k8s.KubeService;

  /** @internal */
  public readonly _tier: TierIdentity;
  /** @internal */
  public readonly _ports: PodPorts;
  /** @internal */
  public readonly _template: k8s.PodTemplateSpec;
  private readonly image: CollectorImage;
  private readonly config: TierConfig;

  public constructor(scope: Construct, id: string, props: CollectorTierProps, plan: TierPlan) {
    super(scope, id);
    const chart = Chart.of(this);
    this.name = props.name ?? id;
    this.image = props.image ?? CollectorImage.runtime();
    this.signals = props.signals ?? reachable(props);
    this._ports = {
      ...STANDARD_PORTS,
      grpc: props.grpcPort ?? STANDARD_PORTS.grpc,
      http: props.httpPort ?? STANDARD_PORTS.http,
    };
    this._tier = {
      name: this.name,
      component: plan.component,
      partOf: chart.node.id.replace(/[^A-Za-z0-9.-]+/g, '-'),
      namespace: chart.namespace,
    };
    const host = serviceHost(this.name, chart.namespace);
    this.grpcEndpoint = `http://${host}:${this._ports.grpc}`;
    this.httpEndpoint = `http://${host}:${this._ports.http}`;
    this.config = this.write(props, plan);
    this.collectorConfig = this.config.text;

    const { _tier: tier } = this;
    const metadata = { name: tier.name, namespace: tier.namespace, labels: objectLabels(tier) };
    this.serviceAccount = new k8s.KubeServiceAccount(this, 'service-account', {
      metadata, automountServiceAccountToken: false,
    });
    const watched = this.grantLookups();
    this.configMap = new k8s.KubeConfigMap(this, 'config', {
      metadata: { ...metadata, name: `${tier.name}-config` },
      data: { [CONFIG_FILE]: this.config.text },
    });
    this.service = clusterService(
      this, 'service', tier, this._ports, plan.component === 'agent');
    if (plan.isHeadless) {
      this.headlessService = headlessService(this, 'headless-service', tier, this._ports);
    }
    this._template = this.template(props, plan, watched);
    this.watch(props.monitoring);
    this.check(props, plan);
  }

  private write(props: CollectorTierProps, plan: TierPlan): TierConfig {
    return tierConfig({
      image: this.image,
      signals: this.signals.filter((signal) => reachable(props).includes(signal)),
      ports: this._ports,
      memory: this.memory(props, plan),
      forwardTo: props.forwardTo,
      exportTo: props.exportTo ?? [],
      retry: props.retry,
      queue: props.queue,
      tailSampling: plan.tailSampling,
      maxConnectionAge: plan.maxConnectionAge,
      overrides: props.config,
      variables: [...Object.keys(POD_FIELDS), ...secretsOf(props).keys()],
    });
  }

  private memory({ memory }: CollectorTierProps, plan: TierPlan) {
    const mib = memory?.toMebibytes() ?? plan.memoryMib;
    return memoryBudget(mib, this.image.isRuntime);
  }

  /** Lets the pods ask for what their configuration looks up; whether there is something. */
  private grantLookups(): boolean {
    const services = new Map(watchedServices(this.config.data).map((service) =>
      [[service.name, service.namespace ?? []].flat().join('.'), service]));
    for (const [host, service] of services) {
      new EndpointSliceReader(
        this, `finds-${host}`, this._tier, service, this.image._readsEndpoints);
    }
    return services.size > 0;
  }

  private template(
    props: CollectorTierProps, plan: TierPlan, needsToken: boolean,
  ): k8s.PodTemplateSpec {
    return podTemplate({
      tier: this._tier,
      image: this.image,
      configMapName: this.configMap.name,
      configData: this.config.data,
      serviceAccountName: this.serviceAccount.name,
      needsToken,
      ports: this._ports,
      memory: this.memory(props, plan),
      cpuMillis: props.cpuMillis ?? plan.cpuMillis,
      secrets: secretsOf(props),
      placement: props.placement,
      graceSeconds: props.terminationGracePeriod?.toSeconds()
        ?? drainBudget(decisionWaitSeconds(this.config)).totalSeconds,
      onEveryNode: plan.component === 'agent',
    });
  }

  private watch(monitoring: Monitoring | undefined): void {
    if (monitoring === undefined) return;
    serviceMonitor(this, 'service-monitor', this._tier, monitoring);
    prometheusRule(
      this, 'rules', {
        tier: this._tier, signals: this.signals, components: componentTypes(this.config),
      }, monitoring);
  }

  private check(props: CollectorTierProps, plan: TierPlan): void {
    const facts = {
      path: this.node.path,
      chart: Chart.of(this).node.path,
      name: this.name,
      headlessName: this.headlessService && headlessName(this._tier),
      namespace: this._tier.namespace,
      ports: this._ports,
      signals: this.signals,
      needsWholeTraces: plan.tailSampling !== undefined && plan.maxPods > 1,
      data: this.config.data,
    };
    registerTier(this, facts);
    this.node.addValidation({
      validate: () => tierProblems({
        facts,
        tiers: allTiers(this),
        config: this.config,
        image: this.image,
        ports: this._ports,
        memoryMib: this.memory(props, plan).containerMib,
        reachable: reachable(props),
        forwardTo: props.forwardTo,
        exportTo: props.exportTo ?? [],
        waitSeconds: decisionWaitSeconds(this.config),
        graceSeconds: props.terminationGracePeriod?.toSeconds(),
        variables: variablesOf(props),
        problems: [...plan.problems, ...ownProblems(props)],
        wrong: plan.wrong,
      }).map((sentence) => sentence.replace(/\n/g, '\n    ')),
    });
  }

  /** @internal */
  public get _selector(): k8s.LabelSelector {
    return { matchLabels: selectorLabels(this._tier) };
  }

  /** @internal */
  public get _metadata(): k8s.ObjectMeta {
    const { name, namespace } = this._tier;
    return { name, namespace, labels: objectLabels(this._tier) };
  }

  /** @internal */
  public get _sleepsBeforeStop(): boolean {
    return !this.image.isRuntime;
  }
}

/** What is wrong with things that the props are made of, each by itself. */
function ownProblems({ image, placement, exportTo = [], forwardTo }: CollectorTierProps): string[] {
  const target = forwardTo as { readonly _problems?: readonly string[] } | undefined;
  return [
    ...image?._problems ?? [], ...placement?._problems ?? [], ...target?._problems ?? [],
    ...exportTo.flatMap(({ _problems }) => _problems),
  ];
}

/** Signals that there is somewhere to send to. */
function reachable({ forwardTo, exportTo = [] }: CollectorTierProps): Signal[] {
  return Object.values(Signal).filter((signal) =>
    forwardTo?.signals.includes(signal) === true
    || exportTo.some(({ signals }) => signals.includes(signal)));
}

/** Values of Secrets by variable, one after the other as they were asked for. */
function variablesOf({ exportTo = [], secrets = {} }: CollectorTierProps) {
  return [...exportTo.flatMap(({ _secrets }) => _secrets), ...Object.entries(secrets)];
}

function secretsOf(props: CollectorTierProps): Map<string, SecretReference> {
  return new Map(variablesOf(props));
}

/** How long traces are held, after overrides; 0 when they are not. */
function decisionWaitSeconds({ data }: TierConfig): number {
  const waits = Object.entries(data.processors ?? {})
    .filter(([id]) => id.split('/')[0] === 'tail_sampling')
    .map(([, sampler]) => parseGoDuration(String(valueAt(sampler, 'decision_wait') ?? '30s')));
  return Math.max(0, ...waits.map((ms) => (ms ?? 0) / 1000));
}

/** Types of the components that the alerts of a tier are about. */
function componentTypes({ data }: TierConfig): string[] {
  return [data.processors, data.exporters].flatMap((section) => Object.keys(section ?? {}))
    .map((id) => id.split('/')[0])
    .map((type) => contracts.find(({ aliases }) => aliases.includes(type))?.type ?? type);
}
