/** Credentials stand in Secrets: whoever may read a ConfigMap must not learn them. */
import type { Check } from './check';
import { valueAt } from '../tier-facts';

/** Texts that are credentials by their key. */
const NAMED = new RegExp(
  '((^|[-_.])dsn|x-honeycomb-team|authorization|(api|access|license|ingestion)[-_]?key|key_pem'
  + '|token|secret|password|passphrase)$', 'i');
/** Texts that are credentials wherever they stand. */
const SHAPED = [
  /^(Bearer|Basic)\s+[\w.~+/=-]{6,}$/i,
  /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:[^/?#\s@]+@/i,
  /-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----/,
];
/** Credentials below a key that is otherwise harmless, by both keys. */
const INSIDE = new Map([['api', 'key'], ['htpasswd', 'inline']]);

/** Credentials that would stand in the ConfigMap, or in the variables of the pods. */
export const inlineSecret: Check = ({ data, plainEnv = {} }) => [
  ...credentialPaths(data, []).map((path) => inConfig(data, path)),
  ...Object.entries(plainEnv).filter(([name, value]) => isCredentialVariable(name, value))
    .map(([name]) => `pod: env must not hold ${name} in plain text, for everybody who may read the`
      + ` pods would learn it.\n→ give \`secrets\`: { ${name}: SecretReference.of(secret, key) }`
      + ' instead.'),
];

function inConfig(data: unknown, path: readonly string[]): string {
  const isDefault = /\$\{/.test(String(valueAt(data, ...path)));
  const name = path.slice(1).join('_').toUpperCase().replace(/[^A-Z0-9]+/g, '_');
  const wayOut = path.at(-2) === 'headers'
    ? `give \`secretHeaders\`: { '${path.at(-1)}': SecretReference.of(secret, key) }.`
    : `write \${env:${name}} there, and give \`secrets\`: { ${name}: SecretReference.of(secret,`
      + ' key) }.';
  return `${path.join('.')}: must not stand in a ConfigMap in plain text`
    + `${isDefault ? ', and neither as what stands behind :-' : ''}.\n→ ${wayOut}`;
}

function credentialPaths(value: unknown, path: readonly string[]): string[][] {
  if (typeof value === 'string') return isCredential(value, path) ? [[...path]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, held]) => credentialPaths(held, [...path, key]));
}

/** Nothing is one that is but a reference to where the credential is. */
function isCredential(value: string, path: readonly string[]): boolean {
  const key = path.at(-1) ?? '';
  const { text, isGiven } = withDefaults(value);
  if (!isGiven) return false;
  return NAMED.test(key) || INSIDE.get(path.at(-2) ?? '') === key
    || SHAPED.some((shape) => shape.test(text));
}

/** A text without its references, of which only the defaults are known. */
interface KnownText {
  readonly text: string;
  /** Whether there is more to it than references and what stands around them. */
  readonly isGiven: boolean;
}

function withDefaults(value: string): KnownText {
  const reference = /\$\{([^${}]*)\}/;
  let text = value;
  let isGiven = value !== '' && !reference.test(value);
  // From the inside out: a default may hold references, too.
  for (let found = reference.exec(text); found !== null; found = reference.exec(text)) {
    const fallback = /:-(.*)$/s.exec(found[1])?.[1] ?? '';
    isGiven ||= fallback !== '';
    text = text.replace(found[0], () => fallback);
  }
  return { text, isGiven };
}

/** A variable may refer to another one that was set before it. */
function isCredentialVariable(name: string, value: unknown): boolean {
  if (typeof value !== 'string' || value === '' || /\$\([\w.-]+\)/.test(value)) return false;
  return NAMED.test(name) || SHAPED.some((shape) => shape.test(value));
}
