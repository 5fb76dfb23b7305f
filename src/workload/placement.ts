/** Nodes with a taint that pods may nevertheless stand on. */
export interface TolerationOptions {
  /**
   * Key of the taint.
   */
  readonly key: string;
  /**
   * Value of the taint.
   * @default - any
   */
  readonly value?: string;
  /**
   * Effect of the taint: NoSchedule, PreferNoSchedule or NoExecute.
   * @default - any
   */
  readonly effect?: string;
}

/** What else there is to say about nodes. */
export interface PlacementOptions {
  /**
   * Taints that the pods tolerate.
   * @default - none; agents tolerate all
   */
  readonly tolerations?: TolerationOptions[];
}

/** Where pods stand. */
export class Placement {
  /** On nodes that carry all of `labels`. */
  public static onNodes(
    labels: Record<string, string>, options: PlacementOptions = {},
  ): Placement {
    return new Placement(labels, options.tolerations);
  }

  private constructor(
    /** Labels of the nodes. */
    public readonly nodeLabels: Record<string, string>,
    /** Taints that are tolerated. */
    public readonly tolerations?: TolerationOptions[],
  ) {}
}
