/** A pool of simulated pods, the platform under it, and the senders above it, in one story. */
import { insidesOf, unansweredBy } from './insides';
import { Network } from './network';
import { Pod } from './pod';
import { PoolMetrics } from './pool-metrics';
import { Sender } from './sender';
import { copiesIn } from './span-holder';
import { SpanRecord, type Findings } from './span-record';
import type { Story, StoryEvent } from './story';
import { Chance, World } from './world';
import type { MakePeerRing } from '../../peers/peer-ring';
import type { PeersView } from '../../peers/peers-view';
import type { TracePeers, TracePeersOptions } from '../../peers/trace-peers';
import type { Logger } from '../../telemetry/logger';

const VIEW_DELAY_MS = 10_000;
const LOSS = 0.01;
/** Share of views that are followed by a stale one for a while. */
const STALE = 0.05;
/** Time for everything to come to rest. */
const REST_MS = 240_000;
const MOST_ROLLED = 3;

/** How a pool is simulated. */
export interface PoolOptions {
  /** Seed of delays and losses. */
  readonly seed: number;
  /** What happens. */
  readonly story: Story;
  /** Makes rings. */
  readonly makeRing: MakePeerRing;
  /** Where pods log. */
  readonly log: Logger;
  /** What is counted. */
  readonly metrics: PoolMetrics;
  /** Settings of every pod. */
  readonly settings?: Partial<TracePeersOptions>;
  /** Changes every pod before it lives: a mutation. */
  readonly mutate?: (peers: TracePeers) => void;
}

/** What a run costs, beside what metrics say. */
export interface Costs {
  /** Changes of the list of pods. */
  changes: number;
  /** Milliseconds from the signal to the end of each pod that left. */
  readonly stays: number[];
  /** Milliseconds from the first span to the decision of each trace. */
  readonly ages: number[];
  /** Most live rings that a pod had, looked at every second. */
  mostRings: number;
}

/** A pool. */
export class Pool {
  /** What it costs. */
  public readonly costs: Costs = { changes: 0, stays: [], ages: [], mostRings: 0 };
  private readonly world = new World();
  private readonly record = new SpanRecord();
  private readonly chance: Chance;
  private readonly network: Network;
  private readonly pods = new Map<string, Pod>();
  private readonly senders: readonly Sender[];
  private started = 0;
  private lives = 0;
  private version = 0;
  private lastView: PeersView = { ready: [] };

  public constructor(private readonly options: PoolOptions) {
    const { seed, story, makeRing } = options;
    const { world, record } = this;
    this.chance = new Chance(seed ^ 0x5bd1);
    this.network = new Network({ world, chance: this.chance, loss: LOSS });
    this.senders = story.senders.map((sender, i) => new Sender({
      ...sender,
      name: `sender-${i}`,
      world,
      network: this.network,
      record,
      makeRing,
      podAt: (address) => this.pods.get(address),
    }));
  }

  /** Plays the story; gives what was found. */
  public async play(): Promise<Findings> {
    const { story } = this.options;
    this.beginAll();
    for (const event of story.events) this.world.at(event.at, () => this.happen(event));
    for (const { trace, spans } of story.traces) {
      for (const { at, sender } of spans) {
        this.world.at(at, () => this.senders[sender].add(trace));
      }
    }
    for (let at = 0; at < story.endsAt; at += 1_000) this.world.at(at, () => this.look());
    await this.world.runUntil(story.endsAt + REST_MS);
    const living = [...this.pods.values()].filter(({ isAlive }) => isAlive);
    const kept = living.filter(({ peers, holder }) => {
      const { claimer, queued, forwarder, handOver } = insidesOf(peers);
      return claimer.size > 0 || queued.bytes !== 0 || !holder.isIdle || !forwarder.isEmpty
        || !handOver.isEmpty;
    });
    return this.record.findings(
      living.filter(({ phase }) => phase === 'leaving').length, kept.length);
  }

  private look(): void {
    this.costs.mostRings = Math.max(this.costs.mostRings,
      this.options.metrics.greatest('otelgw_peers_live_rings'));
  }

