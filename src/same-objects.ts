/** Objects that a tier writes and somebody else of its chart, too: one would replace the other. */
import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { allTiers, type TierFacts } from './graph/tier-facts';

/** Somebody who writes objects. */
interface Owner {
  /** Where it is. */
  readonly path: string;
  /** Names that are compared as such, so that nothing is told twice. */
  readonly names: readonly (string | undefined)[];
}

/**
 * What is wrong with the names of the objects of the tier `scope`, one sentence for each who has
 * the like. Tiers of one name, or that of a Service of the other, are told as that.
 */
export function sameObjectProblems(scope: IConstruct, facts: TierFacts): string[] {
  const own = new Set<IConstruct>(scope.node.findAll());
  const objects = Chart.of(scope).node.findAll().filter((each) => ApiObject.isApiObject(each))
    .filter((each) => Chart.of(each) === Chart.of(scope));
  const written = new Set(objects.filter((each) => own.has(each)).map(identityOf));
  const tiers = new Map(allTiers(scope).map((tier) => [tier.path, tier]));
  const known = [facts.name, facts.headlessName];
  const told = new Map<string, string>();
  for (const object of objects) {
    if (own.has(object) || !written.has(identityOf(object))) continue;
    const { path, names } = ownerOf(object, tiers);
    if (told.has(path) || names.some((name) => name !== undefined && known.includes(name))) {
      continue;
    }
    told.set(path, `name: must give objects of the chart names of their own, got ${object.kind}`
      + ` ${object.name} of ${facts.path} and of ${path}.\n→ ${wayOut(object)}.`);
  }
  return [...told.values()];
}

function wayOut({ kind, name }: ApiObject): string {
  return kind === 'ServiceAccount' ? `give one of them ServiceAccount.existing('${name}')`
    : 'give one of them another `name`';
}

function identityOf({ apiGroup, kind, name, metadata }: ApiObject): string {
  return JSON.stringify([apiGroup, kind, metadata.namespace, name]);
}

/** The tier or target that an object is part of; itself when it is part of none. */
function ownerOf(object: ApiObject, tiers: ReadonlyMap<string, TierFacts>): Owner {
  for (const each of [...object.node.scopes].reverse()) {
    const { path } = each.node;
    const tier = tiers.get(path);
    if (tier !== undefined) return { path, names: [tier.name, tier.headlessName] };
    if ('targetName' in each) return { path, names: [String(each.targetName)] };
  }
  return { path: object.node.path, names: [] };
}
