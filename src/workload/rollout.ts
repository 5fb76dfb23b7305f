/** How the pods of a tier are replaced. */
import type { Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { isWholeSeconds } from './durations';

/** How the pods of a tier are replaced. */
export interface RolloutOptions {
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

/** Surge where it can be: no node and no share of the load is then ever without a pod. */
function steps(
  { maxSurge, maxUnavailable }: RolloutOptions, isSurging: boolean, step: k8s.IntOrString,
): k8s.RollingUpdateDeployment {
  return {
    maxSurge: maxSurge ?? (isSurging ? step : NONE),
    maxUnavailable: maxUnavailable ?? (isSurging ? NONE : step),
  };
}

/** Whether new pods stand beside old ones. */
export function surges(options: RolloutOptions | undefined, isSurging: boolean): boolean {
  return options?.maxSurge === undefined ? isSurging : !isNothing(options.maxSurge);
}

/** How a DaemonSet replaces its pods. */
export function daemonSetRollout(
  options: RolloutOptions | undefined, isSurging: boolean,
): Pick<k8s.DaemonSetSpec, 'updateStrategy' | keyof Common> {
  return {
    ...common(options ?? {}),
    updateStrategy: {
      type: 'RollingUpdate', rollingUpdate: steps(options ?? {}, isSurging, TENTH),
    },
  };
}

/** How a Deployment replaces its pods. `settleSeconds`: until senders know a new one. */
export function deploymentRollout(
  options: RolloutOptions | undefined, isSurging: boolean, settleSeconds: number,
): Pick<k8s.DeploymentSpec, 'strategy' | keyof Common> {
  return {
    ...common(options ?? {}, settleSeconds),
    strategy: { type: 'RollingUpdate', rollingUpdate: steps(options ?? {}, isSurging, ONE) },
  };
}

/** How a StatefulSet replaces its pods: one at a time. */
export function statefulSetRollout(
  options: RolloutOptions | undefined, settleSeconds: number,
): Pick<k8s.StatefulSetSpec, 'updateStrategy' | 'podManagementPolicy' | keyof Common> {
  const { partition } = options ?? {};
  return {
    // Pods do not wait for each other to start; that they are replaced in turn stays so.
    podManagementPolicy: 'Parallel',
    ...common(options ?? {}, settleSeconds),
    updateStrategy: {
      type: 'RollingUpdate',
      ...partition === undefined ? {} : { rollingUpdate: { partition } },
    },
  };
}

/** What a roll-out cannot be; nothing where Kubernetes would take it. */
export function rolloutProblems(
  options: RolloutOptions | undefined, workload: string, takesNode: boolean,
): string[] {
  if (options === undefined) return [];
  const numbers = numberProblems(options);
  return numbers.length > 0 ? numbers : stepProblems(options, workload, takesNode);
}

function numberProblems({ partition, minReady, revisionHistoryLimit }: RolloutOptions): string[] {
  const wrong = Object.entries({ partition, revisionHistoryLimit }).filter(([, value]) =>
    value !== undefined && (!Number.isInteger(value) || value < 0));
  return [
    ...wrong.map(([name, value]) => `rollout: ${name} must be a whole number from 0 on, got`
      + ` ${value}.\n→ leave \`${name}\` out.`),
    ...minReady === undefined || isWholeSeconds(minReady, 0) ? [] : [
      'rollout: minReady must be a Duration of whole seconds, got something else.'
      + '\n→ give it Duration.seconds(30), for example.',
    ],
  ];
}

function stepProblems(options: RolloutOptions, workload: string, takesNode: boolean): string[] {
  const { maxSurge, maxUnavailable, partition } = options;
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
