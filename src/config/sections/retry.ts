/**
 * When a request that failed is tried again.
 */
import type { Duration } from 'cdk8s';
import { duration, flag, ratio } from '../fields';
import { formatGoDuration } from '../go-duration';
import { section, type Report, type SettingsOf } from '../section';

/** Tries failed requests again, with growing pauses. */
export interface RetryConfig {
  /**
   * Whether a failed request is tried again.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Pause before the first retry.
   * @default Duration.seconds(5)
   */
  readonly initialInterval?: Duration;
  /**
   * Longest pause, before it is scattered.
   * @default Duration.seconds(30)
   */
  readonly maxInterval?: Duration;
  /**
   * Time after which a request is given up; zero is never.
   * @default Duration.minutes(5)
   */
  readonly maxElapsedTime?: Duration;
  /**
   * What each pause is multiplied with to get the next one.
   * @default 1.5
   */
  readonly multiplier?: number;
  /**
   * Share of the pause by which it is scattered at random, from 0 to 1.
   * @default 0.5
   */
  readonly randomizationFactor?: number;
}

const fields = {
  enabled: flag({ fallback: true }),
  initialInterval: duration('5s'),
  maxInterval: duration('30s'),
  maxElapsedTime: duration('5m'),
  multiplier: ratio({ fallback: 1.5 }),
  randomizationFactor: ratio({ fallback: 0.5, max: 1 }),
};

/** What an exporter knows of its retries. */
export type RetrySettings = SettingsOf<typeof fields>;

/** A request is not given up before its first retry or within one pause. */
export function retriesFit(settings: RetrySettings, report: Report): void {
  const { enabled, maxElapsedTime, initialInterval, maxInterval } = settings;
  if (!enabled || maxElapsedTime === 0) return;
  const longest = Math.max(initialInterval, maxInterval);
  if (maxElapsedTime >= longest) return;
  const key = initialInterval > maxInterval ? 'initial_interval' : 'max_interval';
  report(['max_elapsed_time'],
    `must be 0s (never give up) or at least ${key} (${formatGoDuration(longest)}), got ` +
    formatGoDuration(maxElapsedTime));
}

/** Retries of an exporter, on unless told otherwise. */
export const retry = section<RetryConfig>()(fields, { check: retriesFit });
