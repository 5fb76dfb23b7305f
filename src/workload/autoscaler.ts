/** Makes a pool as large as its load needs. */
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { objectLabels, type TierIdentity } from './labels';
import type { HorizontalScalingOptions, Scaling } from './scaling';

/** Writes the HorizontalPodAutoscaler, if the number of pods is not fixed. */
export function autoscaler(
  scope: Construct, id: string, tier: TierIdentity, workloadKind: string, scaling: Scaling,
  decisionWaitSeconds: number,
): k8s.KubeHorizontalPodAutoscalerV2 | undefined {
  if (scaling.autoscaling === undefined) return undefined;
  return new k8s.KubeHorizontalPodAutoscalerV2(scope, id, {
    metadata: { name: tier.name, namespace: tier.namespace, labels: objectLabels(tier) },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: workloadKind, name: tier.name },
      minReplicas: scaling.min,
      maxReplicas: scaling.max,
      metrics: metrics(scaling.autoscaling),
      behavior: behavior(decisionWaitSeconds),
    },
  });
}

function metrics(horizontal: HorizontalScalingOptions): k8s.MetricSpecV2[] {
  const resource = (name: string, averageUtilization: number): k8s.MetricSpecV2 =>
    ({ type: 'Resource', resource: { name, target: { type: 'Utilization', averageUtilization } } });
  const { cpuPercent = 70, memoryPercent } = horizontal;
  return [
    resource('cpu', cpuPercent),
    ...memoryPercent === undefined ? [] : [resource('memory', memoryPercent)],
  ];
}

/**
 * Quick to grow, slow to shrink. Every change of a sampler's pool gives some traces a new owner,
 * so samplers change one pod at a time and wait until the traces of the last change are decided.
 */
function behavior(decisionWaitSeconds: number): k8s.HorizontalPodAutoscalerBehaviorV2 {
  if (decisionWaitSeconds === 0) {
    return {
      scaleUp: {
        stabilizationWindowSeconds: 0,
        policies: [{ type: 'Percent', value: 100, periodSeconds: 60 }],
      },
      scaleDown: {
        stabilizationWindowSeconds: 300,
        policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
      },
    };
  }
  const settled = Math.min(1800, Math.max(60, Math.ceil(decisionWaitSeconds * 2)));
  return {
    scaleUp: {
      stabilizationWindowSeconds: 60,
      policies: [{ type: 'Percent', value: 50, periodSeconds: settled }],
    },
    scaleDown: {
      stabilizationWindowSeconds: 900,
      policies: [{ type: 'Pods', value: 1, periodSeconds: Math.max(300, settled) }],
    },
  };
}
