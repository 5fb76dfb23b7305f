/**
 * Whether one backend is well, told by the answers to its requests.
 *
 * ```
 *            so many failures in a row, for so long
 *   healthy ────────────────────────────────────────► unhealthy ──► given up
 *      ▲                                                  │   after `stickiness`
 *      └──────────────────────────────────────────────────┘
 *            everything answered for so long, the longer the sooner it failed again
 * ```
 *
 * While it is unhealthy it is asked with empty requests, which every receiver of OTLP takes and
 * forgets: no span waits to learn that a backend is still away.
 */
import type { Clock, Timer } from '../../clock';
import type { LoadBalancingSettings } from '../../config';
import { PermanentError, RetryableError } from '../../errors';
import { Code } from '../../net/status';
import { PartialFailure } from '../../pipeline/sender';

/** When a backend is well. */
export type FailoverSettings = LoadBalancingSettings['failover'];

/** What a health is made with. */
export interface BackendHealthOptions {
  /** When it changes. */
  readonly settings: FailoverSettings;
  /** The time. */
  readonly clock: Clock;
  /** Sends an empty request. */
  readonly probe: () => Promise<void>;
  /** Told whenever one of `isHealthy` and `isGivenUp` is another. */
  readonly changed: (health: BackendHealth) => void;
}

const PROBE_MS = 1000;
const LONGEST_PROBE_PAUSE_MS = 10_000;
const RELAPSE_MS = 300_000;
const LONGEST_WAIT_MS = 300_000;

/** The health of one backend. */
export class BackendHealth {
  /** Whether new identifiers go to it. */
  public isHealthy = true;
  /** Whether it has been unhealthy for so long that nothing goes to it any more. */
  public isGivenUp = false;
  /** When the last request was sent that it may have taken, by the clock's `monotonic`. */
  public lastTakenAt = -Infinity;
  /** When it became what it is. */
  public since: number;
  /** The last failure. */
  public failure = '';
  /** Told when a request is answered after others failed. */
  public doubtEnded: () => void = () => undefined;
  private failures = 0;
  private failingSince = 0;
  /** Since when an unhealthy backend has answered everything. */
  private wellSince?: number;
  /** How long it has to. */
  private waitMs = 0;
  private hasRecovered = false;
  private pauseMs = PROBE_MS;
  private nextProbe?: Timer;
  private givingUp?: Timer;
  private isStopped = false;

  public constructor(private readonly options: BackendHealthOptions) {
    this.since = options.clock.monotonic();
  }

  /** Whether the last request failed. */
  public get isInDoubt(): boolean {
    return this.failures > 0;
  }

  /** A request that was sent at `began` has been answered, or failed for this reason. */
  public ended(began: number, error?: unknown): void {
    if (this.isStopped) return;
    const isFailed = isFailure(error);
    if (!isFailed || error.code === Code.deadlineExceeded) {
      this.lastTakenAt = Math.max(this.lastTakenAt, began);
    }
    const wasInDoubt = this.isInDoubt;
    if (isFailed) this.failed(began, error);
    else this.answered();
    if (wasInDoubt && !this.isInDoubt) this.doubtEnded();
  }

  /** Asks no more. */
  public stop(): void {
    this.isStopped = true;
    this.nextProbe?.cancel();
    this.givingUp?.cancel();
  }

  private failed(began: number, error: RetryableError): void {
    const { clock, settings } = this.options;
    this.failingSince = this.failures === 0 ? began : Math.min(this.failingSince, began);
    this.failures += 1;
    this.failure = error.message;
    this.wellSince = undefined;
    const isOver = this.failures >= settings.failureThreshold
      && clock.monotonic() - this.failingSince >= settings.unhealthyAfter;
    if (this.isHealthy && isOver) this.turnUnhealthy();
  }

  private answered(): void {
    this.failures = 0;
    if (this.isHealthy) return;
    const now = this.options.clock.monotonic();
    this.wellSince ??= now;
    if (now - this.wellSince >= this.waitMs) this.turnHealthy(now);
  }

  private turnUnhealthy(): void {
    const { clock, settings } = this.options;
    const now = clock.monotonic();
    const isRelapse = this.hasRecovered && now - this.since < RELAPSE_MS;
    this.waitMs = isRelapse
      ? Math.min(this.waitMs * 2, Math.max(LONGEST_WAIT_MS, settings.healthyAfter))
      : settings.healthyAfter;
    this.isHealthy = false;
    this.since = now;
    this.pauseMs = PROBE_MS;
    this.probeLater();
    if (settings.stickiness > 0) {
      this.givingUp = clock.after(settings.stickiness, () => this.giveUp());
    } else {
      this.isGivenUp = true;
    }
    this.options.changed(this);
  }

  private turnHealthy(now: number): void {
    this.nextProbe?.cancel();
    this.givingUp?.cancel();
    this.isHealthy = true;
    this.isGivenUp = false;
    this.hasRecovered = true;
    this.wellSince = undefined;
    this.since = now;
    this.options.changed(this);
  }

  private giveUp(): void {
    this.isGivenUp = true;
    this.options.changed(this);
  }

  private probeLater(): void {
    this.nextProbe = this.options.clock.after(this.pauseMs, () => { void this.probe(); });
  }

  private async probe(): Promise<void> {
    const { clock, probe } = this.options;
    const began = clock.monotonic();
    const error = await probe().then(() => undefined, (thrown: unknown) => thrown);
    if (error !== undefined && !(error instanceof PermanentError)
      && !(error instanceof RetryableError)) throw error;
    this.ended(began, error);
    if (this.isHealthy || this.isStopped) return;
    // Whoever answers again is asked often enough to be believed.
    this.pauseMs = this.wellSince === undefined
      ? Math.min(this.pauseMs * 2, LONGEST_PROBE_PAUSE_MS) : PROBE_MS;
    this.probeLater();
  }
}

/** Whether nobody answered, or somebody who said that nobody is there. */
function isFailure(error: unknown): error is RetryableError {
  if (!(error instanceof RetryableError) || error instanceof PartialFailure) return false;
  return error.code === undefined || error.code === Code.unavailable
    || error.code === Code.deadlineExceeded;
}
