/** Tells once in a while what is wrong with a peer, however often it happens. */
import type { NetContext } from './authentication';

const QUIET_MS = 60_000;
/** Peers are addresses, which anybody can have many of: the table must not grow without end. */
const MOST_PEERS = 1024;

/** A log in which each sentence about each peer stands once a minute, or once for each reason. */
export class PeerLog {
  private readonly toldAt = new Map<string, number>();

  public constructor(private readonly context: Pick<NetContext, 'clock' | 'log'>) {}

  /**
   * Warns of `error` of `peer`, unless the same was told less than a minute ago. Errors are told
   * apart by `reason`, of which there must be few: by default they are not.
   */
  public warn(message: string, peer: string, error: string, reason = ''): void {
    if (!this.isNews(`${peer} ${message} ${reason}`)) return;
    this.context.log.warn(message, { peer, error });
  }

  /** Says so to those who look for a bug: it may be nothing. */
  public debug(message: string, peer: string, error: string): void {
    if (this.isNews(`${peer} ${message}`)) this.context.log.debug(message, { peer, error });
  }

  private isNews(key: string): boolean {
    const now = this.context.clock.monotonic();
    const told = this.toldAt.get(key);
    if (told !== undefined && now - told < QUIET_MS) return false;
    if (this.toldAt.size >= MOST_PEERS) this.toldAt.clear();
    this.toldAt.set(key, now);
    return true;
  }
}
