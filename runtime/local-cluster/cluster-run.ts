/** One run of a cluster: until it is ready, with traffic, through commands, to the verdict. */
import { sleep, systemClock } from '../clock';
import type { BatchSettings, LoadBalancingSettings } from '../config';
import { messageOf } from '../errors';
import { COMMAND_HELP, runClusterCommand } from './cluster-command';
import { ClusterMonitor } from './cluster-monitor';
import { findEntrances, type Entrance } from './entrance';
import { gatherEvidence } from './gather-evidence';
import type { LiveTable } from './live-table';
import type { LocalCluster } from './local-cluster';
import { tailSamplers } from './pool-config';
import { Traffic } from './traffic';
import { judge, type Finding } from './verdict';

/** What a run is to do. */
export interface RunPlan {
  /** Traces per second; undefined for no traffic. */
  readonly rate: number | undefined;
  /** Milliseconds until the end, from when the cluster is ready; undefined for "until told". */
  readonly forMs: number | undefined;
  /** Commands and when to give them, in milliseconds from when the cluster is ready. */
  readonly timed: readonly { readonly atMs: number; readonly command: string }[];
  /** Longest time for all pods to be ready, in milliseconds. */
  readonly readyWithinMs: number;
  /** Seed of the traffic. */
  readonly seed: number;
}

const LOOK_MS = 1000;
/** Spans of one trace are ended within this time, or less when decisions are quick. */
const SPREAD_MS = 1500;
const SPREAD_OF_WAIT = 0.3;
/** Ring members learn of each other within this time after the last one is ready. */
const SETTLE_MS = 1000;
/** Nothing more is on its way when nothing has arrived for this time. */
const QUIET_MS = 1500;
const LONGEST_DRAIN_MS = 20_000;

/** Runs `cluster` as planned. */
export class ClusterRun {
  private readonly monitor: ClusterMonitor;
  private traffic: Traffic | undefined;
  private title = 'starting';
  private ended = false;

  public constructor(
    private readonly cluster: LocalCluster,
    private readonly plan: RunPlan,
    private readonly table: LiveTable,
    private readonly refusals: ReadonlySet<string>,
  ) {
    this.monitor = new ClusterMonitor(cluster);
  }

  /** Ends the run before its time; the verdict is still given. */
  public end(): void {
    this.ended = true;
  }

  /** Takes a command that somebody has typed or planned. */
  public command(text: string): void {
    if (text.trim() === '') return;
    try {
      if (!runClusterCommand(this.cluster, text)) this.end();
      else this.table.say(`> ${text.trim()}`);
    } catch (thrown) {
      this.table.say(messageOf(thrown));
    }
  }

  /**
   * Goes through the whole run.
   *
   * @returns The findings; none when there was no traffic.
   * @throws Error when the cluster does not become ready.
   */
  public async run(): Promise<readonly Finding[]> {
    const looking = systemClock.every(LOOK_MS, () => void this.look());
    try {
      await this.untilReady();
      const entrances = this.plan.rate === undefined ? [] : await findEntrances(this.cluster);
      this.title = 'ready';
      this.table.say(`ready; ${COMMAND_HELP}`);
      if (entrances.length > 0) await this.startTraffic(entrances);
      await this.untilEnd();
      if (this.traffic === undefined) return [];
      await this.drain(this.traffic);
      await this.monitor.look();
      return this.findings(this.traffic, entrances);
    } finally {
      looking.cancel();
      this.table.erase();
    }
  }

  private async look(): Promise<void> {
    this.table.show(this.title, await this.monitor.look());
  }

  private async untilReady(): Promise<void> {
    const deadline = systemClock.monotonic() + this.plan.readyWithinMs;
    const isReady = (): boolean => this.cluster.workloads.pools.every((pool) =>
      pool.ready === pool.replicas);
    while (!isReady() && !this.ended) {
      const { pods } = this.cluster.workloads;
      const hopeless = pods.filter((pod) => pod.waitsFor !== '' || pod.restarts >= 2);
      if (hopeless.length > 0 || systemClock.monotonic() > deadline) {
        const ill = pods.filter((pod) => pod.state !== 'ready');
        throw new Error(['cluster: all pods must become ready, got',
          ...ill.map((pod) => `${pod.identity.name} ${pod.state}: ${pod.trouble}`)].join('\n'));
      }
      await sleep(systemClock, 50);
    }
  }

  private async startTraffic(entrances: readonly Entrance[]): Promise<void> {
    await sleep(systemClock, SETTLE_MS + slowestResolverMs(this.cluster));
    this.traffic = new Traffic({
      rate: this.plan.rate ?? 0,
      seed: this.plan.seed,
      entrances: entrances.map(({ endpoints }) => endpoints),
      spreadMs: Math.min(SPREAD_MS, this.shortestWaitMs() * SPREAD_OF_WAIT),
      clock: systemClock,
    });
    this.traffic.start();
  }

  private async untilEnd(): Promise<void> {
    const start = systemClock.monotonic();
    const waiting = [...this.plan.timed].sort((a, b) => a.atMs - b.atMs);
    const { forMs = Infinity } = this.plan;
    for (;;) {
      const passed = systemClock.monotonic() - start;
      if (this.ended || passed >= forMs) return;
      while (waiting.length > 0 && waiting[0].atMs <= passed) {
        this.command(waiting.shift()?.command ?? '');
      }
      const sent = this.traffic === undefined ? '' : `, ${this.traffic.spanCount} spans sent`;
      this.title = `${Math.floor(passed / 1000)} s${sent}`;
      await sleep(systemClock, 50);
    }
  }

  /** Ends the traffic, and waits until the last decision has been made and sent. */
  private async drain(traffic: Traffic): Promise<void> {
    this.title = 'traffic has ended, waiting for the last decisions';
    await traffic.stop();
    const waits = tailSamplers(this.cluster.configs).map(({ settings }) => settings.decisionWait);
    await sleep(systemClock, waits.reduce((sum, wait) => sum + wait + LOOK_MS, 0));
    const quiet = QUIET_MS + slowestBatchMs(this.cluster);
    const deadline = systemClock.monotonic() + LONGEST_DRAIN_MS;
    let count = -1;
    let since = systemClock.monotonic();
    while (systemClock.monotonic() - since < quiet && systemClock.monotonic() < deadline) {
      if (this.cluster.backends.spanCount !== count) {
        count = this.cluster.backends.spanCount;
        since = systemClock.monotonic();
      }
      await sleep(systemClock, 50);
    }
  }

  private shortestWaitMs(): number {
    return Math.min(...tailSamplers(this.cluster.configs)
      .map(({ settings }) => settings.decisionWait), Infinity);
  }

  private findings(traffic: Traffic, entrances: readonly Entrance[]): Finding[] {
    const evidence = gatherEvidence(this.cluster, this.monitor, traffic, entrances);
    return judge({ ...evidence, refusals: [...this.refusals] });
  }
}

/** DNS resolvers learn of ready pods only when they ask again. */
function slowestResolverMs(cluster: LocalCluster): number {
  const exporters = cluster.configs.flatMap(({ settings }) => [...settings.exporters.values()]);
  return Math.max(0, ...exporters.filter(({ type }) => type === 'load_balancing')
    .map(({ settings }) => (settings as LoadBalancingSettings).resolver.dns?.interval ?? 0));
}

function slowestBatchMs(cluster: LocalCluster): number {
  const processors = cluster.configs.flatMap(({ settings }) => [...settings.processors.values()]);
  return Math.max(0, ...processors.filter(({ type }) => type === 'batch')
    .map(({ settings }) => (settings as BatchSettings).timeout));
}
