/** Looks at a running cluster once a second: what every pod takes, gives, holds and keeps. */
import { systemClock } from '../clock';
import type { LocalCluster } from './local-cluster';
import type { Pod } from './pod';
import { PodMetrics, sumOf } from './pod-metrics';
import { tailSamplers } from './pool-config';

/** One pod at one moment. */
export interface PodRow {
  /** The pod. */
  readonly pod: Pod;
  /** Spans that it took, per second. */
  readonly spansIn: number;
  /** Spans that it sent, per second. */
  readonly spansOut: number;
  /** Traces that it holds until it decides; undefined when it does not sample. */
  readonly held: number | undefined;
}

/** The cluster at one moment. */
export interface Snapshot {
  /** All pods. */
  readonly rows: readonly PodRow[];
  /** Traces that each policy voted for, in sum over all pods that ever were. */
  readonly kept: ReadonlyMap<string, number>;
  /** Spans that the backends received. */
  readonly backendSpans: number;
}

const ACCEPTED = 'otelcol_receiver_accepted_spans';
const SENT = 'otelcol_exporter_sent_spans';
const SAMPLING = 'otelcol_processor_tail_sampling';

/** The last two looks at each pod. */
interface Look {
  readonly at: number;
  readonly spansIn: number;
  readonly spansOut: number;
}

/** Looks at a running cluster. */
export class ClusterMonitor {
  /** What every pod said last. */
  public readonly metrics = new PodMetrics();
  private readonly looks = new Map<string, Look>();

  public constructor(private readonly cluster: LocalCluster) {}

  /** Looks at all pods. */
  public async look(): Promise<Snapshot> {
    const { cluster, metrics } = this;
    await Promise.all(cluster.configs.flatMap(({ pool, settings }) => {
      const port = PodMetrics.portOf(settings);
      return port === undefined ? [] : pool.pods
        .filter((pod) => pod.state !== 'waiting' && pod.state !== 'crashed')
        .map((pod) => metrics.scrape(pod, port));
    }));
    const sampling = new Set(tailSamplers(cluster.configs).map(({ pool }) => pool));
    const rows = cluster.workloads.pools.flatMap((pool) =>
      pool.pods.map((pod) => this.row(pod, sampling.has(pool))));
    return { rows, kept: this.keptByPolicy(), backendSpans: cluster.backends.spanCount };
  }

  /** Spans that all pods of a workload say they have taken. */
  public acceptedBy(namespace: string, workload: string): number {
    return sumOf(this.metrics.ofWorkload(namespace, workload), ACCEPTED);
  }

  /** Traces that all pods of a workload say they have met. */
  public metBy(namespace: string, workload: string): number {
    return sumOf(this.metrics.ofWorkload(namespace, workload), `${SAMPLING}_new_trace_id_received`);
  }

  /** Traces that `policy` of a workload voted for. */
  public votesFor(namespace: string, workload: string, policy: string): number {
    const samples = this.metrics.ofWorkload(namespace, workload);
    return votes(samples, policy);
  }

  private row(pod: Pod, isSampler: boolean): PodRow {
    const samples = this.metrics.of(pod);
    const now: Look = {
      at: systemClock.monotonic(),
      spansIn: sumOf(samples, ACCEPTED),
      spansOut: sumOf(samples, SENT),
    };
    const before = this.looks.get(pod.identity.uid);
    this.looks.set(pod.identity.uid, now);
    const seconds = before === undefined ? 0 : (now.at - before.at) / 1000;
    const rate = (of: 'spansIn' | 'spansOut'): number =>
      before === undefined || seconds <= 0 ? 0 : Math.max(0, now[of] - before[of]) / seconds;
    return {
      pod,
      spansIn: rate('spansIn'),
      spansOut: rate('spansOut'),
      held: isSampler ? sumOf(samples, `${SAMPLING}_sampling_traces_on_memory`) : undefined,
    };
  }

  private keptByPolicy(): Map<string, number> {
    return new Map(tailSamplers(this.cluster.configs).flatMap(({ pool, settings }) => {
      const { namespace, name } = pool.plan;
      return settings.policies.map((policy) =>
        [policy.name, this.votesFor(namespace, name, policy.name)] as const);
    }));
  }
}

/** The label holds the processor's name before the policy's when the processor has one. */
function votes(samples: Parameters<typeof sumOf>[0], policy: string): number {
  const own = samples.filter(({ labels }) =>
    labels.policy === policy || labels.policy?.endsWith(`.${policy}`));
  return sumOf(own, `${SAMPLING}_count_traces_sampled`, { sampled: 'true' });
}
