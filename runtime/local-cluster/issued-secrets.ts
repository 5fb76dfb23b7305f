/** What cert-manager makes of Certificates: a Secret for each, from an authority per issuer. */
import { CertificateAuthority, type CertificateUse } from './certificate';
import { nameOf, namespaceOf, type Secret, type WantedCertificate } from './kubernetes';
import type { Manifests } from './manifests';

const ISSUER = 'Issuer';
const USES: readonly CertificateUse[] = ['server auth', 'client auth'];
/** cert-manager's own, where `usages` says nothing. */
const USUAL_USES: readonly string[] = ['server auth'];

/** Secrets that Certificates name and no manifest holds; `now` is wall-clock time in ms. */
export function issuedSecrets(
  { certificates, secrets }: Pick<Manifests, 'certificates' | 'secrets'>, now: number,
): Secret[] {
  const given = new Set(secrets.map((secret) => `${namespaceOf(secret)}/${nameOf(secret)}`));
  const authorities = new Map<string, CertificateAuthority>();
  return certificates.flatMap((wanted) => {
    const { secretName = '' } = wanted.spec ?? {};
    if (secretName === '' || given.has(`${namespaceOf(wanted)}/${secretName}`)) return [];
    const issuer = issuerOf(wanted);
    const authority = authorities.get(issuer) ?? new CertificateAuthority(now, issuer);
    authorities.set(issuer, authority);
    return [secretOf(wanted, secretName, authority)];
  });
}

function secretOf(
  wanted: WantedCertificate, secretName: string, authority: CertificateAuthority,
): Secret {
  const { commonName, dnsNames = [], ipAddresses = [], usages = USUAL_USES } = wanted.spec ?? {};
  const names = [...dnsNames, ...ipAddresses];
  const { cert, key } = authority.issueFor(
    commonName ?? names.at(0) ?? nameOf(wanted), names,
    USES.filter((use) => usages.includes(use)));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secretName, namespace: namespaceOf(wanted) },
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': cert, 'tls.key': key, 'ca.crt': authority.cert },
  };
}

/** An Issuer is one in its namespace; one of the same name elsewhere is another authority. */
function issuerOf(wanted: WantedCertificate): string {
  const { kind = ISSUER, name = '', group = 'cert-manager.io' } = wanted.spec?.issuerRef ?? {};
  const home = kind === ISSUER ? `${namespaceOf(wanted)}/` : '';
  return `${group}/${kind}/${home}${name}`;
}
