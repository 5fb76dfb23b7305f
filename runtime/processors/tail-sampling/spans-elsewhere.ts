/**
 * Spans that belong to other pods, or of which that is being asked: cut out of the request that
 * brought them, so that each pod gets one request of all that is for it.
 */
import { NONE } from '../../otlp/id-table';
import type { Part } from '../../otlp/parts';
import { NO_TARGET, SpanCutter } from '../../otlp/span-cutter';
import type { SpanIndex } from '../../otlp/span-index';
import { PLACE_CLAIM, PLACE_HERE, type TracePeers } from '../../peers/trace-peers';
import { messageBlocks } from '../../wire/block-pool';

/** Spans on their way to one place. */
export interface SpanParcel {
  /** Its number among all of a request. */
  readonly target: number;
  /** What `locate` said. */
  readonly place: number;
  /** Id of their trace, for those that wait for answers: they are told one by one. */
  readonly id: readonly [number, number, number, number];
  /** Ids of all its traces, where they are written down. */
  readonly ids: number[];
  /** The requests that were cut out for it. */
  readonly cut: Part[];
}

/** Writes down what is for other pods. */
export interface ElsewhereJournal {
  /** Spans of these traces, in these requests. */
  sendElsewhere(requests: readonly Uint8Array[], ids: Int32Array): void;
}

/** How much the newest request counts in what is expected of the next one. */
const NEWEST = 1 / 8;
/** Senders that go round pods in turn bring a half of two pods, two thirds of three. */
const MOST = 0.6;

/** Cuts spans out. */
export class SpansElsewhere {
  /** Absent where there is none. */
  public journal?: ElsewhereJournal;
  /** Number of requests so far that had spans to cut out. */
  public cuts = 0;
  private parcels: SpanParcel[] = [];
  private readonly ofPeer = new Map<number, SpanParcel>();
  /** A claim that waits long must not keep the memory of what went to others. */
  private readonly cutter = new SpanCutter((bytes) => messageBlocks.take(bytes), false);
  private marked = 0;
  /** Share of their spans that lately was for other pods in requests of senders. */
  private share = 0;

  public constructor(private readonly peers: TracePeers) {}

  /** A request is taken whose spans are these. */
  public begin(index: SpanIndex): void {
    this.cutter.reserve(index.spanCount);
    this.cutter.targetOf.fill(NO_TARGET, 0, index.spanCount);
    this.marked = 0;
  }

  /**
   * Where spans go of the trace whose id stands in `ids` from `at`, and of which nothing is known
   * here; undefined when it is held here.
   */
  public place(
    ids: Int32Array, at: number, hops: number, isForwarded: boolean,
  ): SpanParcel | undefined {
    const place = this.peers.locate(
      ids[at], ids[at + 1], ids[at + 2], ids[at + 3], hops, isForwarded);
    if (place === PLACE_HERE) return undefined;
    const known = this.ofPeer.get(place);
    if (known !== undefined) {
      if (this.journal !== undefined) {
        known.ids.push(ids[at], ids[at + 1], ids[at + 2], ids[at + 3]);
      }
      return known;
    }
    const id = [ids[at], ids[at + 1], ids[at + 2], ids[at + 3]] as const;
    const parcel = { target: this.parcels.length, place, id, ids: [...id], cut: [] };
    this.parcels.push(parcel);
    if (place !== PLACE_CLAIM) this.ofPeer.set(place, parcel);
    return parcel;
  }

  /** The spans of the trace that begins with `first` in the lists `next` are for `parcel`. */
  public mark({ target }: SpanParcel, first: number, next: Int32Array): void {
    const { targets, targetOf } = this.cutter;
    targets.reach(target);
    for (let span = first; span !== NONE; span = next[span]) {
      targetOf[span] = target;
      targets.items[target] += 1;
      this.marked += 1;
    }
  }

  /** Whether most of what a sender brings is likely to be for other pods. */
  public get expectsMost(): boolean {
    return this.share > MOST;
  }

  /** The request is taken whole. */
  public end(bytes: Uint8Array, index: SpanIndex, isForwarded: boolean): void {
    if (!isForwarded && index.spanCount > 0) {
      this.share += (this.marked / index.spanCount - this.share) * NEWEST;
    }
    if (this.marked === 0) return;
    this.cuts += 1;
    for (const part of this.cutter.cut(bytes, index)) this.parcels[part.target].cut.push(part);
  }

  /**
   * Gives the pool all that was cut out of requests that `hops` pods have passed on. The pool may
   * have the holder take some of it at once, which then comes here again.
   */
  public deliver(hops: number): void {
    const { parcels, peers } = this;
    if (parcels.length === 0) return;
    this.parcels = [];
    this.ofPeer.clear();
    for (const { cut, place, id, ids } of parcels) {
      this.journal?.sendElsewhere(cut.map(({ bytes }) => bytes), Int32Array.from(ids));
      for (const { bytes, items } of cut) {
        if (place === PLACE_CLAIM) peers.queue(...id, bytes, items, hops);
        else peers.forward(place, bytes, items, hops);
      }
    }
  }
}
