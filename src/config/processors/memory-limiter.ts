/**
 * The contract of the memory limiter.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { count, duration } from '../fields';
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
}

const fields = {
  checkInterval: duration(),
  limitMib: count({ fallback: 0, max: 4_294_967_295 }),
  spikeLimitMib: count({ fallback: 0, max: 4_294_967_295 }),
  limitPercentage: count({ fallback: 0, max: 100 }),
  spikeLimitPercentage: count({ fallback: 0, max: 100 }),
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

/** The contract of the memory limiter. */
export const memoryLimiterProcessor = component<MemoryLimiterProcessorConfig>()(
  'processors', 'memory_limiter', fields, {
    check: limitsFit,
    upstreamOnly: [
      'min_gc_interval_when_soft_limited', 'min_gc_interval_when_hard_limited',
      'max_gc_interval_when_soft_limited', 'max_gc_interval_when_hard_limited',
    ],
  });
