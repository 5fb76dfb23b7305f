/**
 * Spans that belong to other pods, or of which that is being asked: cut out of the request that
 * brought them, so that each pod gets one request of all that is for it.
 */
import { ReleaseWriter } from './release-writer';
import { CHAIN_WORDS, clearChain, type SpanArena } from './span-arena';
import { PLACE_CLAIM, PLACE_HERE, type TracePeers } from '../../peers/trace-peers';
import type { Payload } from '../../pipeline/payload';

/** Spans on their way to one place. */
export interface SpanParcel {
  /** Takes their rows. */
  readonly chain: Int32Array;
  /** What `locate` said. */
  readonly place: number;
  /** Id of their trace, for those that wait for answers: they are told one by one. */
  readonly id: readonly [number, number, number, number];
  /** Ids of all its traces, where they are written down. */
  readonly ids: number[];
}

/** Writes down what is for other pods. */
export interface ElsewhereJournal {
  /** Spans of these traces, in these requests. */
  sendElsewhere(requests: readonly Uint8Array[], ids: Int32Array): void;
}

/** Cuts spans out. */
export class SpansElsewhere {
  /** Absent where there is none. */
  public journal?: ElsewhereJournal;
  private parcels: SpanParcel[] = [];
  private readonly ofPeer = new Map<number, SpanParcel>();
  private cut: Payload[] = [];
  private readonly writer: ReleaseWriter;

  public constructor(arena: SpanArena, private readonly peers: TracePeers) {
    this.writer = new ReleaseWriter(arena, (payload) => this.cut.push(payload));
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
    const parcel = { chain: new Int32Array(CHAIN_WORDS), place, id, ids: [...id] };
    clearChain(parcel.chain, 0);
    this.parcels.push(parcel);
    if (place !== PLACE_CLAIM) this.ofPeer.set(place, parcel);
    return parcel;
  }

  /**
   * Gives the pool all that was cut out of requests that `hops` pods have passed on. The pool may
   * have the holder take some of it at once, which then comes here again.
   */
  public deliver(hops: number): void {
    const { parcels, peers, writer } = this;
    if (parcels.length === 0) return;
    this.parcels = [];
    this.ofPeer.clear();
    for (const { chain, place, id, ids } of parcels) {
      writer.add(chain, 0);
      writer.flush();
      const { cut } = this;
      this.cut = [];
      this.journal?.sendElsewhere(cut.map(({ chunks }) => chunks[0]), Int32Array.from(ids));
      for (const { chunks, items } of cut) {
        if (place === PLACE_CLAIM) peers.queue(...id, chunks[0], items, hops);
        else peers.forward(place, chunks[0], items, hops);
      }
    }
  }
}
