import { CollectionPace, type Limit } from './collection-pace';
import { MemoryLimits, memoryLimits } from './memory-limit';
import type { Clock, Timer } from '../../clock';
import { formatGoDuration, type MemoryLimiterSettings } from '../../config';
import type { Logger } from '../../telemetry/logger';
import type { MemorySource } from '../../telemetry/process-memory';

const MIB = 1_048_576;
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
  private lastUsed = 0;
  private readonly pace: CollectionPace;

  public constructor(private readonly options: LimiterOptions) {
    this.limits = memoryLimits(options.settings, options.totalMemory);
    this.pace = new CollectionPace(options.settings);
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
    this.options.log.debug('Currently used memory.', inMib(used));
    if (used < this.limits.soft || this.isMuchLess(used)) this.pace.helped();
    this.lastUsed = used;
    const limit = this.reached(used);
    if (limit !== undefined && this.mayCollect(limit)) used = this.collect(used, limit);
    const wasRefusing = this.refusing;
    this.refusing = used >= this.limits.soft;
    if (this.refusing === wasRefusing) return;
    const { log } = this.options;
    if (this.refusing) {
      log.warn('Memory usage is above soft limit. Refusing data.', inMib(used));
    } else {
      log.info('Memory usage back within limits. Resuming normal operation.', inMib(used));
    }
  }

  private reached(used: number): Limit | undefined {
    if (used >= this.limits.hard) return 'hard';
    return used >= this.limits.soft ? 'soft' : undefined;
  }

  private mayCollect(limit: Limit): boolean {
    return this.options.clock.monotonic() - this.lastCollection >= this.pace.waitAt(limit);
  }

  private isMuchLess(used: number): boolean {
    return used <= this.lastUsed * (1 - WORTHWHILE_SHARE);
  }

  /** Collects garbage; what is in use afterwards. */
  private collect(used: number, limit: Limit): number {
    const { clock, log, memory } = this.options;
    const sentence = `Memory usage is above ${limit} limit. Forcing a GC.`;
    if (limit === 'hard') log.warn(sentence, inMib(used)); else log.info(sentence, inMib(used));
    memory.collect();
    this.lastCollection = clock.monotonic();
    const left = memory.used();
    log.info('Memory usage after GC.', inMib(left));
    if (left < this.limits.soft || this.isMuchLess(left)) {
      this.pace.helped();
    } else {
      this.pace.wasInVain();
      log.warn('Forced GC did not reclaim enough memory. Will back off GC frequency to preserve'
        + ' CPU for recovery.', {
        next_soft_gc_interval: formatGoDuration(this.pace.waitAt('soft')),
        next_hard_gc_interval: formatGoDuration(this.pace.waitAt('hard')),
        ...inMib(left),
      });
    }
    this.lastUsed = left;
    return left;
  }
}

function inMib(bytes: number): { readonly cur_mem_mib: number } {
  return { cur_mem_mib: Math.floor(bytes / MIB) };
}
