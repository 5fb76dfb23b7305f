import type { Duration } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { isWholeSeconds } from './durations';

/** Nodes with a taint that pods may nevertheless stand on. */
export interface TolerationOptions {
  /**
   * Key of the taint.
   * @default - any
   */
  readonly key?: string;
  /**
   * Value of the taint; only beside its `key`.
   * @default - any
   */
  readonly value?: string;
  /**
   * Effect of the taint: NoSchedule, PreferNoSchedule or NoExecute.
   * @default - any
   */
  readonly effect?: string;
  /**
   * Time that pods stay on a node after it got the taint: whole seconds from 0 on. Only for the
   * effect NoExecute, by which they are otherwise evicted at once.
   * @default - they stay
   */
  readonly tolerationPeriod?: Duration;
}

/** What else there is to say about nodes. */
export interface PlacementOptions {
  /**
   * Taints that the pods tolerate.
   * @default - none; agents tolerate all
   */
  readonly tolerations?: TolerationOptions[];
  /**
   * Whether a pod rather waits than that pods are spread unevenly over zones or nodes. Agents
   * stand on every node anyway.
   * @default false
   */
  readonly isSpreadStrict?: boolean;
}

const LABEL_KEY = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/;
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** How clouds label nodes that they may take away at any time. */
const SPOT_LABELS: Readonly<Record<string, string>> = {
  'cloud.google.com/gke-spot': 'true',
  'eks.amazonaws.com/capacityType': 'SPOT',
  'karpenter.sh/capacity-type': 'spot',
  'kubernetes.azure.com/scalesetpriority': 'spot',
};

/** Whether it is a label that Kubernetes takes. */
export function isLabel([key, value]: readonly [string, unknown]): boolean {
  return LABEL_KEY.test(key) && typeof value === 'string' && LABEL_VALUE.test(value);
}

interface Rules {
  readonly tolerations?: readonly TolerationOptions[];
  readonly toleratesAll?: boolean;
  readonly affinity?: k8s.Affinity;
  readonly isSpreadStrict?: boolean;
}

/** Where pods stand. */
export class Placement {
  /** On nodes that carry all of `labels`. */
  public static onNodes(
    labels: Record<string, string>, options: PlacementOptions = {},
  ): Placement {
    return new Placement(labels, options);
  }

  /**
   * On a pool of nodes of their own: nodes with the label `key: value`, which a taint of the same
   * key and value keeps free of others.
   */
  public static onPool(key: string, value: string, options: PlacementOptions = {}): Placement {
    const tolerations = [{ key, value }, ...options.tolerations ?? []];
    return new Placement({ [key]: value }, { ...options, tolerations });
  }

  /** On any Linux node, whatever its taints, as agents do unless told otherwise. */
  public static everyLinuxNode(options: PlacementOptions = {}): Placement {
    return new Placement({}, { ...options, toleratesAll: true });
  }

  /** Rather on nodes that carry all of `labels`, on others where there is no room. */
  public static preferring(
    labels: Record<string, string>, options: PlacementOptions = {},
  ): Placement {
    const matchExpressions = Object.entries(labels)
      .map(([key, value]) => ({ key, operator: 'In', values: [value] }));
    return Placement.withAffinity({
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, preference: { matchExpressions } },
        ],
      },
    }, options);
  }

  /**
   * Never on nodes that a cloud may take away within minutes (spot nodes of AKS, EKS, GKE and
   * Karpenter): too short for what a sampler or a queue holds.
   */
  public static offSpotNodes(options: PlacementOptions = {}): Placement {
    const matchExpressions = Object.entries(SPOT_LABELS)
      .map(([key, value]) => ({ key, operator: 'NotIn', values: [value] }));
    return Placement.withAffinity({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions }],
        },
      },
    }, options);
  }

  /** As rules of Kubernetes say. */
  public static withAffinity(affinity: k8s.Affinity, options: PlacementOptions = {}): Placement {
    return new Placement({}, { ...options, affinity });
  }

  /** Taints that are tolerated. */
  public readonly tolerations?: TolerationOptions[];

  private constructor(
    /** Labels of the nodes. */
    public readonly nodeLabels: Record<string, string>,
    /**
     * What else there is to say.
     * @internal
     */
    public readonly _rules: Rules,
  ) {
    this.tolerations = _rules.tolerations && [..._rules.tolerations];
  }

  /**
   * What Kubernetes would refuse of it.
   * @internal
   */
  public get _problems(): string[] {
    const { nodeLabels, tolerations = [] } = this;
    const labels = Object.entries<unknown>(nodeLabels).filter((label) => !isLabel(label))
      .map(([key, value]) => 'placement: must name labels of nodes, with texts as values, got'
        + ` ${JSON.stringify({ [key]: value })}.`
        + '\n→ write Placement.onNodes({ \'example.com/pool\': \'telemetry\' }), for example.');
    const effects = tolerations.filter(({ effect }) => ![undefined, ...EFFECTS].includes(effect))
      .map(({ effect }) => `placement: effect must be one of ${EFFECTS.join(', ')}, got`
        + ` ${JSON.stringify(effect)}.\n→ write one of them, or leave it out for all.`);
    return [...labels, ...effects, ...tolerations.flatMap(tolerationProblems)];
  }
}

function tolerationProblems({ key, value, effect, tolerationPeriod }: TolerationOptions): string[] {
  const isKeyless = value !== undefined && (key === undefined || key === '');
  const isTimed = tolerationPeriod !== undefined;
  return [
    ...isKeyless ? ['placement: a toleration with a value must have a key, got the value'
      + ` ${JSON.stringify(value)} alone.\n→ give it the \`key\` of the taint.`] : [],
    ...isTimed && !isWholeSeconds(tolerationPeriod, 0) ? [
      'placement: tolerationPeriod must be a Duration of whole seconds, got something else.'
      + '\n→ give it Duration.minutes(5), for example.',
    ] : [],
    ...isTimed && effect !== 'NoExecute' ? ['placement: tolerationPeriod must be for the effect'
      + ` NoExecute, by which alone pods are evicted, got ${JSON.stringify(effect) ?? 'none'}.`
      + '\n→ give `effect` \'NoExecute\', or leave `tolerationPeriod` out.'] : [],
  ];
}
