/** From where on data is refused, in bytes. */
import type { MemoryLimiterSettings } from '../../config';
import { readTotalMemory } from '../../telemetry/total-memory';

/** The two limits, in bytes. */
export interface MemoryLimits {
  /** From here on memory is also collected at every check. */
  readonly hard: number;
  /** From here on data is refused. */
  readonly soft: number;
}

const MIB = 1_048_576;
const SPIKE_SHARE = 5;

/** The limits that `settings` ask for; percentages are those of `totalMemory`. */
export function memoryLimits(
  settings: MemoryLimiterSettings, totalMemory: () => number = readTotalMemory,
): MemoryLimits {
  const { limitMib, spikeLimitMib, limitPercentage, spikeLimitPercentage } = settings;
  if (limitMib > 0) return limitsOf(limitMib * MIB, spikeLimitMib * MIB);
  const total = totalMemory();
  return limitsOf(share(total, limitPercentage), share(total, spikeLimitPercentage));
}

function limitsOf(hard: number, spike: number): MemoryLimits {
  return { hard, soft: hard - (spike > 0 ? spike : Math.floor(hard / SPIKE_SHARE)) };
}

function share(total: number, percentage: number): number {
  return Math.floor(total * percentage / 100);
}
