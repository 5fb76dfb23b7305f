/** Who names the pods that telemetry is of, far from them, is told which pods those are. */
import type { Check } from './check';
import { meetings } from './meetings';
import { runningComponents } from './pipelines';
import { valueAt, type CollectorData } from '../tier-facts';

/** Tiers that pass telemetry on without the addresses by which the next one knows its pods. */
export const forwardedPods: Check = (sender, app) => {
  const receivers = new Set(meetings(sender, app).map(({ receiver }) => receiver));
  const blind = [...receivers].filter(({ data }) => isBlind(data));
  if (blind.length === 0 || comesFromPods(sender.data, sender.workload)) return [];
  return blind.map(({ path }) => 'processors: must say which pods telemetry is of, for'
    + ` ${path} looks them up by what it says, got no k8s_attributes.`
    + '\n→ give this agent `kubernetesAttributes: { passthrough: true }`, or move'
    + ' `kubernetesAttributes` here.');
};

/** Whether it looks pods up by nothing but what telemetry says of itself. */
function isBlind(data: CollectorData): boolean {
  return runningComponents(data).some(({ kind, config }) => {
    const ways = valueAt(config, 'pod_association');
    return kind === 'k8sattributes' && valueAt(config, 'passthrough') !== true
      && Array.isArray(ways) && ways.length > 0
      && !ways.some((way) => JSON.stringify(way).includes('"connection"'));
  });
}

/** Only an agent meets applications; whoever stands between passes on what it is told. */
function comesFromPods(data: CollectorData, workload: string): boolean {
  return workload !== 'DaemonSet'
    || runningComponents(data).some(({ kind }) => kind === 'k8sattributes');
}
