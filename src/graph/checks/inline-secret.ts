/** Credentials stand in Secrets: whoever may read a ConfigMap must not learn them. */
import type { Check } from './check';

/** Texts that are credentials by their key. */
const NAMED = new RegExp(
  '(authorization|(api|access|license)[-_]?key|key_pem|token|secret|password|passphrase)$', 'i');
/** Texts that are credentials wherever they stand. */
const SHAPED = [
  /^(Bearer|Basic)\s+[\w.~+/=-]{6,}$/i,
  /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:[^/?#\s@]+@/i,
  /-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----/,
];
/** Credentials below a key that is otherwise harmless, by both keys. */
const INSIDE = new Map([['api', 'key'], ['htpasswd', 'inline']]);

/** Credentials that would stand in the ConfigMap. */
export const inlineSecret: Check = ({ data }) => credentialPaths(data, []).map((path) => {
  const name = path.slice(1).join('_').toUpperCase().replace(/[^A-Z0-9]+/g, '_');
  const wayOut = path.at(-2) === 'headers'
    ? `give \`secretHeaders\`: { '${path.at(-1)}': SecretReference.of(secret, key) }.`
    : `write \${env:${name}} there, and give \`secrets\`: { ${name}: SecretReference.of(secret,`
      + ' key) }.';
  return `${path.join('.')}: must not stand in a ConfigMap in plain text.\n→ ${wayOut}`;
});

function credentialPaths(value: unknown, path: readonly string[]): string[][] {
  if (typeof value === 'string') return isCredential(value, path) ? [[...path]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, held]) => credentialPaths(held, [...path, key]));
}

/** Nothing is one that is but a reference to where the credential is. */
function isCredential(value: string, path: readonly string[]): boolean {
  const key = path.at(-1) ?? '';
  if (value === '' || /\$\{[^}]+\}/.test(value)) return false;
  return NAMED.test(key) || INSIDE.get(path.at(-2) ?? '') === key
    || SHAPED.some((shape) => shape.test(value));
}
