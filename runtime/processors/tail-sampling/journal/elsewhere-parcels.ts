/** Knows which spans on their way to other pods are of which arrival, until somebody has them. */
import type { FactWriter } from './fact-writer';
import type { Retirement } from './retirement';

interface Parcel {
  readonly number: number;
  readonly arrival: number;
  /** Requests with spans of it that nobody has taken over. */
  left: number;
}

/** Parcels for other pods. A request in them is known by its bytes, which nobody copies. */
export class ElsewhereParcels {
  private readonly parcels = new WeakMap<Uint8Array, Parcel>();
  private open = 0;

  public constructor(
    private readonly facts: FactWriter, private readonly retirement: Retirement,
  ) {}

  /** Whether somebody has all of them. */
  public get isEmpty(): boolean {
    return this.open === 0;
  }

  /** The spans of some traces of an arrival go elsewhere, in these requests. */
  public send(arrival: number, requests: readonly Uint8Array[], ids: Int32Array): void {
    const number = this.facts.sendElsewhere(arrival, ids);
    const parcel = { number, arrival, left: requests.length };
    for (const request of requests) this.parcels.set(request, parcel);
    this.open += 1;
    this.retirement.leftBehind(arrival);
  }

  /** Whether a request is one of them. */
  public has(request: Uint8Array): boolean {
    return this.parcels.has(request);
  }

  /** A pod has taken a request over. */
  public taken(request: Uint8Array): void {
    const parcel = this.take(request);
    if (parcel?.left === 0) this.end(parcel);
  }

  /** Requests of one trace are held here after all, and stand in the journal as they arrived. */
  public held(requests: readonly Uint8Array[]): void {
    for (const request of requests) {
      const parcel = this.take(request);
      if (parcel?.left !== 0) continue;
      this.facts.holdHere(parcel.number);
      this.retirement.heldHere(parcel.arrival);
      this.close(parcel);
    }
  }

  /** A request was placed anew: it is another arrival now, once `written` is fulfilled. */
  public moved(request: Uint8Array, written: Promise<boolean>): void {
    const parcel = this.take(request);
    if (parcel === undefined) return;
    void written.then((isWritten) => {
      if (parcel.left > 0) return;
      // What could not be written a second time is rather sent twice than lost.
      if (isWritten) this.end(parcel); else this.close(parcel);
    });
  }

  private take(request: Uint8Array): Parcel | undefined {
    const parcel = this.parcels.get(request);
    this.parcels.delete(request);
    if (parcel !== undefined) parcel.left -= 1;
    return parcel;
  }

  private end(parcel: Parcel): void {
    this.facts.end(parcel.number);
    this.close(parcel);
  }

  private close({ arrival }: Parcel): void {
    this.open -= 1;
    this.retirement.broughtIn(arrival);
  }
}
