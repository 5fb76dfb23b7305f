import type { Duration } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { isWholeSeconds } from './durations';
import {
  anyValue, isMap, kindOf, listOf, rightProps, textOf, trueOrFalse, wrongValue, type Kind,
} from '../config/prop-kinds';

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

const map: Kind = { is: isMap, wanted: '', example: '' };
const OPTION_KINDS = {
  tolerations: listOf(map, 'a list of tolerations', '[{ key: \'telemetry\' }]'),
  isSpreadStrict: trueOrFalse,
};
const text = textOf(/^/, 'a text', '\'telemetry\'');
const TOLERATION_KINDS = {
  // Without a key, all taints are tolerated.
  key: textOf(new RegExp(`^$|${LABEL_KEY.source}`), 'the key of a taint', '\'telemetry\''),
  value: textOf(LABEL_VALUE, 'the value of a taint', '\'telemetry\''),
  effect: anyValue,
  tolerationPeriod: anyValue,
};
const LABELS: Kind = {
  is: isMap,
  wanted: 'labels of nodes by their names',
  example: 'Placement.onNodes({ \'example.com/pool\': \'telemetry\' })',
};
const AFFINITY: Kind = {
  is: isMap, wanted: 'an Affinity', example: 'Placement.withAffinity({ nodeAffinity: … })',
};

interface Rules {
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
    return new Placement(labels, options, {});
  }

  /**
   * On a pool of nodes of their own: nodes with the label `key: value`, which a taint of the same
   * key and value keeps free of others.
   */
  public static onPool(key: string, value: string, options: PlacementOptions = {}): Placement {
    const wrong = [key, value].flatMap((each) => wrongValue('placement.pool', each, {
      ...text, example: 'Placement.onPool(\'example.com/pool\', \'telemetry\')',
    }));
    const pool = wrong.length === 0 ? { key, value } : undefined;
    return new Placement(
      pool === undefined ? {} : { [pool.key]: pool.value }, options, { pool }, wrong);
  }

  /** On any Linux node, whatever its taints, as agents do unless told otherwise. */
  public static everyLinuxNode(options: PlacementOptions = {}): Placement {
    return new Placement({}, options, { toleratesAll: true });
  }

  /** Rather on nodes that carry all of `labels`, on others where there is no room. */
  public static preferring(
    labels: Record<string, string>, options: PlacementOptions = {},
  ): Placement {
    const matchExpressions = Object.entries(isMap(labels) ? labels : {})
      .map(([key, value]) => ({ key, operator: 'In', values: [value] }));
    const affinity = {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, preference: { matchExpressions } },
        ],
      },
    };
    return new Placement({}, options, { affinity }, labelProblems(labels));
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
    return new Placement({}, options, { affinity }, wrongValue('placement', affinity, AFFINITY));
  }

  /** Taints that are tolerated. */
  public readonly tolerations?: TolerationOptions[];

  /** Labels of the nodes. */
  public readonly nodeLabels: Record<string, string>;
  /**
   * What else there is to say.
   * @internal
   */
  public readonly _rules: Rules;
  /**
   * What Kubernetes would refuse of it.
   * @internal
   */
  public readonly _problems: readonly string[];

  private constructor(
    labels: Record<string, string>, options: PlacementOptions,
    { pool, ...rules }: Omit<Rules, 'isSpreadStrict'> & { readonly pool?: TolerationOptions },
    wrong: readonly string[] = [],
  ) {
    const { props, problems } = rightProps(options, OPTION_KINDS, 'placement.', { isWhole: true });
    const { tolerations, isSpreadStrict } = props;
    const all = pool === undefined ? tolerations : [pool, ...tolerations ?? []];
    this.nodeLabels = isMap(labels) ? labels : {};
    this.tolerations = all && [...all];
    this._rules = { ...rules, isSpreadStrict };
    this._problems = [
      ...wrong, ...labelProblems(labels), ...problems, ...(all ?? []).flatMap(tolerationProblems),
    ];
  }
}

function labelProblems(labels: Record<string, string>): string[] {
  const none = wrongValue('placement', labels, LABELS);
  return none.length > 0 ? none : Object.entries<unknown>(labels)
    .filter((label) => !isLabel(label))
    .map(([key, value]) => 'placement: must name labels of nodes, with texts as values, got'
      + ` { ${JSON.stringify(key)}: ${kindOf(value)} }.\n→ write ${LABELS.example}, for example.`);
}

function tolerationProblems(given: TolerationOptions): string[] {
  const { props, problems } = rightProps(
    given, TOLERATION_KINDS, 'placement.tolerations.', { isWhole: true });
  const { key, value, effect, tolerationPeriod } = props;
  const isEffect = effect === undefined || EFFECTS.includes(effect);
  const isKeyless = value !== undefined && (key === undefined || key === '');
  const isTimed = tolerationPeriod !== undefined;
  return problems.length > 0 ? [...problems] : [
    ...isEffect ? [] : [`placement: effect must be one of ${EFFECTS.join(', ')}, got`
      + ` ${kindOf(effect)}.\n→ write one of them, or leave it out for all.`],
    ...isKeyless ? ['placement: a toleration with a value must have a key, got the value'
      + ` ${JSON.stringify(value)} alone.\n→ give it the \`key\` of the taint.`] : [],
    ...isTimed && !isWholeSeconds(tolerationPeriod, 0) ? [
      'placement: tolerationPeriod must be a Duration of whole seconds, got something else.'
      + '\n→ give it Duration.minutes(5), for example.',
    ] : [],
    ...isTimed && effect !== 'NoExecute' ? ['placement: tolerationPeriod must be for the effect'
      + ` NoExecute, by which alone pods are evicted, got ${kindOf(effect)}.`
      + '\n→ give `effect` \'NoExecute\', or leave `tolerationPeriod` out.'] : [],
  ];
}
