/** Puts together what a verdict is given on, from a cluster that has come to rest. */
import type { Sink } from './backends';
import type { ClusterMonitor } from './cluster-monitor';
import { poolsBehind, reachedFrom, type Entrance } from './entrance';
import type { LocalCluster } from './local-cluster';
import type { PodPool } from './pod-pool';
import { tailSamplers } from './pool-config';
import type { Traffic } from './traffic';
import type { Evidence, SamplerEvidence } from './verdict';

type TailSampler = ReturnType<typeof tailSamplers>[number];

interface Placed {
  readonly sampler: TailSampler;
  readonly evidence: SamplerEvidence;
}

/** What happened to `traffic`, except for refusals. */
export function gatherEvidence(
  cluster: LocalCluster, monitor: ClusterMonitor, traffic: Traffic,
  entrances: readonly Entrance[],
): Omit<Evidence, 'refusals'> {
  const isComplete = monitor.metrics.isComplete;
  const next = new Map(cluster.configs.map((config) =>
    [config.pool, poolsBehind(config, cluster)]));
  const leadsTo = (from: PodPool, to: PodPool): boolean => reachedFrom(from, next).has(to);
  const entrancesTo = (pool: PodPool): Set<number> => new Set(
    entrances.flatMap(({ reached }, place) => reached.has(pool) ? [place] : []));
  const all = tailSamplers(cluster.configs);
  const samplers = all.map((sampler): Placed => {
    const { plan } = sampler.pool;
    // A sampler behind another one meets what that one kept: its counts are not the traffic's.
    const isFirst = !all.some(({ pool }) => pool !== sampler.pool && leadsTo(pool, sampler.pool));
    const knows = isComplete && isFirst;
    return {
      sampler,
      evidence: {
        name: plan.name,
        settings: sampler.settings,
        entrances: entrancesTo(sampler.pool),
        metTraces: knows ? monitor.metBy(plan.namespace, plan.name) : undefined,
        votesOf: (policy) =>
          knows ? monitor.votesFor(plan.namespace, plan.name, policy) : undefined,
      },
    };
  });
  const accepted = entrances.reduce((sum, { pool: { plan } }) =>
    sum + monitor.acceptedBy(plan.namespace, plan.name), 0);
  return {
    sent: traffic.sent,
    accepted: isComplete ? accepted : undefined,
    samplers: samplers.map(({ evidence }) => evidence),
    sinks: cluster.backends.sinks.map((sink) => {
      const own = samplers.filter(({ sampler }) => sharesPipeline(sampler, sink, cluster));
      const before = samplers.filter(({ sampler: { pool } }) =>
        pool !== sink.pool && leadsTo(pool, sink.pool));
      return {
        name: nameOfSink(sink, cluster.backends.sinks),
        ledgers: cluster.backends.ledgersOf(sink),
        entrances: entrancesTo(sink.pool),
        samplers: [...before, ...own].map(({ evidence }) => evidence),
        fromSamplers: own.length > 0,
      };
    }),
  };
}

/** The hosts, and who sends to them where several workloads send to the same ones. */
function nameOfSink(sink: Sink, all: readonly Sink[]): string {
  const hosts = hostsOf(sink);
  const isAlone = all.every((each) => each === sink || hostsOf(each) !== hosts);
  return isAlone ? hosts : `${hosts} from ${sink.pool.plan.name}`;
}

function hostsOf({ targets }: Sink): string {
  return [...new Set(targets.map(({ host }) => host))].join(', ');
}

function sharesPipeline({ pool, id }: TailSampler, sink: Sink, cluster: LocalCluster): boolean {
  const config = cluster.configs.find((each) => each.pool === pool);
  return pool === sink.pool && config !== undefined && config.settings.pipelines.some(
    ({ processors, exporters }) => processors.includes(id) && exporters.includes(sink.exporter));
}
