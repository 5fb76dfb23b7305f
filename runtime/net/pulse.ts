/**
 * Knows for how long the process has stood still just now: it was stopped, its machine was, or
 * something kept it busy. What it reads then may have waited long in the memory of the kernel.
 */
import type { Clock, Timer } from '../clock';

const BEAT_MS = 250;
/** A process that is merely busy comes back sooner. */
const LEAST_MS = 1000;

/** A pulse. */
export class Pulse {
  private lastMs: number;
  private isComingBack = false;
  private readonly timer: Timer;

  public constructor(private readonly clock: Clock) {
    this.lastMs = clock.monotonic();
    this.timer = clock.every(BEAT_MS, () => this.beat());
  }

  /** Milliseconds for which it may have stood still until `now`; 0 where it did not. */
  public stoodStill(now: number): number {
    const ms = now - this.lastMs;
    return ms >= LEAST_MS ? ms : 0;
  }

  /** Nobody asks any more. */
  public end(): void {
    this.timer.cancel();
  }

  private beat(): void {
    const now = this.clock.monotonic();
    // Timers come before what has arrived meanwhile, all of which is read before the next beat.
    this.isComingBack = !this.isComingBack && this.stoodStill(now) > 0;
    if (!this.isComingBack) this.lastMs = now;
  }
}
