/** Makes a pool as large as its load needs. */
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { objectLabels, type TierIdentity } from './labels';
import type { Scaling, ScalingPace } from './scaling';
import type { ScalingSignal } from './scaling-signal';
import type { HeldTraces } from '../graph/drain-budget';
import type { ScaleIn } from '../graph/tier-facts';

/** Writes the HorizontalPodAutoscaler, if the number of pods is not fixed. */
export function autoscaler(
  scope: Construct, id: string, tier: TierIdentity, workloadKind: string, scaling: Scaling,
  held: HeldTraces,
): k8s.KubeHorizontalPodAutoscalerV2 | undefined {
  if (scaling.autoscaling === undefined) return undefined;
  const { up, down } = behavior(scaling, held);
  return new k8s.KubeHorizontalPodAutoscalerV2(scope, id, {
    metadata: { name: tier.name, namespace: tier.namespace, labels: objectLabels(tier) },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: workloadKind, name: tier.name },
      minReplicas: scaling.min,
      maxReplicas: scaling.max,
      metrics: scaling._signals.map(metric),
      behavior: { scaleUp: rules(up), scaleDown: rules(down) },
    },
  });
}

/** How fast its pods are taken away; nothing when their number is fixed. */
export function scaleInOf(scaling: Scaling, held: HeldTraces): ScaleIn | undefined {
  if (scaling.autoscaling === undefined) return undefined;
  const { policy, value, periodSeconds, windowSeconds } = behavior(scaling, held).down;
  const pods = policy === 'Pods' ? value : Math.ceil(scaling.max * value / 100);
  return { pods, periodSeconds, windowSeconds };
}

function metric({ _metric }: ScalingSignal): k8s.MetricSpecV2 {
  const { kind, name, target } = _metric;
  return kind === 'resource'
    ? {
      type: 'Resource',
      resource: { name, target: { type: 'Utilization', averageUtilization: target } },
    }
    : {
      type: 'Pods',
      pods: {
        metric: { name },
        target: {
          type: 'AverageValue', averageValue: k8s.Quantity.fromString(String(target)),
        },
      },
    };
}

interface Pace {
  readonly policy: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodSeconds: number;
  readonly windowSeconds: number;
}

function rules({ policy, value, periodSeconds, windowSeconds }: Pace): k8s.HpaScalingRulesV2 {
  return {
    stabilizationWindowSeconds: windowSeconds,
    policies: [{ type: policy, value, periodSeconds }],
  };
}

/**
 * Quick to grow, slow to shrink. Every change of a sampler's pool gives some traces a new owner,
 * so samplers change one pod at a time and wait until the traces of the last change are decided.
 * Those that are one sampler hand over, and may grow at once.
 */
function behavior(
  scaling: Scaling, { waitSeconds, leaveSeconds }: HeldTraces,
): { up: Pace; down: Pace } {
  const { scaleUp, scaleDown } = scaling.autoscaling ?? {};
  const usual = leaveSeconds > 0 ? pooled(leaveSeconds)
    : waitSeconds > 0 ? stateful(waitSeconds) : STATELESS;
  return { up: paceOf(scaleUp) ?? usual.up, down: paceOf(scaleDown) ?? usual.down };
}

const STATELESS: { up: Pace; down: Pace } = {
  up: { policy: 'Percent', value: 100, periodSeconds: 60, windowSeconds: 0 },
  down: { policy: 'Pods', value: 1, periodSeconds: 60, windowSeconds: 300 },
};
/** Kubernetes takes no longer ones; what is held longer is told of by a check. */
const MOST_PERIOD_SECONDS = 1800;
const MOST_WINDOW_SECONDS = 3600;

function stateful(waitSeconds: number): { up: Pace; down: Pace } {
  const settled = Math.min(MOST_PERIOD_SECONDS, Math.max(60, Math.ceil(waitSeconds * 2)));
  const windowSeconds = Math.min(MOST_WINDOW_SECONDS, Math.max(900, Math.ceil(waitSeconds)));
  return {
    up: { policy: 'Percent', value: 50, periodSeconds: settled, windowSeconds: 60 },
    down: {
      policy: 'Pods', value: 1, periodSeconds: Math.max(300, settled), windowSeconds,
    },
  };
}

/** One has left before the next one goes, and its load is known where it went. */
function pooled(leaveSeconds: number): { up: Pace; down: Pace } {
  const left = Math.ceil(leaveSeconds);
  const { up, down } = STATELESS;
  return {
    up,
    down: {
      ...down,
      periodSeconds: Math.min(MOST_PERIOD_SECONDS, Math.max(down.periodSeconds, left)),
      windowSeconds: Math.min(MOST_WINDOW_SECONDS, Math.max(down.windowSeconds, left)),
    },
  };
}

function paceOf(pace: ScalingPace | undefined): Pace | undefined {
  if (pace === undefined) return undefined;
  const { pods, percent, period, stabilizationWindow } = pace;
  const seconds = (given: ScalingPace['period'] | undefined) =>
    Math.round((given?.toMilliseconds() ?? 0) / 1000);
  return {
    policy: pods === undefined ? 'Percent' : 'Pods',
    value: pods ?? percent ?? 1,
    periodSeconds: seconds(period),
    windowSeconds: seconds(stabilizationWindow),
  };
}
