/** What a pool grows by. */
import { kindOf, textOf, wrongValue } from '../config/prop-kinds';

/**
 * What a signal becomes in a HorizontalPodAutoscaler.
 * @internal
 */
export interface ScalingMetric {
  /** A resource of the pods, or a metric that somebody else gives for each pod. */
  readonly kind: 'resource' | 'pods';
  /** Its name. */
  readonly name: string;
  /** The average over all pods that is aimed at: a percentage of a resource, else a value. */
  readonly target: number;
  /** The counter whose rate is the metric; the rule that says so is written beside it. */
  readonly rateOf?: string;
}

const METRIC = textOf(/^[^\s/%]+$/, 'by the name of a metric',
  'ScalingSignal.pods(\'requests_per_second\', 100)');

/** A measure of load: when its average over the pods is above the target, there are more pods. */
export class ScalingSignal {
  /**
   * Share of the requested CPU, in whole percent from 1 to 1000: there is no limit to what a pod
   * may use.
   */
  public static cpu(percent: number): ScalingSignal {
    return new ScalingSignal({ kind: 'resource', name: 'cpu', target: percent });
  }

  /**
   * Share of the requested memory, in whole percent from 1 to 100. It does not fall when load does,
   * for a collector keeps what it once had: pools that grew by it rarely shrink.
   */
  public static memory(percent: number): ScalingSignal {
    return new ScalingSignal({ kind: 'resource', name: 'memory', target: percent });
  }

  /**
   * Spans that a pod takes in per second, from 1 on. A rule is written that makes this rate of the
   * collectors' counter, so the tier needs `Monitoring.prometheusOperator()`, and the cluster
   * prometheus-adapter, whose usual rules give the result to the autoscaler.
   */
  public static acceptedSpansPerSecond(spans: number): ScalingSignal {
    return accepted('spans', spans);
  }

  /** Data points that a pod takes in per second, from 1 on; see `acceptedSpansPerSecond`. */
  public static acceptedMetricPointsPerSecond(points: number): ScalingSignal {
    return accepted('metric_points', points);
  }

  /** Log records that a pod takes in per second, from 1 on; see `acceptedSpansPerSecond`. */
  public static acceptedLogRecordsPerSecond(records: number): ScalingSignal {
    return accepted('log_records', records);
  }

  /**
   * Any metric that the cluster's custom metrics API gives for each pod. It must be able to fall: a
   * counter, such as `otelcol_receiver_accepted_spans`, only grows, and is refused.
   */
  public static pods(metric: string, average: number): ScalingSignal {
    return new ScalingSignal({ kind: 'pods', name: metric, target: average });
  }

  /** @internal */
  public static _of(metric: ScalingMetric): ScalingSignal {
    return new ScalingSignal(metric);
  }

  private constructor(
    /**
     * What it becomes.
     * @internal
     */
    public readonly _metric: ScalingMetric,
  ) {}

  /**
   * What is wrong with it; nothing when Kubernetes would take it and it can fall.
   * @internal
   */
  public get _problem(): string | undefined {
    const { kind, name, target, rateOf } = this._metric;
    const most = kind === 'pods' ? Number.MAX_SAFE_INTEGER : name === 'cpu' ? 1000 : 100;
    const unnamed = wrongValue('scaling.signals', name, METRIC);
    if (unnamed.length > 0) return unnamed[0];
    if (!Number.isInteger(target) || target < 1 || target > most) {
      return kind === 'pods'
        ? `scaling: ${name} must have a whole number from 1 on as its target, got`
          + ` ${kindOf(target)}.`
          + '\n→ give what one pod carries well, such as 10000.'
        : `scaling: ${name} must be a whole percentage of what a pod requests, up to ${most}, got`
          + ` ${kindOf(target)}.\n→ use ScalingSignal.${name}(70), for example.`;
    }
    if (kind !== 'pods' || rateOf !== undefined || !isCounter(name)) return undefined;
    return `scaling: ${name} is a counter, which only grows, so that the pool would never shrink.`
      + '\n→ use ScalingSignal.acceptedSpansPerSecond(10000), or a metric that is a rate.';
  }
}

function accepted(what: string, target: number): ScalingSignal {
  const rateOf = `otelcol_receiver_accepted_${what}`;
  return ScalingSignal._of({ kind: 'pods', name: `${rateOf}_per_second`, target, rateOf });
}

/** Whether a name is one of a counter: by Prometheus' ending, or by what collectors count. */
function isCounter(name: string): boolean {
  return name.endsWith('_total')
    || /^otelcol_.*_(spans|metric_points|log_records|items|requests)$/.test(name);
}
