import type { Duration } from 'cdk8s';

/** How Prometheus looks at the collectors. */
export interface PrometheusOperatorOptions {
  /**
   * Time between two scrapes, in whole milliseconds; alerts look back five minutes.
   * @default - as Prometheus is configured
   */
  readonly interval?: Duration;
  /**
   * Labels by which the Prometheus object selects monitors and rules.
   * @default - none
   */
  readonly labels?: Record<string, string>;
}

/** Who watches the collectors. */
export class Monitoring {
  /**
   * The Prometheus operator, whose CRDs must be in the cluster: a ServiceMonitor and a
   * PrometheusRule with the alerts that concern what the tier is made of.
   */
  public static prometheusOperator(options: PrometheusOperatorOptions = {}): Monitoring {
    return new Monitoring(options);
  }

  private constructor(
    /**
     * How Prometheus looks at the collectors.
     * @internal
     */
    public readonly _options: PrometheusOperatorOptions,
  ) {}
}
