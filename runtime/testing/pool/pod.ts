/** One simulated pod: a process that may pause, die, and be started again. */
import { claimsOf, queuedFor } from './insides';
import type { Network, Node, Server } from './network';
import { transportOf } from './network';
import type { PoolMetrics } from './pool-metrics';
import { copiesIn, SpanHolder } from './span-holder';
import type { SpanRecord } from './span-record';
import { DECISION_WAIT_MS } from './story';
import { WorldClock, type World } from './world';
import type { PeerAnswer, PeerRequest } from '../../peers/messages';
import type { MakePeerRing } from '../../peers/peer-ring';
import type { PeersView } from '../../peers/peers-view';
import { TracePeers, type TracePeersOptions } from '../../peers/trace-peers';
import type { Logger } from '../../telemetry/logger';

/** What the platform says of a pod. */
export type PodPhase = 'starting' | 'ready' | 'unready' | 'leaving' | 'gone';

/** Time for which senders still reach a pod that has left: its receivers are stopped then. */
const CLOSING_MS = 60;

/** What a pod is made from. */
export interface PodOptions {
  /** Its address. */
  readonly address: string;
  /** Which life of it this is. */
  readonly incarnation: number;
  /** Simulated time. */
  readonly world: World;
  /** What it speaks through. */
  readonly network: Network;
  /** What becomes of spans. */
  readonly record: SpanRecord;
  /** What is counted. */
  readonly metrics: PoolMetrics;
  /** Makes rings. */
  readonly makeRing: MakePeerRing;
  /** Where it logs. */
  readonly log: Logger;
  /** Other settings of the pool. */
  readonly settings: Partial<TracePeersOptions>;
  /** The pods at an address. */
  readonly podAt: (address: string) => Pod | undefined;
  /** Told how old a trace was when it was decided. */
  readonly age: (ms: number) => void;
  /** Told whenever the platform should see another phase. */
  readonly changed: () => void;
}

/** A pod. */
export class Pod implements Node, Server<PeerRequest, PeerAnswer> {
  /** What the platform says of it. */
  public phase: PodPhase = 'starting';
  /** It does nothing before then. */
  public pausedUntil = 0;
  /** Its traces. */
  public readonly holder: SpanHolder;
  /** Its part in the pool. */
  public readonly peers: TracePeers;
  /** Number of the last view that it was told. */
  public viewSeen = -1;
  private hasBegun = false;
  /** Whether it takes nothing from senders any more. */
  private isClosed = false;

  public constructor(private readonly options: PodOptions) {
    const { address, incarnation, world, network, record, podAt, age } = options;
    const clock = new WorldClock(world, (task) => this.execute(task));
    this.holder = new SpanHolder({
      pod: address, clock, record, age, decisionWaitMs: DECISION_WAIT_MS,
    });
    this.peers = new TracePeers({
      ...options,
      id: 'trace_peers',
      identity: { address, incarnation },
      clock,
      transport: transportOf(network, address, this, podAt),
      holder: this.holder,
      decisionWaitMs: DECISION_WAIT_MS,
      ...options.settings,
    });
    this.holder.peers = this.peers;
  }

  /** Its address. */
  public get address(): string {
    return this.options.address;
  }

  public get isAlive(): boolean {
    return this.phase !== 'gone';
  }

  /** After a pause, what waited happens in almost any order. */
  public execute(task: () => void): void {
    if (!this.isAlive) return;
    const { world } = this.options;
    if (this.pausedUntil <= world.now) {
      task();
    } else {
      const jitter = (this.pausedUntil + world.now * 7) % 6;
      world.at(this.pausedUntil + jitter, () => this.execute(task));
    }
  }

  public serve(request: PeerRequest): PeerAnswer {
    return this.peers.receive(request);
  }

  /** A sender brings spans. False when they are refused. */
  public takeFromSender(request: Uint8Array): boolean {
    if (this.peers.isFull || this.isClosed) return false;
    for (const copy of copiesIn(request)) this.options.record.accepted(copy);
    this.holder.take(request, 0, false);
    return true;
  }

  /** The resolver answers, the first time or again. */
  public see(view: PeersView): void {
    if (this.hasBegun) this.peers.view(view);
    else this.begin(view);
  }

  /** It is told to end. */
  public leave(): void {
    this.phase = 'leaving';
    this.options.changed();
    settled(this.peers.leave(), () => {
      const { world } = this.options;
      world.at(world.now + CLOSING_MS, () => this.execute(() => this.close()));
    });
  }

  /** It is killed. */
  public kill(): void {
    const { record } = this.options;
    this.holder.crash();
    for (const claim of claimsOf(this.peers)) {
      record.traceCrashed(claim.w0, this.address);
      for (const copy of claim.chunks.flatMap(copiesIn)) record.copyCrashed(copy);
    }
    for (const copy of queuedFor(this.peers).flatMap(copiesIn)) record.copyCrashed(copy);
    this.phase = 'gone';
    this.options.changed();
  }

  /** No sender reaches it any more; what they brought last is passed on. */
  private close(): void {
    this.isClosed = true;
    settled(this.peers.emptied(), () => {
      if (!this.isAlive) return;
      this.phase = 'gone';
      this.options.changed();
    });
  }

  private begin(view: PeersView): void {
    this.hasBegun = true;
    settled(this.peers.begin(view), () => {
      if (this.phase !== 'starting') return;
      this.phase = 'ready';
      this.options.changed();
    });
  }
}

/** Calls `then` when the promise is fulfilled. */
function settled(promise: Promise<void>, then: () => void): void {
  void promise.then(then);
}
