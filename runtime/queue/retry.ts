/** When to try again: pure arithmetic, time and chance come from outside. */
import type { RetrySettings } from '../config';

/** The waits between the attempts for one request. */
export class Backoff {
  private interval: number;

  public constructor(
    private readonly settings: RetrySettings,
    /** A number in [0, 1) per call. */
    private readonly random: () => number,
  ) {
    this.interval = settings.initialInterval;
  }

  /**
   * Milliseconds until the next attempt, or undefined when it would come later than
   * `maxElapsedTime` allows.
   *
   * @param elapsedMs time since the first attempt began
   * @param askedMs shortest wait that the peer asked for
   */
  public next(elapsedMs: number, askedMs = 0): number | undefined {
    const wait = Math.max(this.draw(), askedMs);
    const { maxElapsedTime } = this.settings;
    return maxElapsedTime > 0 && elapsedMs + wait > maxElapsedTime ? undefined : wait;
  }

  /** The wait drawn around the interval. It may exceed `maxInterval`, as upstream's does. */
  private draw(): number {
    const { randomizationFactor, maxInterval, multiplier } = this.settings;
    const wait = this.interval * (1 + randomizationFactor * (2 * this.random() - 1));
    // Compared before it is multiplied, as upstream does: only a later interval is ever capped.
    this.interval = this.interval >= maxInterval / multiplier
      ? maxInterval
      : this.interval * multiplier;
    return wait;
  }
}
