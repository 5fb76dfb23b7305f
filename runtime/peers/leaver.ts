/** Takes leave of the pool: when nothing here is needed any more, and everybody knows. */
import type { Announcer } from './announcer';
import type { Claimer } from './claimer';
import type { Forwarder } from './forwarder';
import type { HandOver } from './hand-over';
import type { LiveRings } from './live-rings';
import type { Peer } from './peer-book';
import type { PeerCalls } from './peer-calls';
import type { TraceHolder } from './trace-holder';
import type { VerdictLedger } from './verdict-ledger';
import type { Clock } from '../clock';

const LOOK_MS = 200;
const PAUSE_MS = 300;

/** What a leaver looks at. */
export interface LeaverOptions {
  /** Calls pods. */
  readonly calls: PeerCalls;
  /** The time. */
  readonly clock: Clock;
  /** Holds traces. */
  readonly holder: TraceHolder;
  /** The rings. */
  readonly rings: LiveRings;
  /** Claims under way. */
  readonly claimer: Claimer;
  /** Spans under way. */
  readonly forwarder: Forwarder;
  /** Rings under way. */
  readonly announcer: Announcer;
  /** Verdicts under way. */
  readonly handOver: HandOver;
  /** Verdicts that this pod answers for. */
  readonly ledger: VerdictLedger;
  /** All pods that are not gone. */
  readonly peers: () => Peer[];
  /** Whether the resolver says that no pod is ready, so that no ring will come without this one. */
  readonly isPoolEmpty: () => boolean;
}

/** Leaves. */
export class Leaver {
  /** Whether good-bye has been said: from then on this pod claims nothing. */
  public hasSaidBye = false;
  private readonly waiting = new Set<Peer>();
  private left?: () => void;
  private leaving?: Promise<void>;

  public constructor(private readonly options: LeaverOptions) {}

  /** Resolves when this pod may end. */
  public leave(): Promise<void> {
    this.leaving ??= new Promise((resolve) => {
      this.left = resolve;
      this.lookLater();
    });
    return this.leaving;
  }

  /** A pod is gone, which need not be told. */
  public peerGone(peer: Peer): void {
    if (this.waiting.delete(peer)) this.endIfTold();
  }

  private lookLater(): void {
    this.options.clock.after(LOOK_MS, () => this.look());
  }

  private look(): void {
    const { handOver, peers } = this.options;
    if (!this.isDone || !this.isUnnamed) {
      this.lookLater();
      return;
    }
    if (!this.hasHandedOver) {
      if (handOver.isEmpty) handOver.giveAll();
      this.lookLater();
      return;
    }
    this.hasSaidBye = true;
    for (const peer of peers()) this.waiting.add(peer);
    for (const peer of [...this.waiting]) this.sayBye(peer);
    this.endIfTold();
  }

  /** Whether no span is here that another pod does not have. */
  private get isDone(): boolean {
    const { holder, claimer, forwarder } = this.options;
    return holder.isIdle && claimer.size === 0 && forwarder.isEmpty;
  }

  /** Whether no pod will bring spans because of a ring. */
  private get isUnnamed(): boolean {
    const { rings, announcer, isPoolEmpty } = this.options;
    if (announcer.isBusy) return false;
    if (isPoolEmpty()) return true;
    return !rings.current.members.some((member) => rings.isSelf(member)) && !rings.isNamedByPeers;
  }

  /** Whether no verdict is left that another pod should answer for. */
  private get hasHandedOver(): boolean {
    const { handOver, ledger, rings } = this.options;
    return handOver.isEmpty && ledger.every((w0, w1, w2, w3) =>
      rings.isSelf(rings.owners.ownerOf(w0, w1, w2, w3)));
  }

  private sayBye(peer: Peer): void {
    if (!this.waiting.has(peer)) return;
    const { calls, clock } = this.options;
    const again = (): void => { clock.after(PAUSE_MS, () => this.sayBye(peer)); };
    calls.say(peer, { kind: 'bye' }, ({ accepted }) => {
      if (!accepted) {
        again();
        return;
      }
      this.waiting.delete(peer);
      this.endIfTold();
    }, again);
  }

  /** Something may have come while good-bye was said. */
  private endIfTold(): void {
    if (!this.hasSaidBye || this.waiting.size > 0) return;
    if (this.isDone && this.hasHandedOver) {
      this.left?.();
      return;
    }
    if (!this.hasHandedOver && this.options.handOver.isEmpty) this.options.handOver.giveAll();
    this.options.clock.after(PAUSE_MS, () => this.endIfTold());
  }
}
