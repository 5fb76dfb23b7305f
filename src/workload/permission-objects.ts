/** Roles of a tier's pods, and who has them. */
import { createHash } from 'crypto';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { withoutNamespace } from './cluster-scoped';
import { objectLabels, type TierIdentity } from './labels';
import type { Permission, PermissionRule } from '../graph/permissions';

/** Annotation that tells what each rule of a role is for, one line per rule. */
export const WHY_ANNOTATION = 'cdk8s-otel-gateway/why';

const MAX_NAME = 63;

/** A role, and what is written into it. */
interface Held {
  readonly id: string;
  readonly name: string;
  readonly permissions: readonly Permission[];
}

/**
 * Allows the pods of a tier what its configuration needs: by a ClusterRole where it must be
 * everywhere, and otherwise by one Role in each namespace and one for each Service to be found.
 */
export class PermissionObjects {
  /** What holds everywhere, if anything does. */
  public readonly clusterRole?: k8s.KubeClusterRole;
  /** Who has it. */
  public readonly clusterRoleBinding?: k8s.KubeClusterRoleBinding;
  /** What holds in one namespace each. */
  public readonly roles: readonly k8s.KubeRole[];
  /** Who has it, in the same order. */
  public readonly roleBindings: readonly k8s.KubeRoleBinding[];

  public constructor(
    scope: Construct, tier: TierIdentity, permissions: readonly Permission[],
    private readonly serviceAccountName: string = tier.name,
  ) {
    const everywhere = permissions.filter((each) => each.scope === 'cluster');
    if (everywhere.length > 0) {
      const held = { id: 'cluster', name: clusterWideName(tier), permissions: everywhere };
      [this.clusterRole, this.clusterRoleBinding] = this.everywhere(scope, tier, held);
    }
    const inNamespaces = rolesOf(tier, permissions.filter((each) => each.scope === 'namespace'));
    const pairs = inNamespaces.map((held) => this.inNamespace(scope, tier, held));
    this.roles = pairs.map(([role]) => role);
    this.roleBindings = pairs.map(([, binding]) => binding);
  }

  private everywhere(
    scope: Construct, tier: TierIdentity, { id, name, permissions }: Held,
  ): [k8s.KubeClusterRole, k8s.KubeClusterRoleBinding] {
    const metadata = { name, labels: objectLabels(tier) };
    return [
      withoutNamespace(new k8s.KubeClusterRole(scope, `${id}-role`, {
        metadata: { ...metadata, annotations: reasons(permissions) },
        rules: permissions.map(({ rule }) => policyRule(rule)),
      })),
      withoutNamespace(new k8s.KubeClusterRoleBinding(scope, `${id}-role-binding`, {
        metadata, roleRef: reference('ClusterRole', name), subjects: this.subjects(tier),
      })),
    ];
  }

  private inNamespace(
    scope: Construct, tier: TierIdentity, { id, name, permissions }: Held,
  ): [k8s.KubeRole, k8s.KubeRoleBinding] {
    const namespace = permissions[0].namespace ?? tier.namespace;
    const metadata = { name, namespace, labels: objectLabels(tier) };
    return [
      new k8s.KubeRole(scope, `${id}-role`, {
        metadata: { ...metadata, annotations: reasons(permissions) },
        rules: permissions.map(({ rule }) => policyRule(rule)),
      }),
      new k8s.KubeRoleBinding(scope, `${id}-role-binding`, {
        metadata, roleRef: reference('Role', name), subjects: this.subjects(tier),
      }),
    ];
  }

  private subjects({ namespace }: TierIdentity): k8s.Subject[] {
    return [{ kind: 'ServiceAccount', name: this.serviceAccountName, namespace }];
  }
}

/** One Role for each Service that is found, and one for all else in each namespace. */
function rolesOf(tier: TierIdentity, permissions: readonly Permission[]): Held[] {
  const groups = new Map<string, Permission[]>();
  for (const each of permissions) {
    const key = JSON.stringify([each.finds, each.namespace]);
    groups.set(key, [...groups.get(key) ?? [], each]);
  }
  return [...groups.values()].map((group) => {
    const { finds, namespace } = group[0];
    const isOwn = namespace === undefined || namespace === tier.namespace;
    const name = isOwn ? tier.name : clusterWideName(tier);
    if (finds !== undefined) {
      const host = [finds, namespace ?? []].flat().join('.');
      return { id: `finds-${host}`, name: `${name}-finds-${finds}`, permissions: group };
    }
    return {
      id: isOwn ? 'own' : `in-${namespace}`, name: `${name}-permissions`, permissions: group,
    };
  });
}

/** A name that no tier of another namespace has: namespaces and names of tiers hold no dots. */
function clusterWideName({ name, namespace }: TierIdentity): string {
  const whole = [namespace ?? [], name].flat().join('.');
  if (whole.length <= MAX_NAME) return whole;
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  return `${whole.slice(0, MAX_NAME - digest.length - 1)}-${digest}`;
}

function reference(kind: string, name: string): k8s.RoleRef {
  return { apiGroup: 'rbac.authorization.k8s.io', kind, name };
}

function policyRule(rule: PermissionRule): k8s.PolicyRule {
  const { apiGroups, resources, resourceNames, nonResourceUrls, verbs } = rule;
  return nonResourceUrls === undefined
    ? { apiGroups, resources, verbs, ...resourceNames === undefined ? {} : { resourceNames } }
    : { nonResourceUrLs: nonResourceUrls, verbs };
}

function reasons(permissions: readonly Permission[]): Record<string, string> {
  return {
    [WHY_ANNOTATION]: permissions.map(({ rule }) => `${whatIsAllowed(rule)}: ${rule.why}`)
      .join('\n'),
  };
}

function whatIsAllowed(rule: PermissionRule): string {
  const { apiGroups, resources, nonResourceUrls, resourceNames, verbs } = rule;
  return [
    `${verbs.join(', ')} ${(resources ?? nonResourceUrls ?? []).join(', ')}`,
    ...resourceNames === undefined ? [] : [`named ${resourceNames.join(', ')}`],
    ...apiGroups.filter((group) => group !== '').map((group) => `of ${group}`),
  ].join(' ');
}
