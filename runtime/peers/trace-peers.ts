/**
 * One pod of a pool of samplers that together behave as one (docs/trace-peers.md).
 *
 * It is told what happens (`begin`, `view`, `locate`, `decided`, `receive`, `leave`) and says what
 * to send. It has no sockets, and no clock but the one that it is given.
 */
import { Announcer } from './announcer';
import type { Claim } from './claim-table';
import { Claimer, type ClaimEnds } from './claimer';
import { Forwarder } from './forwarder';
import { HandOver } from './hand-over';
import { Leaver } from './leaver';
import { LiveRings } from './live-rings';
import { Membership } from './membership';
import type { PeerAnswer, PeerIdentity, PeerRequest } from './messages';
import { type Peer, PeerBook } from './peer-book';
import { PeerCalls } from './peer-calls';
import { PeerMetrics } from './peer-metrics';
import type { MakePeerRing } from './peer-ring';
import type { PeerTransport } from './peer-transport';
import type { PeersView } from './peers-view';
import { Pointers } from './pointers';
import { QueuedBytes } from './queued-bytes';
import { Reception } from './reception';
import type { TraceHolder } from './trace-holder';
import { VerdictLedger } from './verdict-ledger';
import type { VerdictNote } from './verdict-note';
import type { Clock, Timer } from '../clock';
import { NONE } from '../otlp/id-table';
import type { Logger } from '../telemetry/logger';
import type { Metrics } from '../telemetry/metrics';

/** What `locate` says: this pod holds the trace. */
export const PLACE_HERE = -1;
/** What `locate` says: other pods are being asked; the spans go to `queue`. */
export const PLACE_CLAIM = -2;

/** Pods after which a pointer is not believed any more. */
const MOST_HOPS = 8;
/** Pods after which a ring is not. */
const MOST_RING_HOPS = 6;
/** On top of the decision wait, for resolvers that are slow and verdicts on their way. */
const SETTLE_MORE_MS = 15_000;
const VIEW_DELAY_MS = 10_000;
/** On top of the view delay, before a pod that nobody listens at is gone. */
const REFUSED_MORE_MS = 5_000;
const FORGET_EVERY_MS = 60_000;
/** How long what came after good-bye may be on its way, and how often that is looked at. */
const MOST_EMPTYING_MS = 3000;
const EMPTYING_LOOK_MS = 10;
const MOST_QUEUED_BYTES = 64 * 1024 * 1024;
const MOST_POINTERS = 200_000;
const MOST_VERDICTS = 200_000;

/** What a pod of the pool is made from. */
export interface TracePeersOptions {
  /** Name of the component, for metrics. */
  readonly id: string;
  /** This pod. */
  readonly identity: PeerIdentity;
  /** The time. */
  readonly clock: Clock;
  /** Carries messages to other pods. */
  readonly transport: PeerTransport;
  /** Holds traces. */
  readonly holder: TraceHolder;
  /** Makes rings, as the agents do. */
  readonly makeRing: MakePeerRing;
  /**
   * Generation of their hash ring, where that is not the usual one: pods of another are refused.
   * @default 3
   */
  readonly generation?: number;
  /** Where it logs. */
  readonly log: Logger;
  /** Where it counts. */
  readonly metrics: Metrics;
  /** How long traces are held before they are decided, in milliseconds. */
  readonly decisionWaitMs: number;
  /**
   * Longest time until a resolver tells of a change, in milliseconds.
   * @default 10000
   */
  readonly viewDelayMs?: number;
  /**
   * How long a ring counts as live when nobody uses it any more, in milliseconds. It must be longer
   * than any trace is held and its verdict travels.
   * @default decisionWaitMs + 15000
   */
  readonly settleMs?: number;
  /**
   * Bytes of spans that may wait for answers or other pods before senders have to wait.
   * @default 64 MiB
   */
  readonly mostQueuedBytes?: number;
  /**
   * Traces of which it is known where they live; a pointer that is forgotten costs a question.
   * @default 200000
   */
  readonly mostPointers?: number;
  /**
   * Verdicts that this pod answers for; one that is forgotten is not handed over.
   * @default 200000
   */
  readonly mostVerdicts?: number;
}

