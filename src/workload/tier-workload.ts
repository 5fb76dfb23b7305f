/** What stands around the configuration of a tier: who its pods are, its Services, its pods. */
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { podTemplate, type CollectorPod } from './collector-pod';
import { clusterService, headlessService } from './collector-services';
import {
  nodePortsOf, receiverPortProblems, sharedNetworkProblems, type HostPorts,
} from './host-ports';
import { objectLabels, type TierIdentity } from './labels';
import { kindProblems, POD_KINDS } from './option-kinds';
import type { Placement } from './placement';
import type { PlatformFacts } from './platform';
import { podProblems } from './pod-checks';
import { writesToNode } from './pod-volumes';
import type { PodPorts } from './ports';
import { claimTemplates, diskRoomProblems, type QueueStorage } from './queue-storage';
import {
  daemonSetRollout, deploymentRollout, rolloutProblems, statefulSetRollout, surges, typedRollout,
  type RolloutOptions,
} from './rollout';
import { tierAccount, type TierAccount } from './service-account';
import { serviceProblems } from './service-options';
import { typedOptions } from './typed-values';
import type { WorkloadOptions } from './workload-options';
import type { TierFacts } from '../graph/tier-facts';

/** What a kind of tier knows of its objects. */
export interface WorkloadPlan {
  /** What stamps its pods out. */
  readonly workload: 'DaemonSet' | 'Deployment' | 'StatefulSet';
  /** Whether senders need one address per pod. */
  readonly isHeadless: boolean;
  /** Ports of the node that lead to its pods. */
  readonly hostPorts?: HostPorts;
}

/** What a tier is told of its objects. */
export interface GivenWorkload extends WorkloadOptions {
  /** Where pods stand. */
  readonly placement?: Placement;
}

/** What is known of the pods elsewhere. */
export type KnownPod = Omit<
  CollectorPod, 'tier' | 'account' | 'hostPorts' | 'placement' | 'options' | 'workload'>;

/** Who the pods of a tier are, its Services, its pods. */
export class TierWorkload {
  /** Who the pods are. */
  public readonly account: TierAccount;
  /** What is wrong with what was given; every sentence says below `→` what to do about it. */
  public readonly problems: string[] = [];
  /** What a workload stamps out. */
  public template: k8s.PodTemplateSpec = {};
  private nodePorts: readonly number[] = [];
  private takesNode = false;
  private rollout: RolloutOptions | undefined;
  private claims: ReturnType<typeof claimTemplates> = {};

  public constructor(
    private readonly scope: Construct, private readonly tier: TierIdentity,
    private readonly plan: WorkloadPlan, private readonly given: GivenWorkload,
  ) {
    const { serviceAccount } = given;
    this.account = tierAccount(scope, 'service-account', tier, serviceAccount);
    this.problems.push(...serviceAccount?._problems ?? []);
  }

  /** Writes the Services. */
  public services(
    ports: PodPorts,
  ): { readonly service: k8s.KubeService; readonly headlessService?: k8s.KubeService } {
    const { scope, tier, plan: { workload, isHeadless }, given } = this;
    const problems = serviceProblems(given.service, ports);
    this.problems.push(...problems);
    const options = problems.length === 0 ? given.service : undefined;
    const isLocal = workload === 'DaemonSet';
    const service = clusterService(scope, 'service', tier, ports, isLocal, options);
    if (!isHeadless) return { service };
    const headless = headlessService(scope, 'headless-service', tier, ports, options);
    return { service, headlessService: headless };
  }

  /** Writes the pods, and what the platform wants of them. */
  public pods(known: KnownPod, storages: readonly QueueStorage[]): void {
    const { tier, account, plan: { workload, hostPorts }, given } = this;
    const kinds = kindProblems('pod', given.pod ?? {}, POD_KINDS);
    const typed = typedOptions(kinds.length === 0 ? given.pod ?? {} : {});
    const asked: CollectorPod = {
      ...known,
      tier,
      account,
      workload,
      placement: given.placement,
      hostPorts: hostPorts?._numbers(known.ports),
      options: typed.options,
    };
    const wrong = [
      ...kinds, ...typed.problems, ...podProblems(asked),
      ...diskRoomProblems(asked), ...hostPorts?._problems(known.ports) ?? [],
      ...receiverPortProblems(known.ports, asked.hostPorts, workload),
    ];
    const template = podTemplate(wrong.length === 0 ? asked : { ...asked, options: {} });
    this.template = { ...template, spec: this.onPlatform(template.spec!, asked) };
    this.nodePorts = nodePortsOf(template.spec!);
    this.takesNode = this.nodePorts.length > 0 || writesToNode(known.parts);
    this.claims = claimTemplates(known.parts, storages);
    const rollout = typedRollout(given.rollout);
    const outOfStep = rolloutProblems(rollout, workload, this.takesNode);
    this.rollout = outOfStep.length === 0 ? rollout : undefined;
    this.problems.push(...wrong, ...sharedNetworkProblems(template.spec!), ...outOfStep);
  }

  private onPlatform(pod: k8s.PodSpec, { parts }: CollectorPod): k8s.PodSpec {
    const { platform } = this.given;
    if (platform === undefined) return pod;
    const facts: PlatformFacts = {
      pod,
      workload: this.plan.workload,
      hasClaims: parts.some(({ claims = [] }) => claims.length > 0),
    };
    this.problems.push(...platform._problems(facts));
    const constraint = platform._constraint(pod);
    if (constraint !== undefined) this.bindConstraint(constraint);
    return platform._adapted(facts);
  }

  /** Lets the pods be what a SecurityContextConstraints of OpenShift allows. */
  private bindConstraint(constraint: string): void {
    const { scope, tier, account } = this;
    const metadata = {
      name: `${tier.name}-uses-scc`, namespace: tier.namespace, labels: objectLabels(tier),
    };
    new k8s.KubeRole(scope, 'constraint-role', {
      metadata,
      rules: [{
        apiGroups: ['security.openshift.io'],
        resources: ['securitycontextconstraints'],
        resourceNames: [constraint],
        verbs: ['use'],
      }],
    });
    new k8s.KubeRoleBinding(scope, 'constraint-role-binding', {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: account.name, namespace: tier.namespace }],
    });
  }

  /** What other tiers and checks know of it. */
  public get facts(): Pick<TierFacts, 'hostPorts' | 'isSurging' | 'account'> {
    const { account: { name, isExisting }, plan: { workload } } = this;
    return {
      hostPorts: this.nodePorts,
      isSurging: workload !== 'StatefulSet' && surges(this.rollout, !this.takesNode),
      account: { name, isExisting },
    };
  }

  /** How a DaemonSet replaces pods. */
  public daemonSetRollout(): ReturnType<typeof daemonSetRollout> {
    return daemonSetRollout(this.rollout, !this.takesNode);
  }

  /** How a Deployment replaces pods. */
  public deploymentRollout(settleSeconds: number): ReturnType<typeof deploymentRollout> {
    return deploymentRollout(this.rollout, !this.takesNode, settleSeconds);
  }

  /** How a StatefulSet replaces pods, and the volumes of each. */
  public statefulSetRollout(
    settleSeconds: number,
  ): ReturnType<typeof statefulSetRollout> & ReturnType<typeof claimTemplates> {
    return { ...statefulSetRollout(this.rollout, settleSeconds), ...this.claims };
  }
}
