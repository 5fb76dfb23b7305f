/** Every series is written by one pod. */
import type { Check } from './check';
import { runningComponents, type RunningComponent } from './pipelines';
import { valueAt, type TierFacts } from '../tier-facts';

/** Receivers that would see the same things from several pods, or not all of them. */
export const singleWriter: Check = (tier) => runningComponents(tier.data)
  .filter(({ section }) => section === 'receivers')
  .flatMap((receiver) => [
    ...ofCluster(receiver, tier), ...scraping(receiver, tier), ...ofNode(receiver, tier),
  ]);

const OF_CLUSTER = new Set(['k8scluster', 'k8sevents', 'k8sobjects']);
const OF_NODE = new Set(['kubeletstats', 'hostmetrics']);

function ofCluster({ kind, where, config }: RunningComponent, tier: TierFacts): string[] {
  const isLed = valueAt(config, 'k8s_leader_elector') !== undefined;
  return !OF_CLUSTER.has(kind) || tier.maxPods <= 1 || isLed ? [] : [
    `${where}: must run in one pod, for each pod would report the whole cluster again, got`
    + ` ${podsOf(tier)}.\n→ move it to a GatewayDeployment with Scaling.fixed(1), or give it a`
    + ' k8s_leader_elector.',
  ];
}

function scraping({ kind, where, config }: RunningComponent, tier: TierFacts): string[] {
  if (kind !== 'prometheus' || tier.maxPods <= 1) return [];
  if (valueAt(config, 'target_allocator') !== undefined) return [];
  const jobs = valueAt(config, 'config', 'scrape_configs');
  const shared = (Array.isArray(jobs) ? jobs : []).find((job) => !isOwn(job)) as unknown;
  return shared === undefined ? [] : [
    `${where}: must scrape from one pod, for each pod would write every series again, got`
    + ` ${podsOf(tier)} for the job ${JSON.stringify(valueAt(shared, 'job_name') ?? '')}.`
    + '\n→ move it to a GatewayDeployment with Scaling.fixed(1), keep to targets on the pod\'s own'
    + ' node by ${env:NODE_NAME}, or give it a target_allocator.',
  ];
}

/** Whether a job has other targets in each pod: those on its node, its own, or a share of all. */
function isOwn(job: unknown): boolean {
  const text = JSON.stringify(job);
  return /\$\{(env:)?\w*(NODE|HOST|POD)\w*\}|"(localhost|127\.0\.0\.1|\[::1\])[:"]|"hashmod"/
    .test(text);
}

function ofNode({ kind, where }: RunningComponent, { workload }: TierFacts): string[] {
  return !OF_NODE.has(kind) || workload === 'DaemonSet' ? [] : [
    `${where}: must run once on every node, for it reports the node that it stands on, got a`
    + ` ${workload}.\n→ move it to an AgentDaemonSet.`,
  ];
}

function podsOf({ workload, maxPods }: TierFacts): string {
  return Number.isFinite(maxPods) ? `up to ${maxPods} pods`
    : `a ${workload} with a pod on each node`;
}
