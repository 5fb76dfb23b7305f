/** Which pods there are, and which are gone. */
import type { LiveRings } from './live-rings';
import { MOST_GONE, type AnnounceAnswer, type PeerIdentity } from './messages';
import type { GoneReason, Peer, PeerBook } from './peer-book';
import type { Clock } from '../clock';
import type { Logger } from '../telemetry/logger';

/** What a membership is made from. */
export interface MembershipOptions {
  /** The pods. */
  readonly book: PeerBook;
  /** The rings. */
  readonly rings: LiveRings;
  /** The time. */
  readonly clock: Clock;
  /** Where it logs. */
  readonly log: Logger;
  /** Longest time until a resolver tells of a change, in milliseconds. */
  readonly viewDelayMs: number;
  /** How long nobody may listen at a pod before it is gone, in milliseconds. */
  readonly refusedMs: number;
  /** Whether it is unknown if a pod has taken what was sent to it. */
  readonly isUnanswered: (peer: Peer) => boolean;
  /** Told of every pod that is gone. */
  readonly onGone: (peer: Peer) => void;
}

/** Keeps the book. */
export class Membership {
  public constructor(private readonly options: MembershipOptions) {}

  /** All pods that are not gone. */
  public peers(): Peer[] {
    const { book, rings } = this.options;
    const found = new Set<Peer>();
    for (const peer of book.all()) if (peer.isListed || peer.rings.length > 0) found.add(peer);
    for (const address of rings.addresses()) found.add(book.of(address));
    return [...found].filter(({ gone }) => gone === undefined);
  }

  /** Pods that are gone, those that went last first. */
  public gone(): PeerIdentity[] {
    return [...this.options.book.all()].filter(({ gone }) => gone !== undefined)
      .sort((a, b) => b.goneAt - a.goneAt).slice(0, MOST_GONE)
      .map(({ address, incarnation }) => ({ address, incarnation }));
  }

  /** A pod has spoken or answered. False when that was an earlier life of it. */
  public heard(peer: Peer, { incarnation }: PeerIdentity): boolean {
    if (peer.wasBefore(incarnation)) return false;
    if (peer.incarnation === 0) peer.incarnation = incarnation;
    if (peer.incarnation !== incarnation) this.restarted(peer, incarnation);
    peer.refusedSince = undefined;
    peer.heardAt = this.options.clock.monotonic();
    const isBack = peer.gone === 'refused' || peer.gone !== undefined && peer.isListed;
    if (isBack && peer.gone !== 'bye') this.revive(peer);
    return true;
  }

  /** A call to a pod failed. */
  public missed(peer: Peer, isRefused: boolean): void {
    // Silence says nothing: whoever has joined since was heard, which counts anew.
    if (!isRefused) return;
    const now = this.options.clock.monotonic();
    if (peer.refusedSince === undefined) peer.refusedSince = now;
    else if (now - peer.refusedSince > this.options.refusedMs) this.lose(peer, 'refused');
  }

  /** The resolver names these pods, ready or not. */
  public list(all: readonly string[]): void {
    const { book } = this.options;
    const listed = new Set(all);
    for (const peer of [...book.all()]) {
      if (!peer.isListed || listed.has(peer.address)) continue;
      peer.isListed = false;
      this.loseIfSilent(peer);
    }
    for (const address of listed) if (address !== book.self) this.listOne(book.of(address));
  }

  /** A pod answers which rings it uses, which others live, and who is gone. */
  public learn(peer: Peer, answer: AnnounceAnswer): void {
    const { rings, book, log } = this.options;
    let isWhole = this.learnRings(peer, answer.seq, answer.current, answer.next);
    for (const { members, msLeft } of answer.others) {
      if (book.admit(members)) rings.retire(rings.ringOf(members), msLeft);
      else isWhole = false;
    }
    if (!isWhole) {
      log.warn('A peer names more pods than can be remembered.', { peer: peer.address });
    }
    for (const identity of answer.gone) this.learnGone(identity);
  }

  /** A pod says which rings it uses. False when they name more pods than can be remembered. */
  public learnRings(
    peer: Peer, seq: number, current: readonly string[], next?: readonly string[],
  ): boolean {
    const { rings, book } = this.options;
    if (!book.admit(next === undefined ? current : [...current, ...next])) return false;
    const used = [rings.ringOf(current)];
    if (next !== undefined) used.push(rings.ringOf(next));
    rings.learn(peer, [...new Set(used)], seq);
    return true;
  }

  /** A pod is gone, unless it was before. */
  public lose(peer: Peer, reason: GoneReason): void {
    if (peer.gone !== undefined) return;
    this.bury(peer, reason);
    this.options.onGone(peer);
  }

  /** From a journal the new life may know what the earlier one knew, so that it is asked, too. */
  private restarted(peer: Peer, incarnation: number): void {
    const wasThere = peer.gone === undefined;
    if (wasThere) this.bury(peer, 'restarted');
    peer.renew(incarnation);
    this.options.rings.goneChanged();
    if (wasThere) this.options.onGone(peer);
  }

  private bury(peer: Peer, reason: GoneReason): void {
    const { rings, clock, log } = this.options;
    peer.gone = reason;
    peer.goneAt = clock.monotonic();
    rings.retireAllOf(peer);
    log.info('A peer is gone.', { peer: peer.address, reason });
  }

  /** A pod that speaks is there: the resolver may mean an earlier life of it. */
  private loseIfSilent(peer: Peer): void {
    if (peer.isListed) return;
    const { clock, viewDelayMs } = this.options;
    const wait = peer.heardAt + viewDelayMs - clock.monotonic();
    if (wait <= 0) this.lose(peer, 'unlisted');
    else clock.after(wait, () => this.loseIfSilent(peer));
  }

  private listOne(peer: Peer): void {
    if (peer.gone === undefined) {
      peer.isListed = true;
    } else if (peer.gone !== 'bye' && !peer.isListed) {
      peer.isListed = true;
      this.revive(peer);
    }
  }

  private revive(peer: Peer): void {
    peer.gone = undefined;
    peer.refusedSince = undefined;
    this.options.rings.goneChanged();
    this.options.log.info('A peer is there again.', { peer: peer.address });
  }

  /** Hearsay counts where nothing that is known here speaks against it. */
  private learnGone({ address, incarnation }: PeerIdentity): void {
    const { book } = this.options;
    if (address === book.self || !book.hasRoom) return;
    const peer = book.of(address);
    if (peer.isListed || peer.wasBefore(incarnation) || this.options.isUnanswered(peer)) return;
    if (peer.incarnation === 0) peer.incarnation = incarnation;
    if (peer.incarnation === incarnation) this.lose(peer, 'hearsay');
  }
}
