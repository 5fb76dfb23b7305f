/** Measures stress every second, and tells of it. */
import type { MemoryBound } from './memory-bound';
import { StressRelief } from './stress-relief';
import type { TailSamplingMetrics } from './tail-sampling-metrics';
import type { Clock } from '../../clock';
import type { StressReliefSettings, TailSamplingSettings } from '../../config';
import type { Logger } from '../../telemetry/logger';
import type { MemorySource } from '../../telemetry/process-memory';

/** Time between two looks. */
const LOOK_MS = 1000;

/** What a watch looks at. */
export interface StressWatchOptions {
  /** The time. */
  readonly clock: Clock;
  /** Where it says that stress begins and ends. */
  readonly log: Logger;
  /** The memory of the process. */
  readonly memory: MemorySource;
  /** Bytes of memory that there are. */
  readonly totalMemory: number;
  /** The memory of held spans. */
  readonly bound: MemoryBound;
  /** Where the level is shown. */
  readonly metrics: TailSamplingMetrics;
}

/** A watch, if the sampler is to have one. */
export function createStressWatch(
  { stressRelief, usetracestate }: TailSamplingSettings, options: StressWatchOptions,
): StressWatch | undefined {
  return stressRelief && new StressWatch(stressRelief, options, usetracestate);
}

/** Watches. */
export class StressWatch {
  /** Decides while there is stress. */
  public readonly relief: StressRelief;
  private lastLook?: number;
  private lastTickMs = 0;

  /** `adjustsCounts` says whether the counts of kept spans are adjusted. */
  public constructor(
    settings: StressReliefSettings, private readonly options: StressWatchOptions,
    adjustsCounts: boolean,
  ) {
    this.relief = new StressRelief(settings, options.log, adjustsCounts);
  }

  /** A tick took so many milliseconds. */
  public ticked(ms: number): void {
    this.lastTickMs = ms;
  }

  /** Looks, as it should every second; `tickBegan` is when a tick began that is still at work. */
  public look(tickBegan?: number): void {
    const { clock, bound, memory, totalMemory, metrics } = this.options;
    const now = clock.monotonic();
    const late = this.lastLook === undefined ? 0 : now - this.lastLook - LOOK_MS;
    this.lastLook = now;
    const tickMs = tickBegan === undefined ? this.lastTickMs : now - tickBegan;
    this.relief.look({
      heldShare: bound.share,
      memoryShare: memory.used() / totalMemory,
      lagMs: Math.max(late, tickMs),
    }, now);
    metrics.stressActive.set(this.relief.active ? 1 : 0);
    metrics.stressLevel.set(Math.round(this.relief.level));
  }
}
