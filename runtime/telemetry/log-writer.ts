/** Writes log lines: one JSON object per line, or one readable line, on stderr. */
import pino from 'pino';
import { Clock, systemClock } from '../clock';
import type { TelemetrySettings } from '../config';
import { PermanentError, RetryableError } from '../errors';
import { LogSampler } from './log-sampler';
import type { LogFields, Logger } from './logger';

type LogSettings = TelemetrySettings['logs'];

/** What a logger is made from beside its settings. */
export interface LogOptions {
  /** Attributes of the process; every line carries them as `resource`. */
  readonly resource?: Readonly<Record<string, string>>;
  /** The time. */
  readonly clock?: Clock;
  /** Where lines go, each with its line feed; stderr when not given. */
  readonly write?: (line: string) => void;
}

type WrittenLevel = 'debug' | 'info' | 'warn' | 'error';

/** A logger that writes as `settings` say. */
export function createLogger(settings: LogSettings, options: LogOptions = {}): Logger {
  const { clock = systemClock, resource = {} } = options;
  const hasResource = Object.keys(resource).length > 0;
  const base = { ...settings.initialFields, ...(hasResource ? { resource } : {}) };
  const writer = pino(
    {
      level: lowestWritten(settings.level),
      base,
      messageKey: 'msg',
      timestamp: () => `,"ts":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination(settings.encoding, options.write),
  );
  const { sampling } = settings;
  const sampler = sampling.enabled ? new LogSampler(sampling, clock) : undefined;
  return new LogWriter(writer, sampler);
}

class LogWriter implements Logger {
  public constructor(
    private readonly writer: pino.Logger,
    private readonly sampler: LogSampler | undefined,
  ) {}

  public debug(message: string, fields?: LogFields): void {
    this.write('debug', message, fields);
  }

  public info(message: string, fields?: LogFields): void {
    this.write('info', message, fields);
  }

  public warn(message: string, fields?: LogFields): void {
    this.write('warn', message, fields);
  }

  public error(message: string, fields?: LogFields): void {
    this.write('error', message, fields);
  }

  public with(fields: LogFields): Logger {
    return new LogWriter(this.writer.child(readable(fields)), this.sampler);
  }

  private write(level: WrittenLevel, message: string, fields: LogFields = {}): void {
    if (!this.writer.isLevelEnabled(level)) return;
    if (this.sampler?.admits(level, message) === false) return;
    this.writer[level](readable(fields), message);
  }
}

/** `fields` with errors as sentences. Only a bug is worth its stack: others happen every day. */
function readable(fields: LogFields): LogFields {
  const written: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    written[name] = value instanceof Error ? value.message : value;
    if (value instanceof Error && isBug(value)) written.stacktrace = value.stack;
  }
  return written;
}

function isBug(error: Error): boolean {
  return !(error instanceof RetryableError) && !(error instanceof PermanentError);
}

function lowestWritten(level: LogSettings['level']): string {
  return level === 'dpanic' || level === 'panic' || level === 'fatal' ? 'fatal' : level;
}

function destination(
  encoding: LogSettings['encoding'], write: LogOptions['write'],
): pino.DestinationStream {
  // Synchronous, because the last lines before a crash are the ones that somebody will look for.
  const out = write === undefined ? pino.destination({ fd: 2, sync: true }) : { write };
  return encoding === 'json' ? out : { write: (line) => { out.write(consoleLine(line)); } };
}

function consoleLine(line: string): string {
  const { level, ts, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const words = [ts, level, msg];
  if (Object.keys(fields).length > 0) words.push(JSON.stringify(fields));
  return `${words.join('\t')}\n`;
}
