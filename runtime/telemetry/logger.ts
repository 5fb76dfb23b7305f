/** What components log with. One line is one event, never one span. */

/** Facts beside a log line's sentence. Values are written as JSON. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes lines of one component. */
export interface Logger {
  /** For the one who looks for a bug. */
  debug(message: string, fields?: LogFields): void;
  /** For the one who wants to know what happens. */
  info(message: string, fields?: LogFields): void;
  /** Something is wrong, and it was dealt with. */
  warn(message: string, fields?: LogFields): void;
  /** Something is wrong, and data or service is lost. */
  error(message: string, fields?: LogFields): void;
  /** A logger whose lines carry `fields` as well. */
  with(fields: LogFields): Logger;
}
