/** Which pod owns which trace. The pool does not know how rings are made. */

/** A ring of pods. */
export interface PeerRing {
  /** Its members, sorted. */
  readonly members: readonly string[];
  /** The owner of the trace with this id (words as in `otlp/id-table.ts`); '' without members. */
  ownerOf(w0: number, w1: number, w2: number, w3: number): string;
}

/**
 * Makes the ring of `members`, which are sorted and different. All pods and the agents must make
 * the same ring of the same members. A ring may be made lazily: many are only compared by members.
 */
export type MakePeerRing = (members: readonly string[]) => PeerRing;
