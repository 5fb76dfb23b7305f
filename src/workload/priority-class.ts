import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { withoutNamespace } from './cluster-scoped';
import { labelValue } from './labels';

/** What a PriorityClass is told. */
export interface PriorityClassProps {
  /**
   * Its name, which the whole cluster knows: lower-case letters, digits, `-` and `.`. Names that
   * begin with `system-` are Kubernetes' own.
   * @default - the id of the construct
   */
  readonly name?: string;
  /**
   * How much pods of it matter: a whole number from -2147483648 to 1000000000. Pods without a class
   * have 0.
   */
  readonly value: number;
  /**
   * Whether its pods displace those that matter less: PreemptLowerPriority, or Never for pods that
   * only wait further in front.
   * @default "PreemptLowerPriority"
   */
  readonly preemptionPolicy?: string;
  /**
   * What it is for.
   * @default - not said
   */
  readonly description?: string;
}

const NAME = /^(?!system-)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LONGEST_NAME = 253;
const POLICIES = ['PreemptLowerPriority', 'Never'];

/**
 * How much pods matter where there is no room for all, for `pod.priorityClassName` of tiers. An
 * agent needs more than applications have, or it never comes to nodes that are full. It holds in
 * the whole cluster.
 */
export class PriorityClass extends Construct {
  /** Its name, for `pod.priorityClassName`. */
  public readonly priorityClassName: string;
  /** The object. */
  public readonly apiObject: k8s.KubePriorityClass;

  public constructor(scope: Construct, id: string, props: PriorityClassProps) {
    super(scope, id);
    const given = { name: id, ...props };
    const { name, value, preemptionPolicy, description } = given;
    this.priorityClassName = name;
    this.apiObject = withoutNamespace(new k8s.KubePriorityClass(this, 'priority-class', {
      metadata: {
        name,
        labels: {
          'app.kubernetes.io/part-of': labelValue(Chart.of(this).node.id),
          'app.kubernetes.io/managed-by': 'cdk8s',
        },
      },
      value,
      preemptionPolicy: preemptionPolicy ?? 'PreemptLowerPriority',
      ...description === undefined ? {} : { description },
    }));
    this.node.defaultChild = this.apiObject;
    this.node.addValidation({
      validate: () => problemsOf(given)
        .map((sentence) => sentence.replace(/\n/g, '\n    ')),
    });
  }
}

function problemsOf({ name, value, preemptionPolicy }: PriorityClassProps): string[] {
  const isName = NAME.test(String(name)) && String(name).length <= LONGEST_NAME;
  const isValue = Number.isInteger(value) && value >= -(2 ** 31) && value <= 1e9;
  const held = value === undefined ? 'nothing' : JSON.stringify(value);
  return [
    ...isName ? [] : ['name: must be lower-case letters, digits, - and ., and not begin with'
      + ` system-, got ${JSON.stringify(name)}.\n→ write 'telemetry-agents', for example.`],
    ...isValue ? [] : ['value: must be a whole number from -2147483648 to 1000000000, got'
      + ` ${held}.\n→ write 1000000, for example.`],
    ...preemptionPolicy === undefined || POLICIES.includes(preemptionPolicy) ? [] : [
      `preemptionPolicy: must be one of ${POLICIES.join(', ')}, got`
      + ` ${JSON.stringify(preemptionPolicy)}.\n→ leave \`preemptionPolicy\` out.`,
    ],
  ];
}