  /** A pool that has been running for long. */
  private beginAll(): void {
    for (let pods = this.options.story.pods; pods > 0; pods -= 1) this.create(this.newAddress());
    for (const pod of this.pods.values()) pod.phase = 'ready';
    this.lastView = this.truth();
    for (const pod of this.pods.values()) pod.see(this.lastView);
    for (const sender of this.senders) sender.see(this.lastView.ready);
  }

  private newAddress(): string {
    this.started += 1;
    return `10.0.0.${100 + this.started}:4317`;
  }

  private create(address: string): Pod {
    this.lives += 1;
    const { world, network, record } = this;
    const { makeRing, log, metrics, mutate, settings = {} } = this.options;
    const pod = new Pod({
      address,
      incarnation: this.lives,
      world,
      network,
      record,
      metrics,
      makeRing,
      log,
      settings,
      podAt: (at) => this.pods.get(at),
      age: (ms) => { this.costs.ages.push(ms); },
      changed: () => this.changed(),
    });
    mutate?.(pod.peers);
    this.pods.set(address, pod);
    return pod;
  }

  private start(address: string): Pod {
    const pod = this.create(address);
    this.changed();
    const view = this.truth();
    const version = this.version;
    this.world.at(this.world.now + this.chance.whole(500, 2_500), () => pod.execute(() => {
      if (pod.viewSeen >= 0) return;
      pod.viewSeen = version;
      pod.see(view);
    }));
    return pod;
  }

  private truth(): PeersView {
    const living = [...this.pods.values()].filter(({ isAlive }) => isAlive);
    const ready = living.filter(({ phase }) => phase === 'ready');
    return { ready: ready.map(({ address }) => address), all: living.map((pod) => pod.address) };
  }

  /** The list of pods is another one: everybody is told, sooner or later. */
  private changed(): void {
    this.version += 1;
    this.costs.changes += 1;
    const view = this.truth();
    const stale = this.lastView;
    this.lastView = view;
    for (const pod of this.pods.values()) {
      if (pod.isAlive) this.tellPod(pod, view, stale);
    }
    for (const sender of this.senders) {
      const version = this.version;
      this.tell(sender.options.viewDelayMs, () => {
        if (sender.viewSeen >= version) return;
        sender.viewSeen = version;
        sender.see(view.ready);
      });
    }
  }

  private tell(longest: number, told: () => void): number {
    const most = this.chance.isTrue(0.3) ? 200 : longest;
    const at = this.world.now + this.chance.whole(0, most);
    this.world.at(at, told);
    return at;
  }

  private tellPod(pod: Pod, view: PeersView, stale: PeersView): void {
    const { version } = this;
    const at = this.tell(VIEW_DELAY_MS, () => pod.execute(() => {
      if (pod.viewSeen >= version) return;
      pod.viewSeen = version;
      pod.see(view);
    }));
    if (!this.chance.isTrue(STALE)) return;
    const wrongAt = at + this.chance.whole(0, 3_000);
    const say = (when: number, number: number, ready: readonly string[]): void => {
      this.world.at(when, () => pod.execute(() => {
        // Also after a pause, what a resolver has said last is what counts in the end.
        if (pod.viewSeen < version || pod.viewSeen >= number) return;
        pod.viewSeen = number;
        // Only the list of ready pods is ever stale: a pod that exists is not taken for gone.
        pod.see({ ready, all: view.all });
      }));
    };
    say(wrongAt, version + 1 / 3, stale.ready);
    say(wrongAt + this.chance.whole(100, 3_000), version + 2 / 3, view.ready);
  }

  private happen(event: StoryEvent): void {
    const { share, ms } = event;
    switch (event.kind) {
      case 'start': this.start(this.newAddress()); break;
      case 'leave': this.leaveOne(share); break;
      case 'reborn': this.rebirth(share, ms); break;
      case 'kill': this.killOne(share); break;
      case 'respawn': this.respawn(share, ms); break;
      case 'unready': this.unready(share); break;
      case 'ready': this.readyAgain(); break;
      case 'roll': this.roll(this.ready().slice(0, MOST_ROLLED)); break;
      case 'rush': this.rush(this.ready().slice(0, MOST_ROLLED), ms); break;
      case 'pause': this.pause(share, ms); break;
      case 'split': this.split(share, ms); break;
      case 'full': this.fill(share, ms); break;
    }
  }

