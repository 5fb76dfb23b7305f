/** Namespaces that a component limits itself to. */
import { CLUSTER, texts, type PermissionFacts, type Place } from './permission';
import { holdsReference } from '../../config/environment-references';

/** How a configuration names the namespace of its own pod: the variable that all tiers have. */
const OWN = /^\$\{(env:)?POD_NAMESPACE\}$/;

/** Namespaces and what to say about them. */
export interface Places {
  /** Where rules must hold. */
  readonly places: readonly Place[];
  /** What is added to the reason; empty when nothing is. */
  readonly note: string;
}

/** One place for each namespace; everywhere when none is named. */
export function placesOf(namespaces: unknown, { namespace }: PermissionFacts): Places {
  const names = texts(namespaces).filter((name) => name !== '')
    .map((name) => (OWN.test(name) ? namespace : name));
  if (names.length === 0) return { places: [CLUSTER], note: '' };
  // A Role needs the name of its namespace, and this one is known to the running pod only.
  const unknown = names.find(holdsReference);
  if (unknown !== undefined) {
    return { places: [CLUSTER], note: `, for nobody knows yet what ${unknown} is` };
  }
  return {
    places: [...new Set(names)].map((name) =>
      ({ scope: 'namespace', ...name === undefined ? {} : { namespace: name } })),
    note: '',
  };
}

/** The namespace that everything of a component is in; its own pod's when none is named. */
export function placeOf(namespace: unknown, facts: PermissionFacts): Places {
  return placesOf([namespace ?? '${env:POD_NAMESPACE}'], facts);
}
