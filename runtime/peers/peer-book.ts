/** The other pods, as far as this one knows them. */
import { DuplicateWindow } from './duplicate-window';
import type { PeerRing } from './peer-ring';

/** Why a pod counts as gone. */
export type GoneReason =
  /** It said good-bye. */
  | 'bye'
  /** The resolver named it and does no longer, and it is silent. */
  | 'unlisted'
  /** Nobody has listened there for a while. */
  | 'refused'
  /** Another pod said so. */
  | 'hearsay'
  /** It was started again at the same address. */
  | 'restarted';

/** Earlier lives of a pod that are told from new ones. */
const MOST_FORMER = 8;

/** One other pod: an address, and the life that it leads now. */
export class Peer {
  /** Its incarnation; 0 until it is heard. */
  public incarnation = 0;
  /** Why it is gone; undefined while it is not. */
  public gone?: GoneReason;
  /** When it went, by the clock's `monotonic`. */
  public goneAt = 0;
  /** Whether the resolver names it. */
  public isListed = false;
  /** When it was heard last, by the clock's `monotonic`. */
  public heardAt = -Infinity;
  /** Since when nobody has listened there, as far as anything came back; undefined when heard. */
  public refusedSince?: number;
  /** The rings that it may be using. */
  public rings: readonly PeerRing[] = [];
  /** Number of the message that said so. */
  public ringsSeq = 0;
  /** Which of its Forwards were taken. */
  public taken = new DuplicateWindow();
  /** Number of the last Forward to it. */
  public forwardSeq = 0;
  private former: readonly number[] = [];

  public constructor(
    /** Names it where a number is smaller than an address; given anew only after long. */
    public readonly number: number,
    /** Its address as rings spell it. */
    public readonly address: string,
  ) {}

  /** Whether this was an earlier life of it. */
  public wasBefore(incarnation: number): boolean {
    return this.former.includes(incarnation);
  }

  /** Begins another life: nothing is known of it. */
  public renew(incarnation: number): void {
    this.former = [...this.former, this.incarnation].slice(-MOST_FORMER);
    this.incarnation = incarnation;
    this.gone = undefined;
    this.refusedSince = undefined;
    this.rings = [];
    this.ringsSeq = 0;
    this.taken = new DuplicateWindow();
  }
}

/** Pods that are remembered, gone ones included. */
const MOST_PEERS = 4000;
/** How long a gone pod is remembered. */
const REMEMBER_MS = 600_000;

/** All of them. */
export class PeerBook {
  private readonly byAddress = new Map<string, Peer>();
  private readonly byNumber: (Peer | undefined)[] = [];

  public constructor(
    /** The own address. */
    public readonly self: string,
  ) {}

  /** The pod at this address, which is not the own one. */
  public of(address: string): Peer {
    const known = this.byAddress.get(address);
    if (known !== undefined) return known;
    const free = this.byNumber.indexOf(undefined);
    const peer = new Peer(free < 0 ? this.byNumber.length : free, address);
    this.byNumber[peer.number] = peer;
    this.byAddress.set(address, peer);
    return peer;
  }

  /** The pod at this address, if it was heard of. */
  public find(address: string): Peer | undefined {
    return this.byAddress.get(address);
  }

  /** The pod with this number. */
  public at(number: number): Peer | undefined {
    return this.byNumber[number];
  }

  /** Whether there is room for a pod that nobody listed. */
  public get hasRoom(): boolean {
    return this.byAddress.size < MOST_PEERS;
  }

  /** All that are remembered. */
  public all(): IterableIterator<Peer> {
    return this.byAddress.values();
  }

  /** Whether the pod at this address is gone. */
  public isGone(address: string): boolean {
    return this.byAddress.get(address)?.gone !== undefined;
  }

  /** Remembers all of these addresses; false, and none of them, when there is no room for all. */
  public admit(addresses: readonly string[]): boolean {
    const fresh = [...new Set(addresses)].filter((one) =>
      one !== this.self && !this.byAddress.has(one));
    if (this.byAddress.size + fresh.length > MOST_PEERS) return false;
    for (const address of fresh) this.of(address);
    return true;
  }

  /** Forgets pods that went long ago, and those that were only ever named and are not in use. */
  public forgetOld(now: number, isInUse: (peer: Peer) => boolean): void {
    for (const peer of [...this.byAddress.values()]) {
      const since = peer.gone === undefined ? peer.heardAt : peer.goneAt;
      const isKept = peer.isListed || now - since <= REMEMBER_MS
        || peer.gone === undefined && isInUse(peer);
      if (isKept) continue;
      this.byAddress.delete(peer.address);
      this.byNumber[peer.number] = undefined;
    }
  }
}
