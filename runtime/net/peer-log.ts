/** Tells once in a while what is wrong with a peer, however often it happens. */
import type { NetContext } from './authentication';

const QUIET_MS = 60_000;
/** Peers are addresses, which anybody can have many of: the table must not grow without end. */
const MOST_PEERS = 1024;

/** A log in which each sentence about each peer stands once a minute. */
export class PeerLog {
  private readonly toldAt = new Map<string, number>();

  public constructor(private readonly context: Pick<NetContext, 'clock' | 'log'>) {}

  /** Warns of `error` of `peer`, unless the same was told less than a minute ago. */
  public warn(message: string, peer: string, error: string): void {
    const { clock, log } = this.context;
    const key = `${peer} ${message}`;
    const now = clock.monotonic();
    const told = this.toldAt.get(key);
    if (told !== undefined && now - told < QUIET_MS) return;
    if (this.toldAt.size >= MOST_PEERS) this.toldAt.clear();
    this.toldAt.set(key, now);
    log.warn(message, { peer, error });
  }
}
