/** Which nodes the pods of a tier stand on. */
import type { k8s } from 'cdk8s-plus-28';
import { isWholeSeconds } from './durations';
import { selectorLabels, type TierIdentity } from './labels';
import type { Placement } from './placement';
import type { NodeOptions } from './pod-options';

/** What decides about nodes. */
export interface PlacedPod {
  /** The tier. */
  readonly tier: TierIdentity;
  /** What stamps its pods out. */
  readonly workload: 'DaemonSet' | 'Deployment' | 'StatefulSet';
  /** Where it stands. */
  readonly placement?: Placement;
  /** What pods are told beside that. */
  readonly options: NodeOptions;
}

/** The part of a pod that decides about its node. */
export function nodeChoice(pod: PlacedPod): Pick<
  k8s.PodSpec, 'nodeSelector' | 'tolerations' | 'affinity' | 'topologySpreadConstraints'
> {
  const { placement, options, workload } = pod;
  const affinity = options.affinity ?? placement?._rules.affinity;
  const spread = options.topologySpreadConstraints
    ?? (workload === 'DaemonSet' ? undefined : evenly(pod));
  return {
    nodeSelector: { 'kubernetes.io/os': 'linux', ...placement?.nodeLabels },
    ...tolerations(pod),
    ...affinity === undefined ? {} : { affinity },
    ...spread === undefined ? {} : { topologySpreadConstraints: spread },
  };
}

/** What is wrong with rules that are given twice. */
export function nodeChoiceProblems({ placement, options }: PlacedPod): string[] {
  return placement?._rules.affinity === undefined || options.affinity === undefined ? [] : [
    'pod: affinity must be given once, got it beside a `placement` that is one.'
    + '\n→ put all rules into `pod.affinity`, and leave `placement` out.',
  ];
}

function tolerations(
  { placement, workload }: PlacedPod,
): Pick<k8s.PodSpec, 'tolerations'> {
  const { toleratesAll = placement?.tolerations === undefined && workload === 'DaemonSet' }
    = placement?._rules ?? {};
  // An agent that leaves tainted nodes out leaves their applications without telemetry.
  if (toleratesAll) return { tolerations: [{ operator: 'Exists' }] };
  const asked = askedTolerations(placement);
  return asked === undefined ? {} : { tolerations: asked };
}

/** The taints that a placement names. */
export function askedTolerations(placement: Placement | undefined): k8s.Toleration[] | undefined {
  return placement?.tolerations?.map(({ key, value, effect, tolerationPeriod }) => ({
    key,
    value,
    effect,
    operator: value === undefined ? 'Exists' : 'Equal',
    ...tolerationPeriod !== undefined && isWholeSeconds(tolerationPeriod, 0)
      ? { tolerationSeconds: tolerationPeriod.toSeconds() } : {},
  }));
}

/** Over zones, then nodes; unless asked softly: a pod that cannot be spread is better than none. */
function evenly({ tier, placement, workload }: PlacedPod): k8s.TopologySpreadConstraint[] {
  const isStrict = placement?._rules.isSpreadStrict === true;
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: isStrict ? 'DoNotSchedule' : 'ScheduleAnyway',
    labelSelector: { matchLabels: selectorLabels(tier) },
    // New pods of a roll-out stand beside old ones: counting both leaves zones empty afterwards.
    ...workload === 'Deployment' ? { matchLabelKeys: ['pod-template-hash'] } : {},
  }));
}
