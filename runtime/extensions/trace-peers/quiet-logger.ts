/** Says once a minute what is wrong with a peer: the pool repeats its calls until they succeed. */
import type { Clock } from '../../clock';
import type { LogFields, Logger } from '../../telemetry/logger';

const QUIET_MS = 60_000;
/** Sentences hold what peers say, of which there is no end. */
const MOST_SENTENCES = 1024;

/** Warnings of the same peer for the same reason are written once a minute. */
export class QuietLogger implements Logger {
  private readonly toldAt = new Map<string, number>();

  public constructor(private readonly log: Logger, private readonly clock: Clock) {}

  public debug(message: string, fields?: LogFields): void {
    this.log.debug(message, fields);
  }

  public info(message: string, fields?: LogFields): void {
    this.log.info(message, fields);
  }

  public warn(message: string, fields: LogFields = {}): void {
    const sentence = JSON.stringify([message, fields.peer, fields.reason]);
    const now = this.clock.monotonic();
    const told = this.toldAt.get(sentence);
    if (told !== undefined && now - told < QUIET_MS) return;
    if (this.toldAt.size >= MOST_SENTENCES) this.toldAt.clear();
    this.toldAt.set(sentence, now);
    this.log.warn(message, fields);
  }

  public error(message: string, fields?: LogFields): void {
    this.log.error(message, fields);
  }

  public with(fields: LogFields): Logger {
    return new QuietLogger(this.log.with(fields), this.clock);
  }
}
