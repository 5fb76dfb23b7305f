import { MemoryLimits, memoryLimits } from './memory-limit';
import type { MemorySource } from './process-memory';
import type { Clock, Timer } from '../../clock';
import { formatGoDuration, type MemoryLimiterSettings } from '../../config';
import type { Logger } from '../../telemetry/logger';

const MIB = 1_048_576;
const SHORTEST_BETWEEN_SOFT_MS = 10_000;
const LONGEST_BETWEEN_MS = 30_000;
const FIRST_BACKOFF_MS = 1_000;
const WORTHWHILE_SHARE = 0.05;

/** What a limiter is made from. */
export interface LimiterOptions {
  /** The limits and how often they are checked. */
  readonly settings: MemoryLimiterSettings;
  /** The time. */
  readonly clock: Clock;
  /** Where it says that it refuses. */
  readonly log: Logger;
  /** The memory. */
  readonly memory: MemorySource;
  /** Bytes that percentages are of; the container's or machine's memory when not given. */
  readonly totalMemory?: () => number;
}

/** Looks at the memory now and then. All pipelines of one configuration share one. */
export class Limiter {
  private readonly limits: MemoryLimits;
  private refusing = false;
  private users = 0;
  private timer?: Timer;
  private lastCollection = -Infinity;
  private backoff = 0;

  public constructor(private readonly options: LimiterOptions) {
    this.limits = memoryLimits(options.settings, options.totalMemory);
  }

  /** Whether data is refused now. */
  public get refuses(): boolean {
    return this.refusing;
  }

  /** Begins to look, when nobody else has begun yet. */
  public acquire(): void {
    this.users++;
    if (this.users > 1) return;
    const { clock, log, settings } = this.options;
    log.info('Memory limiter configured', {
      limit_mib: Math.floor(this.limits.hard / MIB),
      spike_limit_mib: Math.floor((this.limits.hard - this.limits.soft) / MIB),
      check_interval: formatGoDuration(settings.checkInterval),
    });
    this.timer = clock.every(settings.checkInterval, () => this.check());
  }

  /** Ends looking, when nobody else needs it. */
  public release(): void {
    this.users--;
    if (this.users === 0) this.timer?.cancel();
  }

  private check(): void {
    let used = this.options.memory.used();
    const wasRefusing = this.refusing;
    if (used >= this.limits.hard && this.mayCollect(0)) {
      used = this.collect(used, 'hard');
    } else if (used >= this.limits.soft && this.mayCollect(SHORTEST_BETWEEN_SOFT_MS)) {
      used = this.collect(used, 'soft');
    }
    this.refusing = used >= this.limits.soft;
    if (this.refusing === wasRefusing) return;
    const { log } = this.options;
    if (this.refusing) {
      log.warn('Memory usage is above soft limit. Refusing data.', inMib(used));
    } else {
      log.info('Memory usage back within limits. Resuming normal operation.', inMib(used));
    }
  }

  private mayCollect(shortest: number): boolean {
    const since = this.options.clock.monotonic() - this.lastCollection;
    return since >= Math.max(shortest, this.backoff);
  }

  /** Collects garbage; what is in use afterwards. */
  private collect(used: number, limit: 'hard' | 'soft'): number {
    const { clock, log, memory } = this.options;
    log.info(`Memory usage is above ${limit} limit. Forcing a GC.`, inMib(used));
    memory.collect();
    this.lastCollection = clock.monotonic();
    const left = memory.used();
    log.info('Memory usage after GC.', inMib(left));
    // A collection stops the process; where nothing is garbage, it had better be rare.
    const isWorthwhile = used - left >= used * WORTHWHILE_SHARE;
    this.backoff = isWorthwhile
      ? 0
      : Math.min(LONGEST_BETWEEN_MS, Math.max(FIRST_BACKOFF_MS, this.backoff * 2));
    return left;
  }
}

function inMib(bytes: number): { readonly cur_mem_mib: number } {
  return { cur_mem_mib: Math.floor(bytes / MIB) };
}
