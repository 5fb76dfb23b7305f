/** Credentials that would stand in a ConfigMap, where everybody may read them. */

const CREDENTIAL = /(authorization|api[-_]?key|token|secret|password)$/i;

/** What is wrong with texts in `data` that look like credentials. */
export function plainCredentials(data: unknown): string[] {
  return credentialPaths(data, []).map((path) => {
    const name = path.slice(1).join('_').toUpperCase().replace(/[^A-Z0-9]+/g, '_');
    const wayOut = path.at(-2) === 'headers'
      ? `give \`secretHeaders\`: { '${path.at(-1)}': SecretReference.of(secret, key) }.`
      : `write \${env:${name}} there, and give \`secrets\`: { ${name}: SecretReference.of(secret,`
        + ' key) }.';
    return `${path.join('.')}: must not stand in a ConfigMap in plain text.\n→ ${wayOut}`;
  });
}

function credentialPaths(value: unknown, path: readonly string[]): string[][] {
  if (typeof value === 'string') return isCredential(value, path) ? [[...path]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, held]) => credentialPaths(held, [...path, key]));
}

/** A text is one by its key, unless it is but a reference to where the credential is. */
function isCredential(value: string, path: readonly string[]): boolean {
  const key = path.at(-1) ?? '';
  const isNamed = CREDENTIAL.test(key) || (key === 'key' && path.at(-2) === 'api');
  return isNamed && value !== '' && !/\$\{[^}]+\}/.test(value);
}
