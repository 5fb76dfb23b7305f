/**
 * Remembers the traces that were not kept, by fingerprints of 64 bits: 16 bytes for each.
 *
 * An id belongs to one of many sets of 16 places, and the place asked for longest ago in its set
 * is taken by the next one. There are twice as many places as ids to remember, so that of those
 * ids more than 99 in 100 are. Both set and fingerprint come from a seed that no sender knows: an
 * unknown trace passes for one of them in fewer than one of 10^18 cases (16 / 2^64), and traces
 * that were kept are looked for before. Nothing grows: a cache costs what its limit says.
 */
import { randomBytes } from 'crypto';
import { hashOfId } from '../../otlp/id-table';

const PLACES = 16;
const FINGERPRINT_WORDS = 2;
const SET_WORDS = PLACES * FINGERPRINT_WORDS;
const PLACES_PER_ID = 2;
const HALF = 2 ** 32;

/** A set of trace ids that forgets those that were not asked for in a long time. */
export class FingerprintCache {
  /** Fingerprints, set by set, in each the one asked for last first; 0 and 0 is an empty place. */
  private readonly places: Int32Array;
  private readonly sets: number;
  private readonly seeds: readonly [number, number, number];
  private low = 0;
  private high = 0;

  /** A cache of `limit` ids; zero or less remembers none. */
  public constructor(private readonly limit: number, seed: Buffer = randomBytes(12)) {
    this.sets = Math.max(0, Math.ceil(limit * PLACES_PER_ID / PLACES));
    this.places = new Int32Array(this.sets * SET_WORDS);
    this.seeds = [seed.readInt32LE(0), seed.readInt32LE(4), seed.readInt32LE(8)];
  }

  /** Whether anything is ever remembered. */
  public get enabled(): boolean {
    return this.limit > 0;
  }

  /** Whether this id is remembered; if so, it is now the one in its set that is forgotten last. */
  public has(w0: number, w1: number, w2: number, w3: number): boolean {
    if (this.sets === 0) return false;
    const set = this.look(w0, w1, w2, w3);
    const { places, low, high } = this;
    for (let place = 0; place < SET_WORDS; place += FINGERPRINT_WORDS) {
      if (places[set + place] !== low || places[set + place + 1] !== high) continue;
      this.putFirst(set, place);
      return true;
    }
    return false;
  }

  /** Remembers this id. */
  public add(w0: number, w1: number, w2: number, w3: number): void {
    if (this.sets === 0 || this.has(w0, w1, w2, w3)) return;
    // What stands last in the set is forgotten.
    this.putFirst(this.look(w0, w1, w2, w3), SET_WORDS - FINGERPRINT_WORDS);
  }

  /** Where the set of an id begins; its fingerprint is then in `low` and `high`. */
  private look(w0: number, w1: number, w2: number, w3: number): number {
    const [first, second, third] = this.seeds;
    this.low = hashOfId(first, w0, w1, w2, w3);
    this.high = hashOfId(second, w3, w0, w1, w2) || 1;
    const spread = hashOfId(third, w0, w1, w2, w3) >>> 0;
    return Math.floor(spread / HALF * this.sets) * SET_WORDS;
  }

  private putFirst(set: number, place: number): void {
    const { places } = this;
    places.copyWithin(set + FINGERPRINT_WORDS, set, set + place);
    places[set] = this.low;
    places[set + 1] = this.high;
  }
}
