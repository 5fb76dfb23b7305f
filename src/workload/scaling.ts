/** How a pool grows and shrinks. */
export interface HorizontalScalingOptions {
  /**
   * Fewest pods: a whole number from 1 on.
   * @default 2
   */
  readonly min?: number;
  /**
   * Most pods: a whole number from `min` on.
   */
  readonly max: number;
  /**
   * Share of the requested CPU that pods use on average before there are more of them: a whole
   * percentage from 1 to 1000, for there is no limit to what a pod may use.
   * @default 70
   */
  readonly cpuPercent?: number;
  /**
   * Share of the requested memory that pods use on average before there are more of them: a whole
   * percentage from 1 to 100.
   * @default - memory is left to the memory limiter: it does not fall when load does
   */
  readonly memoryPercent?: number;
}

/** How many pods a pool has. */
export class Scaling {
  /** Always `replicas` pods. */
  public static fixed(replicas: number): Scaling {
    return new Scaling(replicas, replicas);
  }

  /** As many as the load needs, by a HorizontalPodAutoscaler. */
  public static horizontal(options: HorizontalScalingOptions): Scaling {
    return new Scaling(options.min ?? 2, options.max, options);
  }

  private constructor(
    /** Fewest pods. */
    public readonly min: number,
    /** Most pods. */
    public readonly max: number,
    /** How it scales; absent when the number of pods is fixed. */
    public readonly autoscaling?: HorizontalScalingOptions,
  ) {}
}

function percentProblem(options: HorizontalScalingOptions | undefined): string | undefined {
  const { cpuPercent = 70, memoryPercent = 80 } = options ?? {};
  const wrong = Object.entries({ cpuPercent, memoryPercent }).find(([name, value]) =>
    !Number.isInteger(value) || value < 1 || value > (name === 'cpuPercent' ? 1000 : 100));
  return wrong === undefined ? undefined
    : `scaling: ${wrong[0]} must be a whole percentage of what a pod requests, got ${wrong[1]}.`
      + `\n→ give \`${wrong[0]}\` 70, for example.`;
}

/** What is wrong with a number of pods; nothing when Kubernetes would take it. */
export function scalingProblem({ min, max, autoscaling }: Scaling): string | undefined {
  const isWhole = Number.isInteger(min) && Number.isInteger(max);
  return isWhole && min >= 1 && max >= min ? percentProblem(autoscaling)
    : `scaling: must be from 1 up to a whole number of pods, got ${min}`
      + `${max === min ? '' : ` to ${max}`}.\n→ use Scaling.fixed(2), or`
      + ' Scaling.horizontal({ min: 2, max: 10 }).';
}