/** One pod. */
export class TracePeers {
  private readonly self: string;
  private readonly book: PeerBook;
  private readonly rings: LiveRings;
  private readonly pointers: Pointers;
  private readonly ledger: VerdictLedger;
  private readonly queued: QueuedBytes;
  private readonly metrics: PeerMetrics;
  private readonly calls: PeerCalls;
  private readonly membership: Membership;
  private readonly forwarder: Forwarder;
  private readonly claimer: Claimer;
  private readonly handOver: HandOver;
  private readonly announcer: Announcer;
  private readonly leaver: Leaver;
  private readonly reception: Reception;
  private lastView: PeersView = { ready: [] };
  private hasBegun = false;
  private hasJoined = false;
  private isStopped = false;
  private forgetting?: Timer;

  public constructor(private readonly options: TracePeersOptions) {
    const { identity, clock, makeRing, decisionWaitMs } = options;
    const settleMs = options.settleMs ?? decisionWaitMs + SETTLE_MORE_MS;
    const viewDelayMs = options.viewDelayMs ?? VIEW_DELAY_MS;
    this.self = identity.address;
    this.metrics = new PeerMetrics(options.metrics, { extension: options.id });
    this.book = new PeerBook(identity.address);
    this.rings = new LiveRings({ book: this.book, makeRing, clock, settleMs });
    this.pointers = new Pointers(clock, settleMs, options.mostPointers ?? MOST_POINTERS);
    this.ledger = new VerdictLedger(options.mostVerdicts ?? MOST_VERDICTS);
    this.queued = new QueuedBytes(options.mostQueuedBytes ?? MOST_QUEUED_BYTES);
    this.calls = new PeerCalls({
      ...options,
      heard: (peer, from) => this.membership.heard(peer, from),
      missed: (peer, isRefused) => this.membership.missed(peer, isRefused),
    });
    const { metrics, book, rings, pointers, ledger, queued, calls } = this;
    const parts = { ...options, metrics, book, rings, pointers, ledger, queued, calls };
    this.forwarder = new Forwarder(parts);
    this.membership = new Membership({
      ...parts,
      viewDelayMs,
      refusedMs: viewDelayMs + REFUSED_MORE_MS,
      isUnanswered: (peer) => this.forwarder.isUnanswered(peer),
      onGone: (peer) => this.lost(peer),
    });
    const longestQuestionMs = decisionWaitMs + viewDelayMs;
    this.claimer = new Claimer({ ...parts, longestQuestionMs, ends: this.claimEnds() });
    this.handOver = new HandOver(parts);
    const peers = (): Peer[] => this.membership.peers();
    this.announcer = new Announcer({
      ...parts,
      peers,
      peerOf: (address) => book.of(address),
      learn: (peer, answer) => this.membership.learn(peer, answer),
      used: (ms) => this.ringUsed(ms),
    });
    const { forwarder, membership, claimer, handOver, announcer } = this;
    const all = { ...parts, forwarder, membership, claimer, handOver, announcer };
    this.leaver = new Leaver({
      ...all, peers, isPoolEmpty: () => this.lastView.ready.length === 0,
    });
    const giveAway = (claim: Claim, address: string): void => this.giveAway(claim, address);
    this.reception = new Reception({ ...all, giveAway, hasJoined: () => this.hasJoined });
    this.observe();
  }

  /**
   * Whether what senders bring must be refused for now: so much waits, or this pod has not joined
   * yet. A sender with an old ring may know its address from an earlier life.
   */
  public get isFull(): boolean {
    return !this.hasJoined || this.queued.isFull || this.claimer.isFull;
  }

