/**
 * The rings that somebody may still route by, and so every pod that may hold a trace.
 *
 * Live are: the ring this pod uses, the one it announces, those that each peer uses or announces,
 * and every ring that left these sets less than the settle window ago. Rings are read without gone
 * pods.
 */
import { MOST_RINGS, type LivingRing } from './messages';
import type { Peer, PeerBook } from './peer-book';
import type { MakePeerRing, PeerRing } from './peer-ring';
import type { Clock, Timer } from '../clock';

/** Rings that have left and are still live; those that end soonest give way. */
const MOST_PAST = 128;

/** What live rings are made from. */
export interface LiveRingsOptions {
  /** The pods. */
  readonly book: PeerBook;
  /** Makes rings. */
  readonly makeRing: MakePeerRing;
  /** The time. */
  readonly clock: Clock;
  /** How long a ring stays live when nobody uses it any more, in milliseconds. */
  readonly settleMs: number;
}

/** The live rings. */
export class LiveRings {
  /** The ring that this pod routes by. */
  public current: PeerRing;
  /** The ring that it announces, if any. */
  public next?: PeerRing;
  private readonly known = new Map<string, PeerRing>();
  private readonly withoutGone = new Map<PeerRing, PeerRing>();
  private readonly past = new Map<PeerRing, number>();
  /** What follows from the above; undefined when something has changed since. */
  private live?: readonly PeerRing[];
  private distinctRings?: readonly PeerRing[];
  private currentOwners?: PeerRing;
  private readonly alone: PeerRing;
  private timer?: Timer;

  public constructor(private readonly options: LiveRingsOptions) {
    this.alone = options.makeRing([options.book.self]);
    this.current = this.alone;
  }

  /** The ring with these members; the same object for the same members. */
  public ringOf(members: readonly string[]): PeerRing {
    const sorted = [...new Set(members)].sort();
    if (sorted.length === 0) return this.alone;
    const key = sorted.join('\n');
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const ring = this.options.makeRing(sorted);
    this.known.set(key, ring);
    return ring;
  }

  /** Whether this is the own address. */
  public isSelf(address: string): boolean {
    return address === this.options.book.self;
  }

  /** The ring that this pod routes by, without gone pods. */
  public get owners(): PeerRing {
    this.currentOwners ??= this.effective(this.current);
    return this.currentOwners;
  }

  /** Whether there is only one ring, gone pods aside. */
  public get isQuiet(): boolean {
    return this.distinct.length === 1;
  }

  /** Number of live rings, gone pods aside. */
  public get count(): number {
    return this.distinct.length;
  }

  /** Addresses of pods that may hold this trace, in the order in which all pods ask. */
  public candidates(w0: number, w1: number, w2: number, w3: number): string[] {
    const found: string[] = [];
    for (const ring of this.distinct) {
      const owner = ring.ownerOf(w0, w1, w2, w3);
      if (owner !== this.options.book.self && !found.includes(owner)) found.push(owner);
    }
    return found.sort();
  }

  /** The first ring of this pod, before which it had none. */
  public beginWith(ring: PeerRing): void {
    this.current = ring;
    this.changed();
  }

  /** Routes by `ring` from now on. */
  public use(ring: PeerRing): void {
    if (ring === this.current) return;
    const old = this.current;
    this.current = ring;
    this.currentOwners = undefined;
    this.retire(old, this.options.settleMs);
  }

  /** Announces `ring`, or none. */
  public announce(ring: PeerRing | undefined): void {
    // What was announced may be live at others only: they keep it for their own window.
    this.next = ring;
    this.changed();
  }

  /** A peer says which rings it uses. What is older than what is known replaces nothing. */
  public learn(peer: Peer, rings: readonly PeerRing[], seq: number): void {
    if (peer.gone !== undefined) return;
    if (peer.ringsSeq > seq) {
      for (const ring of rings) this.retire(ring, this.options.settleMs);
      return;
    }
    const left = peer.rings.filter((ring) => !rings.includes(ring));
    peer.rings = rings;
    peer.ringsSeq = seq;
    for (const ring of left) this.retire(ring, this.options.settleMs);
    this.changed();
  }

