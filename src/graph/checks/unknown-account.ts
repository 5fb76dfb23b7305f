/** Pods are somebody whom Kubernetes knows, and to whom permissions can be given. */
import type { Check } from './check';
import { isOneLetterOff } from '../../config/nearest-name';
import { permissionsFor } from '../permissions';

/** Accounts that are a slip of another one, or that everybody in the namespace has. */
export const unknownAccount: Check = ({ account, namespace, data }, app) => {
  if (!account.isExisting) return [];
  const made = app.filter((tier) => !tier.account.isExisting && tier.namespace === namespace)
    .map((tier) => tier.account.name);
  const near = made.includes(account.name) ? undefined
    : made.find((name) => isOneLetterOff(name, account.name));
  if (near !== undefined) {
    return [`serviceAccount: must be one that exists, got ${JSON.stringify(account.name)} (did you`
      + ` mean ${near}?).\n→ give the account of that tier, or leave \`serviceAccount\` out.`];
  }
  const [needed] = account.name === 'default' ? permissionsFor(data, { namespace }) : [];
  return needed === undefined ? [] : [
    'serviceAccount: must be an account of the tier\'s own, for all pods of the namespace would'
    + ` be given what ${needed.rule.why.split(': ')[0]} needs, got "default".`
    + '\n→ leave `serviceAccount` out, or give another one.',
  ];
};