  /**
   * Joins the pool as the resolver says it is. Resolves when every pod knows that this one is
   * there: it may turn ready then, and not before.
   */
  public begin(view: PeersView): Promise<void> {
    this.hasBegun = true;
    this.lastView = view;
    const { clock } = this.options;
    this.forgetting = clock.every(FORGET_EVERY_MS, () => this.forgetOld());
    if (view.all !== undefined) this.membership.list(view.all);
    const ring = this.rings.ringOf(view.ready);
    this.rings.beginWith(ring);
    return new Promise((resolve, reject) => this.announcer.join(ring, () => {
      const take = (): void => {
        this.hasJoined = true;
        resolve();
      };
      const { holder } = this.options;
      if (holder.joined === undefined) take();
      else holder.joined().then(take, reject);
    }));
  }

  /** The resolver answers again. */
  public view(view: PeersView): void {
    if (!this.hasBegun || this.isStopped) return;
    this.lastView = view;
    if (view.all !== undefined) {
      this.membership.list(view.all);
      this.announcer.peersChanged();
    }
    if (view.ready.length > 0) this.announcer.want(this.rings.ringOf(view.ready));
  }

  /**
   * Where spans belong of a trace that the holder neither holds nor knows a verdict of: PLACE_HERE,
   * PLACE_CLAIM, or the number of a pod, for `forward`. `hops` pods have passed the spans on, 0
   * when they come from a sender; `isForwarded` when they come from a pod just now.
   */
  public locate(
    w0: number, w1: number, w2: number, w3: number, hops: number, isForwarded: boolean,
  ): number {
    if (this.isStopped) return PLACE_HERE;
    const { claimer } = this;
    if (claimer.size > 0 && claimer.find(w0, w1, w2, w3) !== undefined) return PLACE_CLAIM;
    if (this.pointers.size > 0) {
      const pointed = this.pointed(w0, w1, w2, w3, hops);
      if (pointed !== NONE) return pointed;
    }
    const owner = this.rings.owners.ownerOf(w0, w1, w2, w3);
    if (owner === this.self) {
      if (this.rings.isQuiet) return PLACE_HERE;
    } else if (this.leaver.hasSaidBye || !isForwarded && hops < MOST_RING_HOPS) {
      return this.book.of(owner).number;
    }
    return claimer.open(w0, w1, w2, w3) ? PLACE_CLAIM : PLACE_HERE;
  }

  /** Takes spans over for the pod that `locate` named. The request may hold many traces. */
  public forward(peer: number, request: Uint8Array, spans: number, hops: number): void {
    const to = this.book.at(peer);
    // `locate` names only pods that are in the book, and they stay there for minutes.
    const isThere = to !== undefined && to.gone === undefined;
    if (!isThere) void this.options.holder.take(request, hops, false);
    else this.forwarder.add(to, request, spans, hops + 1);
  }

  /** Takes spans over of one trace, for which `locate` said PLACE_CLAIM. */
  public queue(
    w0: number, w1: number, w2: number, w3: number,
    request: Uint8Array, spans: number, hops: number,
  ): void {
    const claim = this.claimer.find(w0, w1, w2, w3);
    if (claim === undefined) void this.options.holder.take(request, hops, false);
    else this.claimer.queue(claim, request, spans, hops);
  }

  /** The holder has decided about a trace; `note` is what it writes on its spans. */
  public decided(
    w0: number, w1: number, w2: number, w3: number, isKept: boolean, note?: VerdictNote,
  ): void {
    if (this.isStopped) return;
    this.ledger.add(w0, w1, w2, w3, isKept, note);
    this.handOver.give(w0, w1, w2, w3, isKept);
  }

  /** The answer to what a peer says. */
  public receive(request: PeerRequest): PeerAnswer {
    return this.reception.receive(request);
  }

  /**
   * Leaves the pool. The resolver should know already that this pod is not ready any more; until
   * the promise is fulfilled, everything works as before. It may take a decision wait and twice the
   * delay of resolvers; whoever cannot wait that long calls `stop`.
   */
  public leave(): Promise<void> {
    return this.leaver.leave();
  }

