/** Announces a ring to all pods, and uses it when all have answered. */
import type { LiveRings } from './live-rings';
import type { AnnounceAnswer } from './messages';
import type { Peer } from './peer-book';
import type { PeerCalls } from './peer-calls';
import type { PeerMetrics } from './peer-metrics';
import type { PeerRing } from './peer-ring';
import type { Clock } from '../clock';

const PAUSE_MS = 200;

/** What an announcer works with. */
export interface AnnouncerOptions {
  /** Calls pods. */
  readonly calls: PeerCalls;
  /** The rings. */
  readonly rings: LiveRings;
  /** The time. */
  readonly clock: Clock;
  /** All pods that are not gone. */
  readonly peers: () => Peer[];
  /** The pod at an address. */
  readonly peerOf: (address: string) => Peer;
  /** Told what a pod answers. */
  readonly learn: (peer: Peer, answer: AnnounceAnswer) => void;
  /** Told when another ring is in use. `ms` is how long it was announced. */
  readonly used: (ms: number) => void;
  /** Generation of the hash ring, where that is not the usual one. */
  readonly generation?: number;
  /** Where announcements are counted. */
  readonly metrics: PeerMetrics;
}

interface Announcement {
  readonly ring: PeerRing;
  readonly since: number;
  readonly waiting: Set<Peer>;
  readonly answered: Set<Peer>;
  /** Told when it is in use: the pod has joined, which nothing cuts short. */
  readonly joined?: () => void;
}

/** Announces rings. */
export class Announcer {
  private under?: Announcement;
  private lastSeq = 0;

  public constructor(private readonly options: AnnouncerOptions) {}

  /** A number above all that were given before. */
  public nextSeq(): number {
    this.lastSeq += 1;
    return this.lastSeq;
  }

  /** Whether a ring is announced and not yet in use. */
  public get isBusy(): boolean {
    return this.under !== undefined;
  }

  /** Announces the first ring; `joined` is told when all have answered. */
  public join(ring: PeerRing, joined: () => void): void {
    this.begin(ring, joined);
  }

  /** The resolver says `ring`. */
  public want(ring: PeerRing): void {
    const { rings } = this.options;
    if (this.under?.ring === ring) return;
    if (this.under === undefined && ring === rings.current) return;
    if (this.under?.joined === undefined && ring === rings.current) {
      this.under = undefined;
      rings.announce(undefined);
      this.tellUse();
      return;
    }
    this.begin(ring, this.under?.joined);
  }

  /** A pod is gone. If another life of it is met, that one has to be asked anew. */
  public peerGone(peer: Peer): void {
    this.under?.waiting.delete(peer);
    this.under?.answered.delete(peer);
    this.peersChanged();
  }

  /** Pods were learned. */
  public peersChanged(): void {
    const announcement = this.under;
    if (announcement === undefined) return;
    const { peers, peerOf, rings } = this.options;
    for (const peer of peers()) this.ask(announcement, peer);
    for (const member of announcement.ring.members) {
      const isOther = !rings.isSelf(member);
      if (isOther && peerOf(member).gone === undefined) this.ask(announcement, peerOf(member));
    }
    this.finishIfAnswered();
  }

  private begin(ring: PeerRing, joined?: () => void): void {
    this.under = {
      ring,
      since: this.options.clock.monotonic(),
      waiting: new Set(),
      answered: new Set(),
      joined,
    };
    this.options.rings.announce(ring);
    this.peersChanged();
  }

  private ask(announcement: Announcement, peer: Peer): void {
    if (announcement.waiting.has(peer) || announcement.answered.has(peer)) return;
    announcement.waiting.add(peer);
    this.sayTo(announcement, peer);
  }

  private sayTo(announcement: Announcement, peer: Peer): void {
    const { calls, clock, rings, learn, metrics, generation } = this.options;
    const stillWaits = (): boolean =>
      this.under === announcement && announcement.waiting.has(peer);
    if (!stillWaits()) return;
    metrics.announcements.add(1);
    const current = rings.current.members;
    const next = announcement.ring.members;
    const seq = this.nextSeq();
    calls.say(peer, { kind: 'announce', seq, current, next, generation }, (answer) => {
      if (!stillWaits()) return;
      announcement.waiting.delete(peer);
      announcement.answered.add(peer);
      learn(peer, answer);
      this.peersChanged();
    }, () => { clock.after(PAUSE_MS, () => this.sayTo(announcement, peer)); });
  }

  private finishIfAnswered(): void {
    const announcement = this.under;
    if (announcement === undefined || announcement.waiting.size > 0) return;
    const { rings, clock, used } = this.options;
    this.under = undefined;
    rings.announce(undefined);
    rings.use(announcement.ring);
    used(clock.monotonic() - announcement.since);
    this.tellUse();
    announcement.joined?.();
  }

  /** Tells all pods which ring is in use. Nobody waits for that. */
  private tellUse(): void {
    const { current } = this.options.rings;
    const seq = this.nextSeq();
    for (const peer of this.options.peers()) this.tellUseTo(peer, current, seq);
  }

  private tellUseTo(peer: Peer, current: PeerRing, seq: number): void {
    const { calls, clock, rings, metrics, generation } = this.options;
    if (this.under !== undefined || rings.current !== current || peer.gone !== undefined) return;
    metrics.announcements.add(1);
    const said = { kind: 'announce', seq, current: current.members, generation } as const;
    calls.say(peer, said, () => undefined, () => {
      clock.after(PAUSE_MS, () => this.tellUseTo(peer, current, seq));
    });
  }
}