  /** A ring that was live is so for `ms` more milliseconds at least. */
  public retire(ring: PeerRing, ms: number): void {
    if (ms <= 0) return;
    const until = this.options.clock.monotonic() + ms;
    this.past.set(ring, Math.max(until, this.past.get(ring) ?? 0));
    while (this.past.size > MOST_PAST) this.past.delete(this.soonest());
    this.changed();
  }

  /** A pod is gone: it uses no rings, which stay live as any that are left. */
  public retireAllOf(peer: Peer): void {
    const { rings } = peer;
    peer.rings = [];
    for (const ring of rings) this.retire(ring, this.options.settleMs);
    this.goneChanged();
  }

  /** Somebody is gone, or there again. */
  public goneChanged(): void {
    this.withoutGone.clear();
    this.changed();
  }

  /** All live rings but the own ones, with the milliseconds that they have left. */
  public others(): LivingRing[] {
    const now = this.options.clock.monotonic();
    const left = new Map<PeerRing, number>();
    for (const [ring, until] of this.past) if (until > now) left.set(ring, until - now);
    for (const ring of this.ofPeers()) left.set(ring, this.options.settleMs);
    return [...left].sort((a, b) => b[1] - a[1]).slice(0, MOST_RINGS)
      .map(([{ members }, msLeft]) => ({ members, msLeft: Math.ceil(msLeft) }));
  }

  /** Every address in a live ring but the own one. */
  public addresses(): Set<string> {
    const found = new Set<string>();
    for (const ring of this.all) for (const member of ring.members) found.add(member);
    found.delete(this.options.book.self);
    return found;
  }

  /** Whether some peer may still give this pod traces. */
  public get isNamedByPeers(): boolean {
    const { self } = this.options.book;
    return [...this.ofPeers()].some(({ members }) => members.includes(self));
  }

  /** Ends its timer. */
  public stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** All live rings. Those whose time is over are left out when the timer says so, not before. */
  private get all(): readonly PeerRing[] {
    this.live ??= this.gather();
    return this.live;
  }

  private get distinct(): readonly PeerRing[] {
    this.distinctRings ??= [...new Set(this.all.map((ring) => this.effective(ring)))];
    return this.distinctRings;
  }

  private gather(): readonly PeerRing[] {
    const live = new Set([this.current, ...this.past.keys(), ...this.ofPeers()]);
    if (this.next !== undefined) live.add(this.next);
    for (const ring of this.withoutGone.keys()) if (!live.has(ring)) this.withoutGone.delete(ring);
    const read = new Set([...live, ...this.withoutGone.values()]);
    for (const [key, ring] of this.known) if (!read.has(ring)) this.known.delete(key);
    return [...live];
  }

  private *ofPeers(): IterableIterator<PeerRing> {
    for (const peer of this.options.book.all()) {
      if (peer.gone === undefined) yield* peer.rings;
    }
  }

  private effective(ring: PeerRing): PeerRing {
    const known = this.withoutGone.get(ring);
    if (known !== undefined) return known;
    const { book } = this.options;
    const members = ring.members.filter((member) => member === book.self || !book.isGone(member));
    const isWhole = members.length === ring.members.length;
    const made = isWhole ? ring : this.ringOf(members);
    this.withoutGone.set(ring, made);
    return made;
  }

  private changed(): void {
    this.live = undefined;
    this.distinctRings = undefined;
    this.currentOwners = undefined;
    this.timer?.cancel();
    this.timer = undefined;
    if (this.past.size === 0) return;
    const { clock } = this.options;
    const soonest = this.past.get(this.soonest()) ?? 0;
    this.timer = clock.after(Math.max(1, Math.ceil(soonest - clock.monotonic())), () => {
      const now = clock.monotonic();
      for (const [ring, until] of this.past) if (until <= now) this.past.delete(ring);
      this.changed();
    });
  }

  private soonest(): PeerRing {
    let found: PeerRing = this.current;
    let until = Infinity;
    for (const [ring, end] of this.past) {
      if (end >= until) continue;
      found = ring;
      until = end;
    }
    return found;
  }
}
