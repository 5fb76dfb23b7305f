/** How the streams ended that a connection closed last. */

const KEPT = 64;

/** How a stream ended; `unknown` is long ago. */
export type Ending = 'unknown' | 'ended' | 'reset by us' | 'reset by the peer';

/** The last streams of one connection: frames of some may still be on their way. */
export class ClosedStreams {
  private readonly ids: number[] = [];
  private readonly endings: Ending[] = [];
  private next = 0;

  /** Remembers a stream. */
  public add(id: number, ending: Ending): void {
    this.ids[this.next] = id;
    this.endings[this.next] = ending;
    this.next = (this.next + 1) % KEPT;
  }

  /** How a stream ended. */
  public endingOf(id: number): Ending {
    const at = this.ids.indexOf(id);
    return at < 0 ? 'unknown' : this.endings[at];
  }
}
