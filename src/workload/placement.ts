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

const LABEL_KEY = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/;
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

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

  /**
   * What Kubernetes would refuse of it.
   * @internal
   */
  public get _problems(): string[] {
    const { nodeLabels, tolerations = [] } = this;
    const labels = Object.entries<unknown>(nodeLabels)
      .filter(([key, value]) => !LABEL_KEY.test(key) || !LABEL_VALUE.test(String(value))
        || typeof value !== 'string')
      .map(([key, value]) => 'placement: must name labels of nodes, with texts as values, got'
        + ` ${JSON.stringify({ [key]: value })}.`
        + '\n→ write Placement.onNodes({ \'example.com/pool\': \'telemetry\' }), for example.');
    const effects = tolerations.filter(({ effect }) => ![undefined, ...EFFECTS].includes(effect))
      .map(({ effect }) => `placement: effect must be one of ${EFFECTS.join(', ')}, got`
        + ` ${JSON.stringify(effect)}.\n→ write one of them, or leave it out for all.`);
    return [...labels, ...effects];
  }
}