  private ready(): Pod[] {
    return [...this.pods.values()].filter(({ phase }) => phase === 'ready');
  }

  private leaveOne(share: number): Pod | undefined {
    const ready = this.ready();
    if (ready.length < 2) return undefined;
    const pod = ready[Math.floor(share * ready.length)];
    this.leave(pod);
    return pod;
  }

  private leave(pod: Pod): void {
    const since = this.world.now;
    pod.leave();
    this.whenGone(pod, () => { this.costs.stays.push(this.world.now - since); });
  }

  private whenGone(pod: Pod, then: () => void): void {
    if (pod.isAlive) this.world.at(this.world.now + 100, () => this.whenGone(pod, then));
    else then();
  }

  /** A container is started again in its pod: the address stays, and the pod is always listed. */
  private rebirth(share: number, ms: number): void {
    const pod = this.leaveOne(share);
    if (pod === undefined) return;
    this.whenGone(pod, () => this.startAgain(pod.address, ms));
  }

  /** One that was leaving and is killed is started once: two lives have no address in common. */
  private startAgain(address: string, ms: number): void {
    this.world.at(this.world.now + ms, () => {
      if (this.pods.get(address)?.isAlive !== true) this.start(address);
    });
  }

  private killOne(share: number): Pod | undefined {
    if (this.ready().length < 2) return undefined;
    const some = [...this.pods.values()].filter(({ phase }) =>
      phase === 'ready' || phase === 'leaving');
    const pod = some[Math.floor(share * some.length)];
    for (const other of this.pods.values()) {
      if (!other.isAlive) continue;
      for (const copy of unansweredBy(other.peers, pod.address).flatMap(copiesIn)) {
        this.record.neverAnswered(copy);
      }
    }
    pod.kill();
    return pod;
  }

  private respawn(share: number, ms: number): void {
    const pod = this.killOne(share);
    if (pod !== undefined) this.startAgain(pod.address, ms);
  }

  private unready(share: number): void {
    const ready = this.ready();
    if (ready.length < 2) return;
    ready[Math.floor(share * ready.length)].phase = 'unready';
    this.changed();
  }

  private readyAgain(): void {
    for (const pod of this.pods.values()) {
      if (pod.phase !== 'unready') continue;
      pod.phase = 'ready';
      this.changed();
    }
  }

  /** One after the other: a new pod must be ready before an old one leaves. */
  private roll([old, ...rest]: readonly Pod[]): void {
    if (old === undefined) return;
    const fresh = this.start(this.newAddress());
    const look = (): void => {
      if (fresh.phase === 'starting') {
        this.world.at(this.world.now + 300, look);
        return;
      }
      if (old.phase === 'ready' && this.ready().length > 1) this.leave(old);
      this.world.at(this.world.now + 1_000, () => this.roll(rest));
    };
    look();
  }

  /** One after the other without waiting. */
  private rush([old, ...rest]: readonly Pod[], ms: number): void {
    if (old === undefined) return;
    this.start(this.newAddress());
    if (old.phase === 'ready' && this.ready().length > 1) this.leave(old);
    this.world.at(this.world.now + ms, () => this.rush(rest, ms));
  }

  private pause(share: number, ms: number): void {
    const some = [...this.pods.values()].filter(({ isAlive, pausedUntil }) =>
      isAlive && pausedUntil <= this.world.now);
    if (some.length > 0) some[Math.floor(share * some.length)].pausedUntil = this.world.now + ms;
  }

  private split(share: number, ms: number): void {
    const addresses = [...this.pods.keys()];
    const half = new Set(addresses.filter((_, i) => (share * 7 + i * 0.37) % 1 < 0.5));
    for (const one of half) {
      for (const other of addresses) {
        if (!half.has(other)) this.network.cutUntil(one, other, this.world.now + ms);
      }
    }
  }

  private fill(share: number, ms: number): void {
    const pods = [...this.pods.values()];
    const { holder } = pods[Math.floor(share * pods.length)];
    holder.isFull = true;
    this.world.at(this.world.now + ms, () => { holder.isFull = false; });
  }
}
