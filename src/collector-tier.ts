import { Chart, type Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { contracts } from './config';
import { isRecord } from './config/yaml-documents';
import type { CollectorImage } from './distribution/collector-image';
import type { PartFacts, TierPart } from './features/part';
import { tailSamplers, traceGatherers } from './graph/checks/pipelines';
import { drainBudget, type HeldTraces } from './graph/drain-budget';
import { memoryBudget } from './graph/memory-budget';
import { needsToken, permissionsFor } from './graph/permissions';
import { Protocol } from './graph/protocol';
import type { SecretReference } from './graph/secret-reference';
import { Signal } from './graph/signal';
import { allTiers, registerTier, valueAt, type TierFacts } from './graph/tier-facts';
import { heldTraces, peersPort } from './graph/trace-pool';
import { chooseImage } from './image-choice';
import { prometheusRule, serviceMonitor } from './monitoring/prometheus-objects';
import { sameObjectProblems } from './same-objects';
import { TierSecurity } from './security/tier-security';
import { tierProblems, tierWarnings, type CheckedTier } from './tier-checks';
import { tierConfig, type TierConfig } from './tier-config';
import { allOf, partsOf } from './tier-parts';
import type { CollectorTierProps } from './tier-props';
import { queueProblems, queueStorages } from './tier-queues';
import { warn } from './warnings';
import { scaleInOf } from './workload/autoscaler';
import { CONFIG_FILE, POD_FIELDS } from './workload/collector-pod';
import { headlessName, isDualStack } from './workload/collector-services';
import { egressPolicy, egressProblems } from './workload/egress-policy';
import type { HostPorts } from './workload/host-ports';
import { labelValue, objectLabels, selectorLabels, type TierIdentity } from './workload/labels';
import { PermissionObjects } from './workload/permission-objects';
import { STANDARD_PORTS, type PodPorts } from './workload/ports';
import { queuePart, storageProblems } from './workload/queue-storage';
import type { Scaling } from './workload/scaling';
import { TierWorkload } from './workload/tier-workload';

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
  /** What stamps its pods out. */
  readonly workload: 'DaemonSet' | 'Deployment' | 'StatefulSet';
  /** How many pods there are; absent with one on every node. */
  readonly scaling?: Scaling;
  /** New traces per second over all pods, when that was given. */
  readonly tracesPerSecond?: number;
  /** Whether senders need one address per pod. */
  readonly isHeadless: boolean;
  /** Whether its pods are to be one sampler, if the image can do that. */
  readonly wantsPool?: boolean;
  /** Ports of the node that lead to its pods. */
  readonly hostPorts?: HostPorts;
  /** What this kind of tier adds to all others. */
  readonly parts?: (facts: PartFacts) => TierPart[];
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
  /** Address for OTLP over gRPC inside the cluster, as `http://host:port`; with TLS `https`. */
  public readonly grpcEndpoint: string;
  /** Address for OTLP over HTTP inside the cluster, as `http://host:port`; with TLS `https`. */
  public readonly httpEndpoint: string;
  /** The configuration, as it stands in the ConfigMap. */
  public readonly collectorConfig: string;
  /** Who the pods are when they ask the Kubernetes API; absent when somebody else made it. */
  public readonly serviceAccount?: k8s.KubeServiceAccount;
  /** What the pods may ask for everywhere, if there is something. */
  public readonly clusterRole?: k8s.KubeClusterRole;
  /** What they may ask for in one namespace each; every rule's reason is in an annotation. */
  public readonly roles: k8s.KubeRole[];
  /** Holds the configuration. */
  public readonly configMap: k8s.KubeConfigMap;
  /** The one address of the tier. */
  public readonly service: k8s.KubeService;
  /** One address per pod, for senders that spread by themselves. */
  public readonly headlessService?: k8s.KubeService;
  /** Says whom the pods may reach, when it was asked for. */
  public readonly egressPolicy?: k8s.KubeNetworkPolicy;

  /** @internal */
  public readonly _tier: TierIdentity;
  /** @internal */
  public readonly _ports: PodPorts;
  /** @internal */
  public readonly _workload: TierWorkload;
  /** @internal */
  public readonly _security: TierSecurity;
  private readonly image: CollectorImage;
  private readonly config: TierConfig;
  private readonly parts: readonly TierPart[];

  public constructor(scope: Construct, id: string, props: CollectorTierProps, plan: TierPlan) {
    super(scope, id);
    const chart = Chart.of(this);
    this.name = props.name ?? id;
    this.signals = props.signals ?? reachable(props);
    this._tier = {
      name: this.name,
      component: plan.component,
      partOf: labelValue(chart.node.id),
      namespace: chart.namespace,
    };
    const wantsPool = plan.wantsPool === true && props.image?.isRuntime !== false;
    const secured = { ...props, wantsPool, isPool: () => this._ports.peers !== undefined };
    this._security = new TierSecurity(this, this._tier, plan.isHeadless, this.signals, secured);
    const facts: PartFacts = {
      name: this.name,
      component: plan.component,
      signals: this.signals,
      maxPods: plan.scaling?.max ?? Infinity,
      namespace: chart.namespace,
      poolTls: this._security.peers(),
    };
    this.parts = [
      ...plan.parts?.(facts) ?? [], ...partsOf(props, facts), this._security.part,
      queuePart(queueStorages(props), plan.workload, facts), queueProblems(props),
    ];
    const isEncrypted = this._security.certificate !== undefined;
    this._ports = { ...portsOf(props, this.parts), isEncrypted };
    this.grpcEndpoint = this._security.url(this._ports.grpc ?? 0);
    this.httpEndpoint = this._security.url(this._ports.http ?? 0);
    const { image, config } = chooseImage(
      props.image, (candidate) => this.write(props, plan, candidate));
    this.image = image;
    this.config = config;
    this._ports = { ...this._ports, peers: peersPort(config.data) };
    this.collectorConfig = this.config.text;

    const { _tier: tier } = this;
    const metadata = { name: tier.name, namespace: tier.namespace, labels: objectLabels(tier) };
    this._workload = new TierWorkload(this, tier, plan, props);
    this.serviceAccount = this._workload.account.object;
    const { clusterRole, roles, isAsking } = this.grantLookups();
    this.clusterRole = clusterRole;
    this.roles = roles;
    this.configMap = new k8s.KubeConfigMap(this, 'config', {
      metadata: { ...metadata, name: `${tier.name}-config` },
      data: { [CONFIG_FILE]: this.collectorConfig },
    });
    const { service, headlessService } = this._workload.services(this._ports);
    this.service = service;
    this.headlessService = headlessService;
    this.writePods(props, plan, isAsking);
    this.watch(props, plan);
    const known = this.check(props, plan);
    this.egressPolicy = egressPolicy(
      this, 'egress-policy', tier, props.egress, { facts: known, app: allTiers(this), isAsking });
  }

  private write(
    props: CollectorTierProps, plan: TierPlan, image: CollectorImage,
  ): TierConfig {
    return tierConfig({
      image,
      signals: this.signals.filter((signal) => reachable(props).includes(signal)),
      ports: this._ports,
      memory: memoryOf(props, plan, image),
      forwardTo: props.forwardTo,
      routing: props.routing,
      exportTo: props.exportTo ?? [],
      retry: props.retry,
      queue: props.queue,
      parts: this.parts,
      security: this._security,
      batch: props.batch,
      maxConnectionAge: plan.maxConnectionAge,
      overrides: props.config,
      variables: [
        ...Object.keys(POD_FIELDS), ...this.secrets(props).keys(),
        ...[...allOf(this.parts, 'env'), ...props.pod?.envVars ?? []].map(({ name }) => name),
      ],
      plainEnv: plainEnv(props),
    });
  }

  /** Lets the pods ask for what their configuration looks up, and for nothing else. */
  private grantLookups() {
    const { data } = this.config;
    const permissions = permissionsFor(data, {
      namespace: this._tier.namespace, collectorMinor: this.image._minor,
    });
    const { clusterRole, roles } = new PermissionObjects(
      this, this._tier, permissions, this._workload.account.name);
    return { clusterRole, roles: [...roles], isAsking: needsToken(permissions, data) };
  }

  private writePods(props: CollectorTierProps, plan: TierPlan, isAsking: boolean): void {
    this._workload.pods({
      image: this.image,
      configMapName: this.configMap.name,
      configData: this.config.data,
      needsToken: isAsking,
      ports: this._ports,
      memory: memoryOf(props, plan, this.image),
      cpuMillis: props.cpuMillis ?? plan.cpuMillis,
      secrets: this.secrets(props),
      parts: this.parts,
      graceSeconds: props.terminationGracePeriod?.toSeconds()
        ?? drainBudget(this._held).totalSeconds,
      leaveSeconds: this._held.leaveSeconds,
      holdsTraces: this._held.waitSeconds > 0,
    }, queueStorages(props));
  }

  private watch(props: CollectorTierProps, plan: TierPlan): void {
    const { monitoring } = props;
    if (monitoring === undefined) return;
    serviceMonitor(this, 'service-monitor', this._tier, this._ports, monitoring);
    prometheusRule(this, 'rules', {
      tier: this._tier,
      signals: this.signals,
      components: componentTypes(this.config),
      gathersInQueues: this.signals.filter((signal) => !isGathered(this.config, signal)),
      memoryMib: memoryOf(props, plan, this.image).containerMib,
      scaling: plan.scaling,
      keepsJournal: tailSamplers(this.config.data)
        .some(({ config }) => isRecord(valueAt(config, 'journal'))),
    }, monitoring);
  }

  private check(props: CollectorTierProps, plan: TierPlan): TierFacts {
    const { min = Infinity, max = Infinity } = plan.scaling ?? {};
    const facts: TierFacts = {
      path: this.node.path,
      chart: Chart.of(this).node.path,
      name: this.name,
      headlessName: this.headlessService && headlessName(this._tier),
      namespace: this._tier.namespace,
      ports: this._ports,
      signals: this.signals,
      needsWholeTraces: traceGatherers(this.config.data).length > 0 && max > 1,
      data: this.config.data,
      image: this.image,
      workload: plan.workload,
      minPods: min,
      maxPods: max,
      memory: memoryOf(props, plan, this.image),
      scaleIn: plan.scaling && scaleInOf(plan.scaling, this._held),
      ...this._held,
      wantsPool: plan.wantsPool === true,
      graceSeconds: props.terminationGracePeriod?.toSeconds(),
      tracesPerSecond: plan.tracesPerSecond,
      nodeLabels: props.placement?.nodeLabels,
      plainEnv: plainEnv(props),
      certificate: this._security.certificate,
      ...this._workload.facts,
    };
    registerTier(this, facts);
    this.node.addValidation({
      validate: () => {
        const checked = this.checked(facts, props, plan);
        const problems = tierProblems(checked);
        if (problems.length === 0) warn(this, tierWarnings(checked));
        return problems.map((sentence) => sentence.replace(/\n/g, '\n    '));
      },
    });
    return facts;
  }

  private checked(facts: TierFacts, props: CollectorTierProps, plan: TierPlan): CheckedTier {
    return {
      facts,
      tiers: allTiers(this),
      config: this.config,
      reachable: reachable(props),
      forwardTo: props.forwardTo,
      exportTo: props.exportTo ?? [],
      variables: this.variables(props),
      taken: allOf(this.parts, 'env').map(({ name }) => name),
      problems: [
        ...plan.problems, ...ownProblems(props), ...allOf(this.parts, 'problems'),
        ...this._workload.problems, ...storageProblems(this.config.data),
        ...unwatchedProblems(props, plan), ...sameObjectProblems(this, facts),
        ...egressProblems(props.egress, { facts, app: allTiers(this) }),
      ],
      wrong: plan.wrong,
    };
  }

  /** Values of Secrets by variable, one after the other as they were asked for. */
  private variables({ exportTo = [], secrets = {} }: CollectorTierProps) {
    return [
      ...this._security.secrets, ...exportTo.flatMap(({ _secrets }) => _secrets),
      ...Object.entries(secrets),
    ];
  }

  private secrets(props: CollectorTierProps): Map<string, SecretReference> {
    return new Map(this.variables(props));
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

  /**
   * How long traces are held and leaving a pool takes, after overrides.
   * @internal
   */
  public get _held(): HeldTraces {
    return heldTraces(this.config.data);
  }

  /** @internal */
  public get _sleepsBeforeStop(): boolean {
    return !this.image.isRuntime;
  }
}

/** What is wrong with things that the props are made of, each by itself. */
function ownProblems(props: CollectorTierProps): string[] {
  const { image, placement, exportTo = [], forwardTo, monitoring, retry, routing } = props;
  const target = forwardTo as { readonly _problems?: readonly string[] } | undefined;
  return [
    ...[image, placement, monitoring, retry, routing, target]
      .flatMap((part) => part?._problems ?? []),
    ...exportTo.flatMap(({ _problems }) => _problems),
  ];
}

/** Rates are made by Prometheus, so that somebody must ask for the counters. */
function unwatchedProblems({ monitoring }: CollectorTierProps, { scaling }: TierPlan): string[] {
  const rate = scaling?._signals.find(({ _metric }) => _metric.rateOf !== undefined);
  return rate === undefined || monitoring !== undefined ? [] : [
    `scaling: ${rate._metric.name} is made by Prometheus, but nobody watches this tier.`
    + '\n→ give `monitoring` Monitoring.prometheusOperator(), or scale by ScalingSignal.cpu(70).',
  ];
}

/** Signals that there is somewhere to send to. */
function reachable({ forwardTo, exportTo = [] }: CollectorTierProps): Signal[] {
  return Object.values(Signal).filter((signal) =>
    forwardTo?.signals.includes(signal) === true
    || exportTo.some(({ signals }) => signals.includes(signal)));
}

function memoryOf({ memory }: CollectorTierProps, plan: TierPlan, image: CollectorImage) {
  return memoryBudget(memory?.toMebibytes() ?? plan.memoryMib, image.isRuntime);
}

function portsOf(props: CollectorTierProps, parts: readonly TierPart[]): PodPorts {
  const { protocols = Object.values(Protocol), grpcPort, httpPort } = props;
  const { grpc, http, ...own } = { ...STANDARD_PORTS, isDualStack: isDualStack(props.service) };
  return {
    ...own,
    grpc: protocols.includes(Protocol.GRPC) ? grpcPort ?? grpc : undefined,
    http: protocols.includes(Protocol.HTTP) ? httpPort ?? http : undefined,
    others: allOf(parts, 'ports'),
  };
}

/** Variables whose values stand in the manifest. */
function plainEnv({ pod = {} }: CollectorTierProps): Record<string, string> {
  const given = (pod.envVars ?? []).flatMap(({ name, value }) =>
    value === undefined ? [] : [[name, value] as const]);
  return { ...Object.fromEntries(given), ...pod.env };
}

/** Types of the components that the alerts of a tier are about. */
function componentTypes({ data }: TierConfig): string[] {
  return [data.processors, data.exporters, data.extensions]
    .flatMap((section) => Object.keys((section ?? {}) as object))
    .map((id) => id.split('/')[0])
    .map((type) => contracts.find(({ aliases }) => aliases.includes(type))?.type ?? type);
}

/** Whether the batch processor is in the pipeline of a signal, after overrides. */
function isGathered({ data }: TierConfig, signal: Signal): boolean {
  const processors = valueAt(data, 'service', 'pipelines', signal, 'processors');
  return Array.isArray(processors) && processors.some((id) => /^batch(\/|$)/.test(String(id)));
}
