/**
 * Checks that what components name as authenticators are authenticators, of the right side.
 */
import { SECTIONS } from './component-reading';
import type { AuthenticatorRole } from './contract';
import { holdsReference, valueAt } from './environment-references';
import { checkReference, type Wiring } from './pipeline-reading';
import { problem, type Path } from './problem';

const LACKS: Readonly<Record<AuthenticatorRole, string>> = {
  server: 'which lets no requests in',
  client: 'which adds no credentials to requests',
};

const ABLE: Readonly<Record<AuthenticatorRole, string>> = {
  server: 'name a bearertokenauth, or a basicauth with htpasswd',
  client: 'name a bearertokenauth, a basicauth with client_auth, a headers_setter or an'
    + ' oauth2client',
};

/** Checks all of `data`'s components that name authenticators. */
export function checkAuthenticators(data: unknown, wiring: Wiring): void {
  for (const placed of SECTIONS) {
    for (const [id, { contract }] of wiring.components[placed]) {
      for (const { at, as } of contract?.authenticators ?? []) {
        const here = [placed, id, ...at];
        const named = valueAt(data, here);
        if (typeof named === 'string') checkAuthenticator(named, as, here, wiring);
      }
    }
  }
}

function checkAuthenticator(
  named: string, role: AuthenticatorRole, at: Path, wiring: Wiring,
): void {
  const { components: { extensions }, problems } = wiring;
  checkReference(named, 'extensions', at, wiring);
  const extension = extensions.get(named);
  // What cannot be read is told where it stands, and what is not known cannot be asked.
  if (holdsReference(named) || extension?.vouches === undefined) return;
  if (extension.vouches.includes(role)) return;
  const able = [...extensions].filter(([, { vouches }]) => vouches?.includes(role))
    .map(([id]) => id);
  problems.push(problem(at, `names ${named}, ${LACKS[role]}`,
    able.length > 0 ? `name ${able.join(' or ')}` : ABLE[role]));
}
