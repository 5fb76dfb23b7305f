import type { MemoryLimiterSettings } from '../../config';

/** Which limit the memory has reached. */
export type Limit = 'soft' | 'hard';

/** Shares of a check's interval: a collection takes time, so the next check comes a bit early. */
const SHARE_OF_INTERVAL = 0.95;

/**
 * How often garbage may be collected. A collection stops the process, so where nothing is garbage
 * it had better be rare: after each one that was in vain the wait doubles.
 */
export class CollectionPace {
  private readonly waits: Record<Limit, number> = { soft: 0, hard: 0 };

  public constructor(private readonly settings: MemoryLimiterSettings) {}

  /** Milliseconds since the last collection after which there may be another at `limit`. */
  public waitAt(limit: Limit): number {
    return Math.max(this.shortest(limit), this.waits[limit]);
  }

  /** Memory went down. */
  public helped(): void {
    this.waits.soft = 0;
    this.waits.hard = 0;
  }

  /** A collection freed next to nothing. */
  public wasInVain(): void {
    this.waits.soft = this.longer('soft');
    this.waits.hard = this.longer('hard');
  }

  private longer(limit: Limit): number {
    const shortest = this.shortest(limit);
    const longest = this.longest(limit);
    if (longest === 0) return shortest;
    const first = Math.max(shortest, this.settings.checkInterval * SHARE_OF_INTERVAL);
    return Math.min(Math.max(this.waits[limit], first) * 2, Math.max(longest, shortest));
  }

  private shortest(limit: Limit): number {
    const { minGcIntervalWhenHardLimited, minGcIntervalWhenSoftLimited } = this.settings;
    return limit === 'hard' ? minGcIntervalWhenHardLimited : minGcIntervalWhenSoftLimited;
  }

  private longest(limit: Limit): number {
    const { maxGcIntervalWhenHardLimited, maxGcIntervalWhenSoftLimited } = this.settings;
    return limit === 'hard' ? maxGcIntervalWhenHardLimited : maxGcIntervalWhenSoftLimited;
  }
}
