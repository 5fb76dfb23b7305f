/**
 * When parts that have gathered are due: those of all backends together.
 *
 * A request that is split gives every backend a part at the same moment. With a timer for each
 * backend the process would wake up for each of them, and a wake-up costs more than a request.
 */
import type { Clock, Timer } from '../../clock';

/** Longest time in milliseconds that a part waits for others. */
export const GATHER_MS = 4;

/** Opens with the first part that waits, and ends for all of them. */
export class GatherWindow {
  private waiting = new Set<() => void>();
  private timer?: Timer;

  public constructor(
    private readonly clock: Clock,
    /** How long it is open, in milliseconds. */
    public readonly ms = GATHER_MS,
  ) {}

  /** Calls `due` once, when the window ends that is open now. */
  public join(due: () => void): void {
    this.waiting.add(due);
    this.timer ??= this.clock.after(this.ms, () => this.end());
  }

  /** Does not call `due`. */
  public leave(due: () => void): void {
    if (!this.waiting.delete(due) || this.waiting.size > 0) return;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private end(): void {
    const { waiting } = this;
    this.timer = undefined;
    this.waiting = new Set();
    for (const due of waiting) due();
  }
}
