/** One cluster under a steady load, what can be done to it, and what became of its spans. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BACKEND, chaosManifests, OTLP_PORT, type PoolShape } from './manifests';
import { outcomeOf, type Outcome } from './outcome';
import { sleep, systemClock } from '../../clock';
import { makeUpstreamRing } from '../../extensions/trace-peers/upstream-ring';
import { runClusterCommand } from '../../local-cluster/cluster-command';
import { ClusterMonitor } from '../../local-cluster/cluster-monitor';
import { findEntrances } from '../../local-cluster/entrance';
import { LocalCluster } from '../../local-cluster/local-cluster';
import type { Pod } from '../../local-cluster/pod';
import { sumOf } from '../../local-cluster/pod-metrics';
import type { PodPool } from '../../local-cluster/pod-pool';
import { tailSamplers } from '../../local-cluster/pool-config';
import { seededRandom } from '../../local-cluster/random';
import type { PlannedTrace } from '../../local-cluster/trace-plan';
import { Traffic } from '../../local-cluster/traffic';
import { NAMESPACE } from '../fixtures/tier-objects';

/** How a stage is set. */
export interface StageOptions {
  /** What pods are to be. */
  readonly shape: PoolShape;
  /** Traces per second. */
  readonly rate: number;
  /** What chance begins with. */
  readonly seed: number;
  /** Seconds of load before, between and after what happens. */
  readonly loadS: number;
  /** Whether agents may keep spans so long that their trace is decided without them. */
  readonly mayBeLate: boolean;
  /** Told what happens. */
  readonly say: (line: string) => void;
}

interface Kill {
  readonly atMs: number;
  readonly owns: (traceId: string) => boolean;
}

const DIST = join(__dirname, '..', '..', 'dist');
const PROGRAM: readonly [string, ...string[]] = [
  process.execPath, '--import', pathToFileURL(join(DIST, 'pod-preload.js')).href,
  join(DIST, 'otelgw.js'),
];
const NODES = 2;
const LOOK_MS = 250;
const LONGEST_WAIT_MS = 120_000;
/** A trace of which all spans are with agents in this share of it will be with samplers in time. */
const IN_TIME = 0.7;
const TICK_MS = 1000;
/** From the decision until what is kept has arrived at the backend. */
const FLUSH_MS = 2000;
const SAMPLING = 'otelgw_tail_sampling';
const AT_REST = [`${SAMPLING}_held_spans`, 'otelgw_peers_claims', 'otelgw_peers_queued_bytes',
  'otelcol_exporter_queue_size', 'otelcol_exporter_in_flight_requests'];

/** A cluster under load. */
export class Stage {
  /** Starts a cluster, and sends to it as soon as its pods know each other. */
  public static async open(options: StageOptions): Promise<Stage> {
    const cluster = await LocalCluster.create({
      manifests: chaosManifests(options.shape),
      program: PROGRAM,
      nodes: NODES,
      seed: options.seed,
      refused: options.say,
    });
    const stage = new Stage(options, cluster);
    try {
      await cluster.start();
      await stage.settled();
      await stage.startTraffic();
    } catch (thrown) {
      await stage.close(true);
      throw thrown;
    }
    return stage;
  }

  /** What its pods are. */
  public readonly shape: PoolShape;
  /** The next random number from 0 to 1. */
  public readonly random: () => number;
  private readonly monitor: ClusterMonitor;
  private readonly givenMs = new Map<string, number>();
  private readonly takenMs = new Map<string, number>();
  private readonly kills: Kill[] = [];
  private traffic: Traffic | undefined;

  private constructor(
    private readonly options: StageOptions, private readonly cluster: LocalCluster,
  ) {
    this.shape = options.shape;
    this.random = seededRandom(options.seed);
    this.monitor = new ClusterMonitor(cluster);
  }

  /** Folder of the logs of all pods. */
  public get logs(): string {
    return join(this.cluster.folder, 'logs');
  }

  /** Does what a command of `otelgw up` does; it is under way when this returns. */
  public do(command: string): void {
    this.options.say(command);
    runClusterCommand(this.cluster, command);
  }

  /** Resolves when `loadS` seconds of load, or `seconds`, have passed. */
  public async load(seconds = this.options.loadS): Promise<void> {
    const until = systemClock.monotonic() + seconds * 1000;
    while (systemClock.monotonic() < until) {
      await this.monitor.look();
      await sleep(systemClock, Math.min(TICK_MS, Math.max(0, until - systemClock.monotonic())));
    }
  }

  /** Resolves when all pods are there and ready, and all know the pool as it is. */
  public async settled(): Promise<void> {
    await Promise.all(this.cluster.workloads.pools.map((pool) => pool.settled()));
    await this.until('all pods are ready', async () =>
      this.cluster.workloads.pools.every(({ pods, ready, replicas }) =>
        ready === replicas && pods.length === replicas));
    const { replicas } = this.pool('sampler');
    await this.until('all know the pool', async () => {
      await this.monitor.look();
      return this.knows('sampler', 'otelgw_peers_ready_pods', replicas)
        && this.knows('agent', 'otelcol_loadbalancer_num_backends', replicas);
    });
    this.options.say('settled');
  }

