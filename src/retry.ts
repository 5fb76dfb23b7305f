import { Duration } from 'cdk8s';
import type { LoadBalancingRetryConfig, RetryConfig } from './config';

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

/** What becomes of requests that a receiver did not take. */
export class Retry {
  /** They are tried again for `time`, then given up. */
  public static upTo(time: Duration, options: RetryOptions = {}): Retry {
    return new Retry({ ...options, maxElapsedTime: time });
  }

  /** They are tried again until they are taken; the queue fills up meanwhile. */
  public static forever(options: RetryOptions = {}): Retry {
    return new Retry({ ...options, maxElapsedTime: Duration.millis(0) });
  }

  /** They are given up at once. */
  public static never(): Retry {
    return new Retry({ enabled: false });
  }

  private constructor(private readonly config: RetryConfig) {}

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
