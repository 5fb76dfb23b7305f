/** Writes log lines: one JSON object per line, or one readable line, on stderr. */
import pino from 'pino';
import { Clock, systemClock } from '../clock';
import type { TelemetrySettings } from '../config';
import { PermanentError, RetryableError } from '../errors';
import { openOutputs, type WriteLine } from './log-outputs';
import { LogSampler } from './log-sampler';
import type { LogFields, Logger } from './logger';

type LogSettings = TelemetrySettings['logs'];

const LOGS = 'service.telemetry.logs';

/** What a logger is made from beside its settings. */
export interface LogOptions {
  /** Attributes of the process; every line carries them as `resource`. */
  readonly resource?: Readonly<Record<string, string>>;
  /** The time. */
  readonly clock?: Clock;
  /** Where lines go, each with its line feed; where the settings say when not given. */
  readonly write?: WriteLine;
  /** Is given every line that is written, besides. */
  readonly send?: SendLine;
}

/** Levels of lines. */
export type WrittenLevel = 'debug' | 'info' | 'warn' | 'error';

/** Takes a line as its parts. */
export type SendLine = (level: WrittenLevel, message: string, fields: LogFields) => void;

/**
 * A logger that writes as `settings` say.
 *
 * @throws Error when a file that lines go to cannot be opened.
 */
export function createLogger(settings: LogSettings, options: LogOptions = {}): Logger {
  const { clock = systemClock, resource = {} } = options;
  const hasResource = !settings.disableZapResource && Object.keys(resource).length > 0;
  const base = { ...settings.initialFields, ...(hasResource ? { resource } : {}) };
  const writer = pino(
    {
      level: lowestWritten(settings.level),
      base,
      messageKey: 'msg',
      timestamp: () => `,"ts":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination(settings.encoding, options.write ?? outputs(settings, clock)),
  );
  const { sampling } = settings;
  const sampler = sampling.enabled ? new LogSampler(sampling, clock) : undefined;
  const { development, disableStacktrace } = settings;
  return new LogWriter({
    sampler,
    send: options.send,
    stacks: disableStacktrace ? 'none' : development ? 'all' : 'bugs',
  }, writer, {});
}

/** Which errors show their stacks. */
type Stacks = 'none' | 'bugs' | 'all';

interface WriterOptions {
  readonly sampler?: LogSampler;
  readonly send?: SendLine;
  readonly stacks: Stacks;
}

class LogWriter implements Logger {
  public constructor(
    private readonly options: WriterOptions,
    private readonly writer: pino.Logger,
    /** What `with` added, for those who are sent lines. */
    private readonly own: LogFields,
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
    const added = readable(fields, this.options.stacks);
    const own = this.options.send === undefined ? this.own : { ...this.own, ...added };
    return new LogWriter(this.options, this.writer.child(added), own);
  }

  private write(level: WrittenLevel, message: string, fields: LogFields = {}): void {
    if (!this.writer.isLevelEnabled(level)) return;
    const { sampler, send, stacks } = this.options;
    if (sampler?.admits(level, message) === false) return;
    const written = readable(fields, level === 'warn' || level === 'error' ? stacks : 'none');
    this.writer[level](written, message);
    send?.(level, message, { ...this.own, ...written });
  }
}

/**
 * `fields` with errors as sentences. Only a bug is worth its stack, unless somebody develops: other
 * errors happen every day.
 */
function readable(fields: LogFields, stacks: Stacks): LogFields {
  const written: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    written[name] = value instanceof Error ? value.message : value;
    if (!(value instanceof Error) || stacks === 'none') continue;
    if (stacks === 'all' || isBug(value)) written.stacktrace = value.stack;
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
  encoding: LogSettings['encoding'], write: WriteLine,
): pino.DestinationStream {
  return { write: encoding === 'json' ? write : (line) => { write(consoleLine(line)); } };
}

function outputs({ errorOutputPaths, outputPaths }: LogSettings, clock: Clock): WriteLine {
  // What cannot be written there either is lost: there is nowhere left to say so.
  const complain = openOutputs(`${LOGS}.error_output_paths`, errorOutputPaths, () => undefined);
  return openOutputs(`${LOGS}.output_paths`, outputPaths, (error) => {
    complain.write(`${new Date(clock.now()).toISOString()} write error: ${error.message}\n`);
  }).write;
}

function consoleLine(line: string): string {
  const { level, ts, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const words = [ts, level, msg];
  if (Object.keys(fields).length > 0) words.push(JSON.stringify(fields));
  return `${words.join('\t')}\n`;
}
