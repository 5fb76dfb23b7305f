/** Labels of everything that belongs to one tier. */

/** What a tier is called. */
export interface TierIdentity {
  /** Name of its workload and first part of all other names. */
  readonly name: string;
  /** Its part in the whole: agent, gateway, sampler. */
  readonly component: string;
  /** What it is part of. */
  readonly partOf: string;
  /** Its namespace; undefined when whoever applies it decides. */
  readonly namespace?: string;
}

/** What selects the pods of a tier. It never changes, for selectors cannot be changed. */
export function selectorLabels({ name }: Pick<TierIdentity, 'name'>): Record<string, string> {
  return { 'app.kubernetes.io/name': 'otel-collector', 'app.kubernetes.io/instance': name };
}

/**
 * A name as the value of a label: what it cannot hold is `-`, and its ends are letters or digits.
 */
export function labelValue(name: string): string {
  return name.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}

/** Labels of pods. */
export function podLabels(tier: TierIdentity): Record<string, string> {
  return { ...selectorLabels(tier), 'app.kubernetes.io/component': tier.component };
}

/** Labels of objects. */
export function objectLabels(tier: TierIdentity): Record<string, string> {
  return {
    ...podLabels(tier),
    'app.kubernetes.io/part-of': tier.partOf,
    'app.kubernetes.io/managed-by': 'cdk8s',
  };
}
