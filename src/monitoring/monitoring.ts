import type { Duration } from 'cdk8s';
import { durationOf, isMap, rightProps } from '../config/prop-kinds';
import { isLabel } from '../workload/placement';

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

const KINDS = {
  interval: durationOf('millis', 1, 30_000),
  labels: {
    is: (value: unknown) => isMap(value) && Object.entries(value).every(isLabel),
    wanted: 'texts by names of labels',
    example: '{ release: \'prometheus\' }',
  },
};

/** Who watches the collectors. */
export class Monitoring {
  /**
   * The Prometheus operator, whose CRDs must be in the cluster: a ServiceMonitor and a
   * PrometheusRule with the alerts that concern what the tier is made of.
   */
  public static prometheusOperator(options: PrometheusOperatorOptions = {}): Monitoring {
    const { props, problems } = rightProps(options, KINDS, 'monitoring.', { isWhole: true });
    return new Monitoring(props, problems);
  }

  private constructor(
    /**
     * How Prometheus looks at the collectors.
     * @internal
     */
    public readonly _options: PrometheusOperatorOptions,
    /**
     * What is wrong with that.
     * @internal
     */
    public readonly _problems: readonly string[],
  ) {}
}
