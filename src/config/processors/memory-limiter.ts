/**
 * The contract of the memory limiter.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { count, duration } from '../fields';
import { formatGoDuration } from '../go-duration';
import type { Report, SettingsOf } from '../section';

/** Refuses data while the process holds too much memory, so that it is not killed for it. */
export interface MemoryLimiterProcessorConfig {
  /**
   * Time between two looks at the memory; more than zero.
   */
  readonly checkInterval: Duration;
  /**
   * Memory that must never be exceeded, in MiB; zero leaves it to the percentage.
   * @default 0
   */
  readonly limitMib?: number;
  /**
   * Room below the limit in which data is refused already, in MiB; zero is a fifth of the limit.
   * @default 0
   */
  readonly spikeLimitMib?: number;
  /**
   * The limit as a percentage of the container's memory, used when `limitMib` is zero.
   * @default 0
   */
  readonly limitPercentage?: number;
  /**
   * The room as a percentage of the container's memory; zero is a fifth of the limit.
   * @default 0
   */
  readonly spikeLimitPercentage?: number;
  /**
   * Least time between two forced collections of garbage in the room below the limit.
   * @default Duration.seconds(10)
   */
  readonly minGcIntervalWhenSoftLimited?: Duration;
  /**
   * Least time between two forced collections of garbage above the limit; zero is at every look.
   * @default Duration.seconds(0)
   */
  readonly minGcIntervalWhenHardLimited?: Duration;
  /**
   * Greatest time between two forced collections below the limit: while they free next to nothing,
   * the time between them doubles up to this. Zero leaves it at the least time.
   * @default Duration.seconds(30)
   */
  readonly maxGcIntervalWhenSoftLimited?: Duration;
  /**
   * The same above the limit.
   * @default Duration.seconds(30)
   */
  readonly maxGcIntervalWhenHardLimited?: Duration;
}

const fields = {
  checkInterval: duration(),
  limitMib: count({ fallback: 0, max: 4_294_967_295 }),
  spikeLimitMib: count({ fallback: 0, max: 4_294_967_295 }),
  limitPercentage: count({ fallback: 0, max: 100 }),
  spikeLimitPercentage: count({ fallback: 0, max: 100 }),
  minGcIntervalWhenSoftLimited: duration('10s'),
  minGcIntervalWhenHardLimited: duration('0s'),
  maxGcIntervalWhenSoftLimited: duration('30s'),
  maxGcIntervalWhenHardLimited: duration('30s'),
};

/** What the memory limiter works with. */
export type MemoryLimiterSettings = SettingsOf<typeof fields>;

function limitsFit(settings: MemoryLimiterSettings, report: Report): void {
  const { limitMib, spikeLimitMib, limitPercentage, spikeLimitPercentage } = settings;
  if (settings.checkInterval === 0) report(['check_interval'], 'must be more than 0s');
  if (limitMib === 0 && limitPercentage === 0) {
    report([], 'must hold limit_mib or limit_percentage, and more than 0');
  }
  if (limitMib > 0 && spikeLimitMib >= limitMib) {
    report(['spike_limit_mib'], `must be less than limit_mib (${limitMib}), got ${spikeLimitMib}`);
  }
  if (limitPercentage > 0 && spikeLimitPercentage >= limitPercentage) {
    report(['spike_limit_percentage'],
      `must be less than limit_percentage (${limitPercentage}), got ${spikeLimitPercentage}`);
  }
}

function intervalsFit(settings: MemoryLimiterSettings, report: Report): void {
  const {
    minGcIntervalWhenSoftLimited: leastSoft, maxGcIntervalWhenSoftLimited: mostSoft,
    minGcIntervalWhenHardLimited: leastHard, maxGcIntervalWhenHardLimited: mostHard,
  } = settings;
  if (leastSoft < leastHard) {
    report(['min_gc_interval_when_soft_limited'],
      `must be at least min_gc_interval_when_hard_limited (${formatGoDuration(leastHard)}), got ${
        formatGoDuration(leastSoft)}`);
  }
  const pairs = [['soft', leastSoft, mostSoft], ['hard', leastHard, mostHard]] as const;
  for (const [limit, least, most] of pairs) {
    if (most === 0 || most >= least) continue;
    report([`max_gc_interval_when_${limit}_limited`],
      `must be 0s or at least min_gc_interval_when_${limit}_limited (${
        formatGoDuration(least)}), got ${formatGoDuration(most)}`);
  }
}

/** The contract of the memory limiter. */
export const memoryLimiterProcessor = component<MemoryLimiterProcessorConfig>()(
  'processors', 'memory_limiter', fields, {
    check: (settings, report) => {
      limitsFit(settings, report);
      intervalsFit(settings, report);
    },
  });
