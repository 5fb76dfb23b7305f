/**
 * The contract of `service.telemetry.logs`: the process's own log.
 */
import type { Duration } from 'cdk8s';
import * as z from 'zod/mini';
import {
  choice, count, duration, flag, keyword, leaf, list, mustBe, text, withoutEffect,
} from '../fields';
import { section } from '../section';
import { recordProcessor, type RecordProcessorConfig } from './record-processors';

/** How repeated log lines are thinned out. */
export interface LogSamplingConfig {
  /**
   * Whether repeated lines are thinned out.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Period in which equal lines are counted.
   * @default Duration.seconds(10)
   */
  readonly tick?: Duration;
  /**
   * Number of equal lines in a period that are all logged.
   * @default 10
   */
  readonly initial?: number;
  /**
   * Of further lines in the period, every how many are logged.
   * @default 100
   */
  readonly thereafter?: number;
}

/** The process's own log. */
export interface TelemetryLogsConfig {
  /**
   * Least severity that is logged: debug, info, warn, error, dpanic, panic or fatal.
   * @default "info"
   */
  readonly level?: string;
  /**
   * How lines are written: console or json.
   * @default "console"
   */
  readonly encoding?: string;
  /**
   * Whether lines are for who develops: warnings carry a stack trace as well as errors.
   * @default false
   */
  readonly development?: boolean;
  /**
   * Whether lines lack the place in the code that wrote them. Lines of this runtime never have it.
   * @default false
   */
  readonly disableCaller?: boolean;
  /**
   * Whether lines about bugs lack their stack trace.
   * @default false
   */
  readonly disableStacktrace?: boolean;
  /**
   * Whether lines lack the attributes of the process, `resource`.
   * @default false
   */
  readonly disableZapResource?: boolean;
  /**
   * Where lines go: stdout, stderr, or files, which are appended to.
   * @default ["stderr"]
   */
  readonly outputPaths?: string[];
  /**
   * Where it is said that a line could not be written.
   * @default ["stderr"]
   */
  readonly errorOutputPaths?: string[];
  /**
   * Fields that every line carries.
   * @default {}
   */
  readonly initialFields?: Record<string, any>;
  /**
   * How repeated lines are thinned out.
   * @default - 10 equal lines in 10 seconds, then every hundredth
   */
  readonly sampling?: LogSamplingConfig;
  /**
   * Where lines are sent as OTLP, beside what is written.
   * @default []
   */
  readonly processors?: RecordProcessorConfig[];
}

/** Time after which a batch of log records is sent. */
const SCHEDULE_MS = 1_000;

/** The process's own log. */
export const telemetryLogs = section<TelemetryLogsConfig>()({
  level: keyword(['debug', 'info', 'warn', 'error', 'dpanic', 'panic', 'fatal'], 'info'),
  encoding: choice(['console', 'json'], 'console'),
  development: flag({ fallback: false }),
  disableCaller: withoutEffect(
    flag({ fallback: false }), 'lines never tell the place in the code'),
  disableStacktrace: flag({ fallback: false }),
  disableZapResource: flag({ fallback: false }),
  outputPaths: list(text(), ['stderr']),
  errorOutputPaths: list(text(), ['stderr']),
  initialFields: leaf<Record<string, any>, Readonly<Record<string, unknown>>>(
    () => z.record(z.string(), z.unknown(), mustBe('a map')), {}),
  sampling: section<LogSamplingConfig>()({
    enabled: flag({ fallback: true }),
    tick: duration('10s'),
    initial: count({ fallback: 10 }),
    thereafter: count({ fallback: 100 }),
  }),
  processors: list(recordProcessor(SCHEDULE_MS), []),
});
