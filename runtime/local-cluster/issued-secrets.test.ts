import { X509Certificate } from 'node:crypto';
import { issuedSecrets } from './issued-secrets';
import type { KubeObject } from './kubernetes';
import { sortManifests } from './manifests';

function certificate(name: string, spec: object, namespace = 'tests'): KubeObject {
  const issuerRef = { name: 'telemetry-ca', kind: 'ClusterIssuer' };
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name, namespace },
    spec: { secretName: `${name}-tls`, issuerRef, ...spec },
  } as KubeObject;
}

function textsOf(...objects: readonly KubeObject[]): Record<string, string>[] {
  return issuedSecrets(sortManifests(objects), Date.now())
    .map(({ stringData }) => stringData as Record<string, string>);
}

const usesOf = (pem: string): readonly string[] => new X509Certificate(pem).keyUsage;
const SERVER = '1.3.6.1.5.5.7.3.1';
const CLIENT = '1.3.6.1.5.5.7.3.2';

test('a Certificate becomes a Secret with the names that it asks for', () => {
  const [secret] = issuedSecrets(sortManifests([
    certificate('sampler-server', { dnsNames: ['sampler.tests.svc', '*.headless.tests.svc'] }),
  ]), Date.now());
  expect(secret.metadata).toEqual({ name: 'sampler-server-tls', namespace: 'tests' });
  const texts = secret.stringData as Record<string, string>;
  const cert = new X509Certificate(texts['tls.crt']);
  expect(cert.subjectAltName).toBe('DNS:sampler.tests.svc, DNS:*.headless.tests.svc');
  expect(cert.verify(new X509Certificate(texts['ca.crt']).publicKey)).toBe(true);
  expect(texts['tls.key']).toContain('PRIVATE KEY');
});

test.each([
  ['nothing is said', undefined, [SERVER]],
  ['both are wanted', ['digital signature', 'server auth', 'client auth'], [SERVER, CLIENT]],
  ['a client is', ['client auth'], [CLIENT]],
])('it is good for what it asks for, when %s', (_, usages, uses) => {
  const [texts] = textsOf(certificate('a', { dnsNames: ['a.tests'], usages }));
  expect(usesOf(texts['tls.crt'])).toEqual(uses);
});

test('a client without names is called as it asks', () => {
  const [texts] = textsOf(certificate('agent', { commonName: 'agent', usages: ['client auth'] }));
  const cert = new X509Certificate(texts['tls.crt']);
  expect([cert.subject, cert.subjectAltName]).toEqual(['CN=agent', undefined]);
});

test('an issuer is one authority, and an Issuer is one in its namespace', () => {
  const issuerRef = { name: 'ca', kind: 'Issuer' };
  const [a, b, c, d, e] = textsOf(
    certificate('a', { dnsNames: ['a'] }), certificate('b', { dnsNames: ['b'] }, 'other'),
    certificate('c', { dnsNames: ['c'], issuerRef }),
    certificate('d', { dnsNames: ['d'], issuerRef }, 'other'),
    certificate('e', { dnsNames: ['e'], issuerRef: { ...issuerRef, name: 'telemetry-ca' } }),
  ).map((texts) => texts['ca.crt']);
  expect(a).toBe(b);
  expect(new Set([b, c, d, e]).size).toBe(4);
});

test('a Secret of the manifests stays as it is', () => {
  expect(textsOf(certificate('a', { dnsNames: ['a'] }), {
    apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a-tls', namespace: 'tests' },
  })).toEqual([]);
});
