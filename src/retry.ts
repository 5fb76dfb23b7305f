import { Duration } from 'cdk8s';
import type { LoadBalancingRetryConfig, RetryConfig } from './config';
import { durationOf, rightProps, wrongValue } from './prop-kinds';

/** Pauses between tries. */
export interface RetryOptions {
  /**
   * Pause before the first retry; the time after which tries are given up must not be shorter.
   * @default Duration.seconds(5); for what is spread by trace Duration.seconds(1)
   */
  readonly initialInterval?: Duration;
  /**
   * Longest pause.
   * @default Duration.seconds(30)
   */
  readonly maxInterval?: Duration;
}

const PAUSE_KINDS = {
  initialInterval: durationOf('millis', 0, 5000), maxInterval: durationOf('millis', 0, 30_000),
};
// To the collector no time at all means that it never gives up.
const TIME = {
  ...durationOf('millis', 1, 0),
  example: 'Retry.upTo(Duration.minutes(5)), Retry.forever() or Retry.never()',
};

/** What becomes of requests that a receiver did not take. */
export class Retry {
  /** They are tried again for `time`, then given up. */
  public static upTo(time: Duration, options: RetryOptions = {}): Retry {
    const problems = wrongValue('retry.time', time, TIME);
    const { config, _problems } = Retry.forever(options);
    return new Retry({ ...config, ...problems.length === 0 ? { maxElapsedTime: time } : {} }, [
      ...problems, ..._problems,
    ]);
  }

  /** They are tried again until they are taken; the queue fills up meanwhile. */
  public static forever(options: RetryOptions = {}): Retry {
    const { props, problems } = rightProps(options, PAUSE_KINDS, 'retry.', { isWhole: true });
    return new Retry({ ...props, maxElapsedTime: Duration.millis(0) }, problems);
  }

  /** They are given up at once. */
  public static never(): Retry {
    return new Retry({ enabled: false }, []);
  }

  private constructor(
    private readonly config: RetryConfig,
    /**
     * What is wrong with it, beginning with `retry`.
     * @internal
     */
    public readonly _problems: readonly string[],
  ) {}

  /**
   * What an exporter is told.
   * @internal
   */
  public _toConfig(): RetryConfig {
    return this.config;
  }

  /**
   * What the load-balancing exporter is told, whose own defaults are all zero.
   * @internal
   */
  public _toRoutedConfig(): LoadBalancingRetryConfig {
    if (this.config.enabled === false) return { enabled: false };
    return {
      enabled: true,
      initialInterval: Duration.seconds(1),
      maxInterval: Duration.seconds(30),
      multiplier: 1.5,
      randomizationFactor: 0.5,
      ...this.config,
    };
  }
}
