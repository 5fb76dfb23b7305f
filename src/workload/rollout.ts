/** How the pods of a tier are replaced. */
import type { Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { kindProblems, ROLLOUT_KINDS } from './option-kinds';
import { heldBy, intOrString } from './typed-values';
import { kindOf } from '../config/prop-kinds';

/** How the pods of a tier are replaced. */
export interface RolloutOptions {
  /**
   * How they are replaced: RollingUpdate (some at a time), OnDelete (DaemonSets and StatefulSets:
   * when somebody deletes the old ones) or Recreate (Deployments: all at once, and until new ones
   * are ready nobody takes telemetry).
   * @default "RollingUpdate"
   */
  readonly strategy?: string;
  /**
   * Pods beside those that there should be, as a number or a percentage. StatefulSets have none.
   * @default - 1 for gateways, 10 % of the nodes for agents; 0 where a pod takes ports or files of
   * its node, which cannot be taken twice
   */
  readonly maxSurge?: k8s.IntOrString;
  /**
   * Pods that may be missing, as a number or a percentage. StatefulSets replace one at a time.
   * @default - 0; where there is no surge 10 % of the nodes for agents, 1 for gateways
   */
  readonly maxUnavailable?: k8s.IntOrString;
  /**
   * Number of the first pod of a StatefulSet that is replaced; those below stay as they are. A
   * whole number from 0 on.
   * @default - all are replaced
   */
  readonly partition?: number;
  /**
   * How pods of a StatefulSet start and are scaled: Parallel, or OrderedReady for one after the
   * other, where one that does not become ready holds up all behind it. It cannot be changed
   * later. Pods are replaced one at a time either way.
   * @default "Parallel"
   */
  readonly podManagementPolicy?: string;
  /**
   * Time that a new pod must be ready before the next one is replaced: whole seconds.
   * @default - gateways wait until senders know a new pod; agents do not wait
   */
  readonly minReady?: Duration;
  /**
   * How many former versions Kubernetes keeps, to go back to: a whole number from 0 on.
   * @default - as Kubernetes does: 10
   */
  readonly revisionHistoryLimit?: number;
}

const ROLLING = 'RollingUpdate';
/** What a kind of workload can do. */
const STRATEGIES: Readonly<Record<string, readonly string[]>> = {
  DaemonSet: [ROLLING, 'OnDelete'],
  Deployment: [ROLLING, 'Recreate'],
  StatefulSet: [ROLLING, 'OnDelete'],
};
const START_ORDERS = ['Parallel', 'OrderedReady'];

type Common = Pick<k8s.DeploymentSpec, 'minReadySeconds' | 'revisionHistoryLimit'>;

const NONE = k8s.IntOrString.fromNumber(0);
const ONE = k8s.IntOrString.fromNumber(1);
const TENTH = k8s.IntOrString.fromString('10%');

function common(
  { minReady, revisionHistoryLimit }: RolloutOptions, settleSeconds?: number,
): Common {
  return {
    minReadySeconds: minReady?.toSeconds() ?? settleSeconds,
    revisionHistoryLimit,
  };
}

/** Numbers and texts as their class says them. */
export function typedRollout(options: RolloutOptions | undefined): RolloutOptions | undefined {
  if (options === undefined) return undefined;
  const { maxSurge, maxUnavailable } = options;
  return {
    ...options, maxSurge: intOrString(maxSurge), maxUnavailable: intOrString(maxUnavailable),
  };
}

/** Surge where it can be: no node and no share of the load is then ever without a pod. */
function steps(
  { maxSurge, maxUnavailable }: RolloutOptions, isSurging: boolean, step: k8s.IntOrString,
): k8s.RollingUpdateDeployment {
  return {
    maxSurge: maxSurge ?? (isSurging ? step : NONE),
    maxUnavailable: maxUnavailable ?? (isSurging ? NONE : step),
  };
}

/** Whether some pods at a time are replaced. */
function isRolling({ strategy = ROLLING }: RolloutOptions): boolean {
  return strategy === ROLLING;
}

/** Whether new pods stand beside old ones. */
export function surges(options: RolloutOptions | undefined, isSurging: boolean): boolean {
  if (!isRolling(options ?? {})) return false;
  return options?.maxSurge === undefined ? isSurging : !isNothing(options.maxSurge);
}

function rolling<Steps>(
  options: RolloutOptions = {}, stepsOf: () => Steps | undefined,
): { readonly type: string; readonly rollingUpdate?: Steps } {
  const rollingUpdate = isRolling(options) ? stepsOf() : undefined;
  const type = options.strategy ?? ROLLING;
  return { type, ...rollingUpdate === undefined ? {} : { rollingUpdate } };
}

/** How a DaemonSet replaces its pods. */
export function daemonSetRollout(
  options: RolloutOptions | undefined, isSurging: boolean,
): Pick<k8s.DaemonSetSpec, 'updateStrategy' | keyof Common> {
  return {
    ...common(options ?? {}),
    updateStrategy: rolling(options, () => steps(options ?? {}, isSurging, TENTH)),
  };
}

/** How a Deployment replaces its pods. `settleSeconds`: until senders know a new one. */
export function deploymentRollout(
  options: RolloutOptions | undefined, isSurging: boolean, settleSeconds: number,
): Pick<k8s.DeploymentSpec, 'strategy' | keyof Common> {
  return {
    ...common(options ?? {}, settleSeconds),
    strategy: rolling(options, () => steps(options ?? {}, isSurging, ONE)),
  };
}

/** How a StatefulSet replaces its pods: one at a time. */
export function statefulSetRollout(
  options: RolloutOptions | undefined, settleSeconds: number,
): Pick<k8s.StatefulSetSpec, 'updateStrategy' | 'podManagementPolicy' | keyof Common> {
  const { partition, podManagementPolicy = 'Parallel' } = options ?? {};
  return {
    // Pods do not wait for each other to start; that they are replaced in turn stays so.
    podManagementPolicy,
    ...common(options ?? {}, settleSeconds),
    updateStrategy: rolling(options, () => partition === undefined ? undefined : { partition }),
  };
}

/** What a roll-out cannot be; nothing where Kubernetes would take it. */
export function rolloutProblems(
  options: RolloutOptions | undefined, workload: string, takesNode: boolean,
): string[] {
  if (options === undefined) return [];
  const kinds = [...kindProblems('rollout', options, ROLLOUT_KINDS), ...shareProblems(options)];
  const values = kinds.length > 0 ? kinds : wordProblems(options, workload);
  return values.length > 0 ? values : stepProblems(options, workload, takesNode);
}

function wordProblems(
  { strategy, podManagementPolicy }: RolloutOptions, workload: string,
): string[] {
  const known = STRATEGIES[workload] ?? [];
  const isOrdered = podManagementPolicy !== undefined;
  return [
    ...strategy === undefined || known.includes(strategy) ? [] : [
      `rollout: strategy must be one of ${known.join(', ')} for a ${workload}, got`
      + ` ${JSON.stringify(strategy)}.\n→ leave \`strategy\` out.`,
    ],
    ...isOrdered && workload !== 'StatefulSet' ? [
      'rollout: must not have a podManagementPolicy, for only pods of a StatefulSet are numbered,'
      + ` got one for a ${workload}.\n→ leave \`podManagementPolicy\` out.`,
    ] : [],
    ...isOrdered && !START_ORDERS.includes(podManagementPolicy) ? [
      `rollout: podManagementPolicy must be one of ${START_ORDERS.join(', ')}, got`
      + ` ${JSON.stringify(podManagementPolicy)}.\n→ leave \`podManagementPolicy\` out.`,
    ] : [],
  ];
}

/** The typed objects would drop what is neither a number nor a percentage. */
function shareProblems({ maxSurge, maxUnavailable }: RolloutOptions): string[] {
  return Object.entries({ maxSurge, maxUnavailable }).filter(([, share]) => {
    const held = heldBy(share);
    const isShare = typeof held === 'number'
      ? Number.isInteger(held) && held >= 0 : /^\d+%$/.test(held ?? '');
    return share !== undefined && !isShare;
  }).map(([name, share]) => `rollout: ${name} must be a whole number from 0 on or a percentage, got`
    + ` ${kindOf(heldBy(share) ?? share)}.`
    + '\n→ give it k8s.IntOrString.fromString(\'10%\'), for example.');
}

function stepProblems(options: RolloutOptions, workload: string, takesNode: boolean): string[] {
  const { maxSurge, maxUnavailable, partition } = options;
  if (!isRolling(options) && (maxSurge ?? maxUnavailable ?? partition) !== undefined) {
    return [`rollout: ${options.strategy} must stand without maxSurge, maxUnavailable and`
      + ' partition, which are steps of a RollingUpdate, got one of them.\n→ leave them out.'];
  }
  if (workload === 'StatefulSet' && (maxSurge ?? maxUnavailable) !== undefined) {
    return ['rollout: must not have maxSurge or maxUnavailable, for a StatefulSet replaces one pod'
      + ' at a time, got them.\n→ leave both out.'];
  }
  if (workload !== 'StatefulSet' && partition !== undefined) {
    return ['rollout: must not have a partition, for only pods of a StatefulSet are numbered, got'
      + ` ${partition} for a ${workload}.\n→ leave \`partition\` out.`];
  }
  const comes = maxSurge !== undefined && !isNothing(maxSurge);
  const goes = maxUnavailable !== undefined && !isNothing(maxUnavailable);
  if (comes && takesNode) {
    return ['rollout: must not surge, for a second pod cannot take the same ports or files of its'
      + ` node, got maxSurge ${String(maxSurge.value)}.\n→ leave \`maxSurge\` out.`];
  }
  if (maxSurge !== undefined && maxUnavailable !== undefined && !comes && !goes) {
    return ['rollout: must let a pod surge or go, got 0 for both.\n→ leave one of `maxSurge` and'
      + ' `maxUnavailable` out.'];
  }
  if (workload === 'DaemonSet' && comes && goes) {
    return ['rollout: must be by surge or by gap, for a DaemonSet cannot do both, got maxSurge'
      + ` ${String(maxSurge.value)} and maxUnavailable ${String(maxUnavailable.value)}.`
      + '\n→ leave one of them out.'];
  }
  return [];
}

function isNothing({ value }: k8s.IntOrString): boolean {
  return /^0+%?$/.test(String(value));
}
