/**
 * Says when there is too much to hold traces, and which ones are then kept, by their ids alone.
 *
 * The level of stress is in percent: memory for spans of what is allowed, memory in use of all
 * memory, lateness of decisions of what is allowed, whichever is more. From `activation_level` on
 * new traces are decided at once, by the hash that the policy `probabilistic` uses, so that all
 * samplers keep the same ones; below `deactivation_level`, and not before `minimum_duration` is
 * over, they are held again.
 */
import { thresholdOf, TraceIdHash } from './trace-id-hash';
import { readIdRandomness } from './trace-randomness';
import type { StressReliefSettings } from '../../config';
import {
  ALWAYS, isLess, NEVER, thresholdOfShare, type Word64,
} from '../../otlp/sampling-threshold';
import { findTraceState, textEnd, textStart } from '../../otlp/span-trace-state';
import { TraceState } from '../../otlp/trace-state';
import type { Logger } from '../../telemetry/logger';

const PERCENT = 100;
const SALT = 'default-hash-seed';

/** What the level is made from. */
export interface Stress {
  /** Bytes that are held, as a share of those that may be. */
  readonly heldShare: number;
  /** Bytes that the process uses, as a share of those that it has. */
  readonly memoryShare: number;
  /** Milliseconds by which decisions are late. */
  readonly lagMs: number;
}

/** The threshold that traces are kept with of which this share is kept. */
export function thresholdByPercentage(percentage: number): Word64 {
  const share = percentage / PERCENT;
  return thresholdOfShare(share) ?? (share >= 1 ? ALWAYS : NEVER);
}

/** Decides by ids while there is stress. */
export class StressRelief {
  /** Whether there is stress now. */
  public active = false;
  /** How much, in percent. */
  public level = 0;
  private since = 0;
  private readonly hash = new TraceIdHash(SALT);
  private readonly most: Word64;
  private readonly threshold: Word64;
  private readonly state = new TraceState();
  private readonly idRandomness = { high: 0, low: 0 };

  public constructor(
    private readonly settings: StressReliefSettings, private readonly log: Logger,
    /** Whether counts are adjusted: what trace states say of randomness counts. */
    private readonly adjustsCounts = false,
  ) {
    this.most = thresholdOf(settings.samplingPercentage / PERCENT);
    this.threshold = thresholdByPercentage(settings.samplingPercentage);
  }

  /** Looks how much stress there is at `now`, in milliseconds. */
  public look({ heldShare, memoryShare, lagMs }: Stress, now: number): void {
    const { activationLevel, deactivationLevel, maximumLag, minimumDuration } = this.settings;
    this.level = PERCENT * Math.max(heldShare, memoryShare, lagMs / maximumLag);
    const lasts = now - this.since;
    if (!this.active && this.level >= activationLevel) {
      this.active = true;
      this.since = now;
      this.log.warn('Under stress: new traces are decided by their ids alone.', {
        ...this.said({ heldShare, memoryShare, lagMs }),
        sampling_percentage: this.settings.samplingPercentage,
      });
    } else if (this.active && this.level < deactivationLevel && lasts >= minimumDuration) {
      this.active = false;
      this.log.info('No more stress: new traces are held again.', {
        ...this.said({ heldShare, memoryShare, lagMs }), active_seconds: Math.round(lasts / 1000),
      });
    }
  }

  /** Whether the trace is kept whose id stands in the four words from `at`. */
  public keeps(words: Int32Array, at: number): boolean {
    return this.hash.isAtMost(this.most, words, at);
  }

  /**
   * As `keeps`; where counts are adjusted, by what the span in `bytes` from `start` to `end` says
   * about the trace's randomness, if it says anything, as the policy `probabilistic` does.
   */
  public keepsSpan(
    words: Int32Array, at: number, bytes: Uint8Array, start: number, end: number,
  ): boolean {
    if (!this.adjustsCounts) return this.keeps(words, at);
    findTraceState(bytes, start, end);
    const { state, idRandomness } = this;
    const says = textStart < textEnd && state.read(bytes, textStart, textEnd)
      && (state.hasRandomness || state.hasThreshold);
    if (!says) return this.keeps(words, at);
    readIdRandomness(words, at, idRandomness);
    return !isLess(state.hasRandomness ? state.randomness : idRandomness, this.threshold);
  }

  private said({ heldShare, memoryShare, lagMs }: Stress): Record<string, number> {
    return {
      level: Math.round(this.level),
      held_percent: Math.round(heldShare * PERCENT),
      memory_percent: Math.round(memoryShare * PERCENT),
      lag_ms: Math.round(lagMs),
    };
  }
}
