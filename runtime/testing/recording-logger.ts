import type { LogFields, Logger } from '../telemetry/logger';

/** How serious a line is. */
export type RecordedLevel = 'debug' | 'info' | 'warn' | 'error';

/** A line as it was logged. */
export interface RecordedLine {
  /** How serious it is. */
  readonly level: RecordedLevel;
  /** Its sentence. */
  readonly message: string;
  /** Facts beside it, those of `with` among them. */
  readonly fields: LogFields;
}

/** A logger that keeps its lines, for tests to look at. */
export class RecordingLogger implements Logger {
  /** All lines in order, those of loggers made by `with` among them. */
  public readonly lines: RecordedLine[];
  private readonly fields: LogFields;

  public constructor(lines: RecordedLine[] = [], fields: LogFields = {}) {
    this.lines = lines;
    this.fields = fields;
  }

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

  public with(fields: LogFields): RecordingLogger {
    return new RecordingLogger(this.lines, { ...this.fields, ...fields });
  }

  /** The sentences of all lines of `level`, or of all lines. */
  public messages(level?: RecordedLevel): string[] {
    return this.lines.filter((line) => level === undefined || line.level === level)
      .map((line) => line.message);
  }

  private write(level: RecordedLevel, message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields: { ...this.fields, ...fields } });
  }
}
