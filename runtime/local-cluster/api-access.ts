/** Decides what a ServiceAccount may ask the API server for, from the manifests' own RBAC. */
import type { BindingLike, PolicyRule, RoleLike } from './kubernetes';
import { nameOf, namespaceOf } from './kubernetes';

/** Who asks. */
export interface Account {
  /** Namespace of the ServiceAccount. */
  readonly namespace: string;
  /** Its name. */
  readonly name: string;
}

/** What is asked for. */
export interface AccessRequest {
  /** `get`, `list` or `watch`. */
  readonly verb: string;
  /** API group; '' for the core group. */
  readonly group: string;
  /** Plural name. */
  readonly resource: string;
  /** Namespace; '' for all of them. */
  readonly namespace: string;
  /** Name of one object; '' for all of them. */
  readonly name: string;
}

/** Roles and bindings. */
export interface AccessRules {
  /** Roles. */
  readonly roles: readonly RoleLike[];
  /** ClusterRoles. */
  readonly clusterRoles: readonly RoleLike[];
  /** RoleBindings. */
  readonly roleBindings: readonly BindingLike[];
  /** ClusterRoleBindings. */
  readonly clusterRoleBindings: readonly BindingLike[];
}

/** Whether `account` may do what `request` asks. */
export function isAllowed(rules: AccessRules, account: Account, request: AccessRequest): boolean {
  const roles = [
    ...rules.clusterRoleBindings.map((binding) => ({ binding, everywhere: true })),
    ...rules.roleBindings
      .filter((binding) => request.namespace !== '' && namespaceOf(binding) === request.namespace)
      .map((binding) => ({ binding, everywhere: false })),
  ].filter(({ binding }) => isBound(binding, account))
    .map(({ binding, everywhere }) => roleOf(rules, binding, everywhere));
  return roles.some((role) => (role?.rules ?? []).some((rule) => covers(rule, request)));
}

/** The sentence with which the API server refuses, word for word as Kubernetes writes it. */
export function forbiddenMessage(account: Account, request: AccessRequest): string {
  const { group, resource, verb, namespace, name } = request;
  const full = group === '' ? resource : `${resource}.${group}`;
  const which = name === '' ? '' : ` "${name}"`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return `${full}${which} is forbidden: User "system:serviceaccount:${account.namespace}:`
    + `${account.name}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
}

function isBound(binding: BindingLike, account: Account): boolean {
  return (binding.subjects ?? []).some((subject) => {
    if (subject.kind === 'ServiceAccount') {
      // A ServiceAccount subject without a namespace is refused by a real API server.
      return subject.name === account.name && subject.namespace === account.namespace;
    }
    if (subject.kind === 'User') {
      return subject.name === `system:serviceaccount:${account.namespace}:${account.name}`;
    }
    return ['system:authenticated', 'system:serviceaccounts',
      `system:serviceaccounts:${account.namespace}`].includes(subject.name);
  });
}

function roleOf(
  rules: AccessRules, binding: BindingLike, everywhere: boolean,
): RoleLike | undefined {
  const { kind, name } = binding.roleRef;
  if (kind === 'ClusterRole') return rules.clusterRoles.find((role) => nameOf(role) === name);
  if (everywhere) return undefined;
  return rules.roles.find((role) =>
    nameOf(role) === name && namespaceOf(role) === namespaceOf(binding));
}

function covers(rule: PolicyRule, request: AccessRequest): boolean {
  const has = (list: readonly string[] | undefined, wanted: string): boolean =>
    list?.some((each) => each === wanted || each === '*') ?? false;
  const names = rule.resourceNames ?? [];
  return has(rule.verbs, request.verb)
    && has(rule.apiGroups, request.group)
    && has(rule.resources, request.resource)
    && (names.length === 0 || names.includes(request.name));
}
