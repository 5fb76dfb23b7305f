/** What collectors tell of themselves. */
import type { TierPart } from './part';

/** Least severity of what is logged. */
export enum LogLevel {
  /** Everything, for a short while only. */
  DEBUG = 'debug',
  /** What goes on. */
  INFO = 'info',
  /** What may be wrong. */
  WARN = 'warn',
  /** What is wrong. */
  ERROR = 'error',
}

/** How many metrics there are. Alerts and autoscalers make do with any of them. */
export enum MetricLevel {
  /** What comes in, waits and goes out. */
  BASIC = 'basic',
  /** How requests are gathered, too. */
  NORMAL = 'normal',
  /** Sizes in bytes and durations, too. */
  DETAILED = 'detailed',
}

/** How much collectors tell of themselves. */
export interface SelfTelemetryOptions {
  /**
   * Least severity of what is logged, as lines of JSON.
   * @default LogLevel.INFO
   */
  readonly logLevel?: LogLevel;
  /**
   * How many metrics are served on port 8888.
   * @default MetricLevel.NORMAL
   */
  readonly metricLevel?: MetricLevel;
}

/** What it adds to a tier. */
export function selfTelemetryPart({ logLevel, metricLevel }: SelfTelemetryOptions): TierPart {
  return {
    telemetry: {
      ...logLevel === undefined ? {} : { logs: { level: logLevel } },
      ...metricLevel === undefined ? {} : { metrics: { level: metricLevel } },
    },
  };
}
