/** All workloads of the manifests that can be played, and the commands that change them. */
import type { KubeObject, ObjectMeta, PodSpec, PodTemplate, Workload } from './kubernetes';
import { nameOf, namespaceOf } from './kubernetes';
import type { Manifests } from './manifests';
import { playedContainers } from './played-container';
import type { Pod } from './pod';
import { PodPool, type PoolContext, type PoolPlan } from './pod-pool';

/** Workloads by name. */
export class WorkloadSet {
  /** All that are played. */
  public readonly pools: readonly PodPool[];
  /** Sentences about what is not played, and why. */
  public readonly notPlayed: readonly string[];

  public constructor(manifests: Manifests, context: PoolContext) {
    const plans = [
      ...manifests.statefulSets.map((each) => planOf('StatefulSet', each, manifests)),
      ...manifests.deployments.map((each) => planOf('Deployment', each, manifests)),
      ...manifests.daemonSets.map((each) => planOf('DaemonSet', each, manifests)),
    ];
    const isPlayed = (plan: PoolPlan): boolean => playedContainers(specOf(plan)).length > 0;
    this.pools = plans.filter(isPlayed).map((plan) => new PodPool(plan, context));
    this.notPlayed = plans.filter((plan) => !isPlayed(plan)).map((plan) => {
      const images = specOf(plan).containers.map(({ image }) => image ?? 'no image').join(', ');
      return `${plan.kind} ${plan.name} (${images}: no collector that is started with --config)`;
    });
  }

  /** All pods that are not gone. */
  public get pods(): Pod[] {
    return this.pools.flatMap((pool) => pool.pods);
  }

  /**
   * The pool called `name`.
   *
   * @throws Error that lists the names that there are.
   */
  public pool(name: string): PodPool {
    const found = this.pools.find((pool) => pool.plan.name === name);
    if (found !== undefined) return found;
    const names = this.pools.map((pool) => pool.plan.name).join(', ');
    throw new Error(`workload: must be one of ${names}, got "${name}"`);
  }

  /**
   * The pod called `name`.
   *
   * @throws Error that lists the names that there are.
   */
  public pod(name: string): Pod {
    const found = this.pods.find(({ identity }) => identity.name === name);
    if (found !== undefined) return found;
    const names = this.pods.map((pod) => pod.identity.name).join(', ');
    throw new Error(`pod: must be one of ${names}, got "${name}"`);
  }

  /**
   * Ends the pod called `name`; its pool makes another one.
   *
   * @throws Error that lists the names that there are.
   */
  public deletePod(name: string): void {
    const pod = this.pod(name);
    this.pools.find(({ pods }) => pods.includes(pod))?.deletePod(pod);
  }

  /** Ends all pods, each within `graceMs` if it is given. */
  public async stop(graceMs?: number): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.stop(graceMs)));
  }
}

function specOf(plan: PoolPlan): PodSpec {
  return plan.template.spec ?? { containers: [] };
}

function planOf(
  kind: PoolPlan['kind'], workload: Workload & { readonly metadata?: ObjectMeta },
  manifests: Manifests,
): PoolPlan {
  const name = nameOf(workload);
  const spec: {
    readonly replicas?: number;
    readonly serviceName?: string;
    readonly podManagementPolicy?: string;
    readonly template?: PodTemplate;
  } = workload.spec ?? {};
  return {
    kind,
    name,
    namespace: namespaceOf(workload),
    replicas: spec.replicas ?? minimumOf(workload, manifests) ?? 1,
    template: spec.template ?? {},
    serviceName: spec.serviceName,
    parallel: spec.podManagementPolicy === 'Parallel',
  };
}

/** An autoscaled workload has no `replicas`: its autoscaler's minimum is what it begins with. */
function minimumOf(workload: Partial<KubeObject>, manifests: Manifests): number | undefined {
  const autoscaler = manifests.autoscalers.find((each) => {
    const target = each.spec?.scaleTargetRef;
    return target?.kind === workload.kind && target?.name === workload.metadata?.name
      && namespaceOf(each) === namespaceOf(workload);
  });
  return autoscaler?.spec?.minReplicas;
}