  /** Kills a sampler; without a journal, what it may have held is remembered. */
  public async kill(name: string): Promise<void> {
    if (!this.shape.hasJournal) this.kills.push(this.killOf(name));
    const pod = this.cluster.workloads.pod(name);
    this.do(`kill pod ${name}`);
    await this.until('it is killed', async () => pod.state === 'crashed');
  }

  /** Names of the pods of a workload that are ready. */
  public ready(workload: string): string[] {
    return this.pool(workload).pods.filter(({ state }) => state === 'ready')
      .map(({ identity }) => identity.name);
  }

  /** Sum of a metric over all pods of a workload, those that are gone as well. */
  public sum(workload: string, metric: string): number {
    return sumOf(this.monitor.metrics.ofWorkload(NAMESPACE, workload), metric);
  }

  /** Ends the load, waits until all is decided and delivered, and says what became of it. */
  public async outcome(): Promise<Outcome> {
    await this.traffic?.stop();
    this.options.say('load has ended');
    let quietLooks = 0;
    await this.until('all is decided and delivered', async () => {
      await sleep(systemClock, TICK_MS);
      await this.monitor.look();
      quietLooks = this.isAtRest() ? quietLooks + 1 : 0;
      return quietLooks >= 2;
    }).catch((thrown: unknown) => this.options.say(String(thrown)));
    return this.found();
  }

  /** Ends it; `keepsLogs` for somebody to read what happened. */
  public async close(keepsLogs: boolean): Promise<void> {
    this.cluster.keepsFolder = keepsLogs;
    await this.cluster.stop();
  }

  private found(): Outcome {
    const { cluster } = this;
    const [sampler] = tailSamplers(cluster.configs);
    const [ledger] = cluster.backends.ledgersOf(cluster.backends.sinks[0]);
    return outcomeOf({
      sent: this.traffic?.sent ?? new Map(),
      settings: sampler.settings,
      ledger,
      isLate: (trace) => this.isLate(trace),
      wasHeldByKilled: (traceId, spanId) => this.kills.some((kill) =>
        this.wasHeldAt(kill, traceId, spanId)),
    });
  }

  private isLate({ spans }: PlannedTrace): boolean {
    if (this.options.mayBeLate) return true;
    const first = Math.min(...spans.map(({ spanId }) => this.givenMs.get(spanId) ?? Infinity));
    const last = Math.max(...spans.map(({ spanId }) => this.takenMs.get(spanId) ?? Infinity));
    return last - first > IN_TIME * this.shape.decisionWaitS * 1000;
  }

  /** A trace is held from when its first span was given until its decision has arrived. */
  private wasHeldAt({ atMs, owns }: Kill, traceId: string, spanId: string): boolean {
    const longestMs = this.shape.decisionWaitS * 1000 + TICK_MS + FLUSH_MS;
    const givenMs = this.givenMs.get(spanId) ?? Infinity;
    return givenMs < atMs && givenMs > atMs - longestMs && owns(traceId);
  }

  private killOf(name: string): Kill {
    const addressOf = ({ identity }: Pod): string => `${identity.address}:${OTLP_PORT}`;
    const members = this.pool('sampler').pods.filter(({ state }) => state === 'ready');
    const ring = makeUpstreamRing(members.map(addressOf).sort());
    const killed = addressOf(this.cluster.workloads.pod(name));
    return {
      atMs: systemClock.monotonic(),
      owns: (traceId) => {
        const id = Buffer.from(traceId, 'hex');
        const [w0, w1, w2, w3] = [0, 4, 8, 12].map((at) => id.readInt32LE(at));
        return ring.ownerOf(w0, w1, w2, w3) === killed;
      },
    };
  }

  private async startTraffic(): Promise<void> {
    const { rate, seed, shape } = this.options;
    const [entrance] = await findEntrances(this.cluster);
    const waitMs = shape.decisionWaitS * 1000;
    this.traffic = new Traffic({
      rate,
      seed,
      entrances: [entrance.endpoints],
      leastSpreadMs: shape.spread[0] * waitMs,
      spreadMs: shape.spread[1] * waitMs,
      clock: systemClock,
      watch: (what, spans) => {
        const times = what === 'given' ? this.givenMs : this.takenMs;
        const now = systemClock.monotonic();
        for (const span of spans) times.set(span.spanContext().spanId, now);
      },
    });
    this.traffic.start();
    this.options.say(`load to ${BACKEND} begins`);
  }

  private pool(name: string): PodPool {
    return this.cluster.workloads.pool(name);
  }

  /** Whether all pods of a workload that have this metric say `value`. */
  private knows(workload: string, metric: string, value: number): boolean {
    return this.pool(workload).pods.every((pod) => {
      const samples = this.monitor.metrics.of(pod);
      return samples.length > 0 && samples.filter(({ name }) => name === metric)
        .every((sample) => sample.value === value);
    });
  }

  private isAtRest(): boolean {
    return this.cluster.workloads.pods.every((pod) => {
      const samples = this.monitor.metrics.of(pod);
      return samples.length > 0 && AT_REST.every((metric) => sumOf(samples, metric) === 0);
    });
  }

  private async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = systemClock.monotonic() + LONGEST_WAIT_MS;
    while (!await holds()) {
      if (systemClock.monotonic() > deadline) throw new Error(`${what}: must come true, got never`);
      await sleep(systemClock, LOOK_MS);
    }
  }
}
