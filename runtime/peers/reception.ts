/** Answers what other pods say. */
import type { Announcer } from './announcer';
import type { Claim } from './claim-table';
import type { Claimer } from './claimer';
import type { Forwarder } from './forwarder';
import type { HandOver } from './hand-over';
import { eachId } from './id-bytes';
import type { LiveRings } from './live-rings';
import type { Membership } from './membership';
import {
  ASK, DROPPED, HERE, KEPT, NO, PROTOCOL_VERSION, type Announce, type AnswerBody, type Claim as
  ClaimMessage, type Decisions, type Forward, type PeerAnswer, type PeerIdentity, type PeerMessage,
  type PeerRequest,
} from './messages';
import type { Peer, PeerBook } from './peer-book';
import type { PeerMetrics } from './peer-metrics';
import type { Pointers } from './pointers';
import type { QueuedBytes } from './queued-bytes';
import { DECIDED_DROPPED, DECIDED_KEPT, HELD, type TraceHolder } from './trace-holder';
import type { VerdictLedger } from './verdict-ledger';
import { MalformedError } from '../errors';
import { NONE } from '../otlp/id-table';
import type { Logger } from '../telemetry/logger';

/** What answers are made from. */
export interface ReceptionOptions {
  /** This pod. */
  readonly identity: PeerIdentity;
  /** The pods. */
  readonly book: PeerBook;
  /** Who is there and who is gone. */
  readonly membership: Membership;
  /** The rings. */
  readonly rings: LiveRings;
  /** Where traces live. */
  readonly pointers: Pointers;
  /** Verdicts that this pod answers for. */
  readonly ledger: VerdictLedger;
  /** Memory of spans that wait. */
  readonly queued: QueuedBytes;
  /** Claims of this pod. */
  readonly claimer: Claimer;
  /** Spans on their way. */
  readonly forwarder: Forwarder;
  /** Rings that are announced. */
  readonly announcer: Announcer;
  /** Verdicts on their way. */
  readonly handOver: HandOver;
  /** Holds traces. */
  readonly holder: TraceHolder;
  /** Where it counts. */
  readonly metrics: PeerMetrics;
  /** Where it logs. */
  readonly log: Logger;
  /** Whether every pod knows that this one is there. */
  readonly hasJoined: () => boolean;
  /** A trace that was claimed lives at the pod with this address. */
  readonly giveAway: (claim: Claim, address: string) => void;
}

/** Takes messages. */
export class Reception {
  /** The writing of spans that the answer waits for. */
  private written?: Promise<void>;

  public constructor(private readonly options: ReceptionOptions) {}

  /** The answer to one message. */
  public receive(request: PeerRequest): PeerAnswer {
    const { identity } = this.options;
    const answer = { version: PROTOCOL_VERSION, from: identity, body: this.answer(request) };
    const isForward = answer.body.kind === 'forward';
    return isForward && this.written !== undefined ? { ...answer, written: this.written } : answer;
  }

  private answer({ version, from, to, body }: PeerRequest): AnswerBody {
    const { identity, book, membership } = this.options;
    if (version !== PROTOCOL_VERSION) {
      return this.refuse(from, `speaks version ${version}, and this pod ${PROTOCOL_VERSION}`);
    }
    if (body === undefined) return this.refuse(from, 'says what this pod does not know');
    if (from.address === identity.address) return this.refuse(from, 'has the address of this pod');
    if (to !== 0 && to !== identity.incarnation) {
      return this.refuse(from, 'means an earlier life of this pod');
    }
    if (book.find(from.address) === undefined && !book.hasRoom) {
      return this.refuse(from, 'is one pod too many');
    }
    const peer = book.of(from.address);
    if (!membership.heard(peer, from)) return this.refuse(from, 'is an earlier life of that pod');
    return this.answerTo(peer, body);
  }

  private refuse({ address }: PeerIdentity, reason: string): AnswerBody {
    this.options.metrics.refusedMessages.add(1);
    this.options.log.warn('A peer is refused.', { peer: address, reason });
    return { kind: 'refusal', reason };
  }

  private answerTo(peer: Peer, body: PeerMessage): AnswerBody {
    switch (body.kind) {
      case 'announce':
        return this.announced(peer, body);
      case 'claim':
        return this.claimed(peer, body);
      case 'forward':
        return this.forwarded(peer, body);
      case 'decisions':
        return this.decided(body);
      case 'bye':
        return { kind: 'bye', accepted: this.accepts(peer) };
    }
  }

  private announced(peer: Peer, { seq, current, next }: Announce): AnswerBody {
    const { membership, announcer, rings } = this.options;
    if (!membership.learnRings(peer, seq, current, next)) {
      return this.refuse(peer, 'names more pods than can be remembered');
    }
    // Pods that are learned just now have to answer, too.
    announcer.peersChanged();
    return {
      kind: 'announce',
      seq: announcer.nextSeq(),
      current: rings.current.members,
      next: rings.next?.members,
      others: rings.others(),
      gone: membership.gone(),
    };
  }

