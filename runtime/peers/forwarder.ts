/** Spans on their way to other pods: sent until they are taken over or the pod is gone. */
import { FULL_FORWARD_BYTES, type Forward } from './messages';
import type { Peer } from './peer-book';
import type { PeerCalls } from './peer-calls';
import type { PeerMetrics } from './peer-metrics';
import type { QueuedBytes } from './queued-bytes';
import type { TraceHolder } from './trace-holder';
import type { Clock } from '../clock';
import { messageBlocks } from '../wire/block-pool';

const PAUSE_MS = 200;
/** Who sent the spans was answered before, so that they may wait for others: a message costs. */
const GATHER_MS = 20;

/** Spans that have to be placed anew. */
export type PlaceAnew = (request: Uint8Array, hops: number) => void;

/** What a forwarder works with. */
export interface ForwarderOptions {
  /** Calls pods. */
  readonly calls: PeerCalls;
  /** The time. */
  readonly clock: Clock;
  /** Counts the bytes that wait. */
  readonly queued: QueuedBytes;
  /** Where spans are counted. */
  readonly metrics: PeerMetrics;
  /** Is told of what pods have taken over. */
  readonly holder: Pick<TraceHolder, 'taken'>;
}

interface Parcel {
  readonly request: Uint8Array;
  readonly spans: number;
  readonly hops: number;
}

interface Sent {
  readonly message: Forward;
  readonly parcels: readonly Parcel[];
  /** Whether what was sent before may still be on its way, too. */
  isRepeated: boolean;
}

interface Outgoing {
  waiting: Parcel[];
  /** What is on its way; the same message is repeated until it is answered. */
  sent?: Sent;
  isArranged: boolean;
}

/** One queue for each pod. */
export class Forwarder {
  private readonly outgoing = new Map<Peer, Outgoing>();

  public constructor(private readonly options: ForwarderOptions) {}

  /** Whether nothing waits for any pod. */
  public get isEmpty(): boolean {
    return this.outgoing.size === 0;
  }

  /** Takes spans over for `peer`, which is then the `hops`-th pod that gets them from another. */
  public add(peer: Peer, request: Uint8Array, spans: number, hops: number): void {
    let out = this.outgoing.get(peer);
    if (out === undefined) this.outgoing.set(peer, out = { waiting: [], isArranged: false });
    out.waiting.push({ request, spans, hops });
    this.options.queued.add(request.length);
    this.arrange(peer, out);
  }

  /** Whether spans wait for `peer`, or for its answer. */
  public isWaitingFor(peer: Peer): boolean {
    return this.outgoing.has(peer);
  }

  /** Whether spans were sent to `peer` of which it is not known whether it has them. */
  public isUnanswered(peer: Peer): boolean {
    return this.outgoing.get(peer)?.sent !== undefined;
  }

  /** Nothing is sent to `peer` any more; gives back what it may not have. */
  public giveUp(peer: Peer, place: PlaceAnew): void {
    const out = this.outgoing.get(peer);
    if (out === undefined) return;
    this.outgoing.delete(peer);
    for (const { request, hops } of [...out.sent?.parcels ?? [], ...out.waiting]) {
      this.options.queued.take(request.length);
      place(request, hops);
    }
  }

  /** Gives everything back. */
  public giveUpAll(place: PlaceAnew): void {
    for (const peer of [...this.outgoing.keys()]) this.giveUp(peer, place);
  }

  /** What comes within that time goes together. */
  private arrange(peer: Peer, out: Outgoing): void {
    if (out.sent !== undefined || out.isArranged) return;
    out.isArranged = true;
    this.options.clock.after(GATHER_MS, () => {
      out.isArranged = false;
      if (this.outgoing.get(peer) === out && out.sent === undefined) this.sendNext(peer, out);
    });
  }

  private sendNext(peer: Peer, out: Outgoing): void {
    const parcels = takeBatch(out);
    peer.forwardSeq += 1;
    out.sent = {
      parcels,
      isRepeated: false,
      message: {
        kind: 'forward',
        seq: peer.forwardSeq,
        hops: parcels[0].hops,
        spans: parcels.reduce((sum, { spans }) => sum + spans, 0),
        chunks: parcels.map(({ request }) => request),
      },
    };
    this.send(peer, out, out.sent);
  }

  private send(peer: Peer, out: Outgoing, sent: Sent): void {
    const { calls, clock, metrics } = this.options;
    const isSent = (): boolean => this.outgoing.get(peer) === out && out.sent === sent;
    if (!isSent()) return;
    const again = (): void => {
      sent.isRepeated = true;
      clock.after(PAUSE_MS, () => this.send(peer, out, sent));
    };
    calls.say(peer, sent.message, ({ taken }) => {
      if (!isSent()) return;
      if (taken) {
        this.taken(peer, out, sent);
      } else {
        metrics.refusedForwards.add(1);
        again();
      }
    }, again);
  }

  private taken(peer: Peer, out: Outgoing, { message, parcels, isRepeated }: Sent): void {
    const { queued, metrics, holder } = this.options;
    for (const { request } of parcels) {
      queued.take(request.length);
      holder.taken?.(request);
      if (!isRepeated) messageBlocks.give(request);
    }
    metrics.forwardedSpans.add(message.spans);
    out.sent = undefined;
    if (out.waiting.length === 0) this.outgoing.delete(peer);
    else this.arrange(peer, out);
  }
}

/** The first parcels that have gone equally far, up to a message's size. */
function takeBatch(out: Outgoing): Parcel[] {
  const { hops } = out.waiting[0];
  const parcels: Parcel[] = [];
  const rest: Parcel[] = [];
  let bytes = 0;
  for (const parcel of out.waiting) {
    const fits = parcels.length === 0 || bytes + parcel.request.length <= FULL_FORWARD_BYTES;
    if (parcel.hops === hops && fits) {
      parcels.push(parcel);
      bytes += parcel.request.length;
    } else {
      rest.push(parcel);
    }
  }
  out.waiting = rest;
  return parcels;
}
