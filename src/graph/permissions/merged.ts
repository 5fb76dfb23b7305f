/** Makes the fewest rules of many without allowing more than they do together. */
import type { Permission } from './permission';

/** What is allowed with one kind of thing in one place. */
interface Grant {
  readonly place: readonly (string | undefined)[];
  readonly group: string;
  readonly resource?: string;
  readonly url?: string;
  readonly names?: readonly string[];
  readonly verbs: ReadonlySet<string>;
  readonly whys: ReadonlySet<string>;
}

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** The same permissions in fewer rules, in an order that does not depend on theirs. */
export function merged(permissions: readonly Permission[]): Permission[] {
  const grants = joined(permissions.flatMap(grantsOf), keyOfThing, union);
  const needed = grants.filter((grant) => !grants.some((other) => covers(other, grant)));
  const groups = new Map<string, Grant[]>();
  for (const grant of needed) {
    const key = keyOfRule(grant);
    groups.set(key, [...groups.get(key) ?? [], grant]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => permissionOf(each));
}

function grantsOf({ scope, namespace, finds, rule }: Permission): Grant[] {
  const shared = {
    place: [scope, namespace, finds],
    names: rule.resourceNames,
    verbs: new Set(rule.verbs),
    whys: new Set([rule.why]),
  };
  return [
    ...rule.apiGroups.flatMap((group) =>
      (rule.resources ?? []).map((resource) => ({ ...shared, group, resource }))),
    ...(rule.nonResourceUrls ?? []).map((url) => ({ ...shared, group: '', url })),
  ];
}

function keyOfThing({ place, group, resource, url, names }: Grant): string {
  return JSON.stringify([place, group, resource, url, names]);
}

/** Rules are joined whose verbs are the same: joining others would allow more. */
function keyOfRule({ place, group, url, names, verbs }: Grant): string {
  // A line break comes before all that names hold: shorter lists then stand before longer ones.
  return [...place, url !== undefined, group, inOrder(verbs), names].join('\n');
}

function union(a: Grant, b: Grant): Grant {
  return {
    ...a, verbs: new Set([...a.verbs, ...b.verbs]), whys: new Set([...a.whys, ...b.whys]),
  };
}

function joined(
  grants: readonly Grant[], keyOf: (grant: Grant) => string, join: (a: Grant, b: Grant) => Grant,
): Grant[] {
  const found = new Map<string, Grant>();
  for (const grant of grants) {
    const before = found.get(keyOf(grant));
    found.set(keyOf(grant), before === undefined ? grant : join(before, grant));
  }
  return [...found.values()];
}

/** Whether `wide` is about all objects of which `narrow` names some, and allows as much. */
function covers(wide: Grant, narrow: Grant): boolean {
  return wide.names === undefined && narrow.names !== undefined
    && keyOfThing({ ...narrow, names: undefined }) === keyOfThing(wide)
    && [...narrow.verbs].every((verb) => wide.verbs.has(verb));
}

function inOrder(verbs: ReadonlySet<string>): string[] {
  const known = VERBS.filter((verb) => verbs.has(verb));
  return [...known, ...[...verbs].filter((verb) => !VERBS.includes(verb)).sort()];
}

function permissionOf(grants: readonly Grant[]): Permission {
  const { place: [scope, namespace, finds], group, names, verbs } = grants[0];
  const resources = grants.flatMap(({ resource }) => resource ?? []).sort();
  const urls = grants.flatMap(({ url }) => url ?? []).sort();
  return {
    scope: scope as Permission['scope'],
    ...namespace === undefined ? {} : { namespace },
    ...finds === undefined ? {} : { finds },
    rule: {
      apiGroups: urls.length > 0 ? [] : [group],
      ...urls.length > 0 ? { nonResourceUrls: urls } : { resources },
      verbs: inOrder(verbs),
      ...names === undefined ? {} : { resourceNames: [...names] },
      why: [...new Set(grants.flatMap(({ whys }) => [...whys]))].sort().join('; '),
    },
  };
}