  private claimed(peer: Peer, { ids }: ClaimMessage): AnswerBody {
    const answers: number[] = [];
    const pods: string[] = [];
    eachId(ids, (w0, w1, w2, w3) => {
      const known = this.stateOf(w0, w1, w2, w3);
      answers.push(known === NO ? this.cede(peer, pods, w0, w1, w2, w3) : known);
    });
    return { kind: 'claim', answers, pods };
  }

  private stateOf(w0: number, w1: number, w2: number, w3: number): number {
    const state = this.options.holder.stateOf(w0, w1, w2, w3);
    if (state === HELD) return HERE;
    if (state === DECIDED_KEPT) return KEPT;
    if (state === DECIDED_DROPPED) return DROPPED;
    const verdict = this.options.ledger.verdictOf(w0, w1, w2, w3);
    if (verdict === NONE) return NO;
    return verdict === 1 ? KEPT : DROPPED;
  }

  /** A "no" is binding: from then on the trace lives at the one who asked. */
  private cede(
    peer: Peer, pods: string[], w0: number, w1: number, w2: number, w3: number,
  ): number {
    if (peer.gone !== undefined) return NO;
    const { claimer, pointers, book, identity, giveAway } = this.options;
    const claim = claimer.find(w0, w1, w2, w3);
    if (claim !== undefined) {
      // Whoever has asked all pods up to itself keeps the trace; of two, that is the later one.
      if (claim.asking > identity.address) return HERE;
      claimer.close(claim);
      giveAway(claim, peer.address);
      return NO;
    }
    const holder = book.at(pointers.find(w0, w1, w2, w3));
    if (holder !== undefined && holder !== peer && holder.gone === undefined) {
      let number = pods.indexOf(holder.address);
      if (number < 0) number = pods.push(holder.address) - 1;
      return ASK + number;
    }
    pointers.point(w0, w1, w2, w3, peer.number);
    return NO;
  }

  private forwarded(peer: Peer, { seq, hops, spans, chunks }: Forward): AnswerBody {
    const { metrics, log } = this.options;
    if (peer.taken.has(seq)) {
      metrics.repeatedForwards.add(1);
      return { kind: 'forward', taken: true };
    }
    const request = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    if (!this.hasRoom(request.length)) return { kind: 'forward', taken: false };
    peer.taken.add(seq);
    metrics.receivedSpans.add(spans);
    try {
      this.waitFor(this.options.holder.take(request, hops, true));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      metrics.malformedForwards.add(1);
      log.error('Spans from a peer are lost: they are no request.', {
        peer: peer.address, error: error.message,
      });
    }
    return { kind: 'forward', taken: true };
  }

  /** Also the answers to repeated messages wait until what they brought is written. */
  private waitFor(written: void | Promise<void>): void {
    if (written === undefined) return;
    const all = Promise.all([this.written, written]).then(() => {
      if (this.written === all) this.written = undefined;
    });
    this.written = all;
  }

  private hasRoom(bytes: number): boolean {
    const { holder, queued, claimer, hasJoined } = this.options;
    return hasJoined() && !queued.isFullForPeers && !claimer.isFull && holder.hasRoom(bytes);
  }

  private decided({ kept, dropped }: Decisions): AnswerBody {
    eachId(kept, (w0, w1, w2, w3) => this.import(w0, w1, w2, w3, true));
    eachId(dropped, (w0, w1, w2, w3) => this.import(w0, w1, w2, w3, false));
    return { kind: 'decisions' };
  }

  /** This pod answers for a verdict from now on; one that it knew already stays as it was. */
  private import(w0: number, w1: number, w2: number, w3: number, isKept: boolean): void {
    const { holder, claimer, ledger, handOver, metrics } = this.options;
    metrics.importedVerdicts.add(1);
    const known = this.stateOf(w0, w1, w2, w3);
    const verdict = known === KEPT || known === DROPPED ? known === KEPT : isKept;
    if (known === NO || known === HERE) {
      const claim = claimer.find(w0, w1, w2, w3);
      if (claim !== undefined) claimer.close(claim);
      holder.learn(w0, w1, w2, w3, verdict);
      if (claim !== undefined) holder.follow(w0, w1, w2, w3, claim.chunks, verdict);
    }
    ledger.add(w0, w1, w2, w3, verdict);
    handOver.giveLater(w0, w1, w2, w3, verdict);
  }

  private accepts(peer: Peer): boolean {
    if (this.options.forwarder.isUnanswered(peer)) return false;
    this.options.membership.lose(peer, 'bye');
    return true;
  }
}
