/** Permissions that reach beyond a namespace name the account together with its own. */
import type { Check } from './check';
import { permissionsFor } from '../permissions';

/** What a tier may ask for elsewhere, when nobody knows which namespace it is in. */
export const knownNamespace: Check = ({ namespace, data, image }) => {
  if (namespace !== undefined) return [];
  const beyond = permissionsFor(data, { collectorMinor: image._minor })
    .find((permission) => permission.scope === 'cluster' || permission.namespace !== undefined);
  return beyond === undefined ? [] : [
    `namespace: must be known where ${beyond.rule.why.split(': ')[0]} asks for more than its own`
    + ' namespace, got none.\n→ give its chart one: new Chart(app, id, { namespace }).',
  ];
};