  /**
   * Resolves when nothing is on its way to another pod any more, or soon: what senders with an old
   * ring brought after good-bye belongs to traces that others hold.
   */
  public async emptied(): Promise<void> {
    const { clock } = this.options;
    const end = clock.monotonic() + MOST_EMPTYING_MS;
    while (!this.isStopped && !this.forwarder.isEmpty && clock.monotonic() < end) {
      await new Promise<void>((resolve) => { clock.after(EMPTYING_LOOK_MS, resolve); });
    }
  }

  /** Ends when nothing more can be brought: see `emptied` and `stop`. */
  public async end(): Promise<void> {
    await this.emptied();
    this.stop();
  }

  /** Ends at once: what is claimed or waits for other pods goes to the holder. */
  public stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.calls.stop();
    this.forgetting?.cancel();
    this.rings.stop();
    this.claimer.holdAll();
    this.forwarder.giveUpAll((request, hops) => this.options.holder.take(request, hops, false));
  }

  /** Number of the pod that the trace lives at, as far as this one knows, or NONE. */
  private pointed(w0: number, w1: number, w2: number, w3: number, hops: number): number {
    const number = this.pointers.find(w0, w1, w2, w3);
    if (number === NONE) return NONE;
    const peer = this.book.at(number);
    if (peer !== undefined && peer.gone === undefined && hops < MOST_HOPS) return number;
    this.pointers.remove(w0, w1, w2, w3);
    return NONE;
  }

  private claimEnds(): ClaimEnds {
    const { holder } = this.options;
    return {
      hold: (claim) => {
        const { w0, w1, w2, w3, chunks, since } = claim;
        this.pointers.remove(w0, w1, w2, w3);
        holder.hold(w0, w1, w2, w3, chunks, since);
      },
      giveAway: (claim, address) => this.giveAway(claim, address),
      follow: ({ w0, w1, w2, w3, chunks }, isKept, note) => {
        holder.learn(w0, w1, w2, w3, isKept, note);
        holder.follow(w0, w1, w2, w3, chunks, isKept);
      },
    };
  }

  private giveAway(claim: Claim, address: string): void {
    const { w0, w1, w2, w3, chunks, spans, hops } = claim;
    const peer = this.book.of(address);
    if (peer.gone === undefined) this.pointers.point(w0, w1, w2, w3, peer.number);
    chunks.forEach((chunk, i) => this.forward(peer.number, chunk, spans[i], hops));
  }

  private ringUsed(ms: number): void {
    this.metrics.ringChanges.add(1);
    this.metrics.ringWait.record(ms / 1000);
    const { members } = this.rings.current;
    this.options.log.info('A ring is in use.', { pods: members.length, waited_ms: ms });
    this.handOver.giveAll();
  }

  private lost(peer: Peer): void {
    const { holder, transport } = this.options;
    transport.forget(peer.address);
    this.forwarder.giveUp(peer, (request, hops) => holder.take(request, hops, false));
    this.claimer.peerGone(peer.address);
    this.announcer.peerGone(peer);
    this.handOver.peerGone(peer);
    this.leaver.peerGone(peer);
  }

  private forgetOld(): void {
    const named = this.rings.addresses();
    this.book.forgetOld(this.options.clock.monotonic(), (peer) =>
      named.has(peer.address) || peer.rings.length > 0 || this.forwarder.isWaitingFor(peer));
    this.pointers.removeEnded();
  }

  private observe(): void {
    const { metrics, rings, pointers, queued, claimer, ledger } = this;
    metrics.observe('live_rings', '{rings}',
      'Rings that some pod may still route by; 1 in quiet times.', () => rings.count);
    metrics.observe('pods', '{pods}', 'Other pods that are there.',
      () => this.membership.peers().length);
    metrics.observe('pointers', '{traces}',
      'Traces that are known to live at another pod.', () => pointers.size);
    metrics.observe('claims', '{traces}',
      'Traces that wait for answers of other pods.', () => claimer.size);
    metrics.observe('verdicts', '{traces}',
      'Verdicts that this pod answers for.', () => ledger.size);
    metrics.observe('queued_bytes', 'By',
      'Spans that wait for answers or for other pods.', () => queued.bytes);
  }
}
