import { Duration } from 'cdk8s';
import { CertificateIssuer, SecretReference, TransportSecurity } from '../../src';

const ca = CertificateIssuer.certManager('ca');

test.each<[string, TransportSecurity, RegExp]>([
  ['an issuer without a name', TransportSecurity.tls(CertificateIssuer.certManager('')),
    /must name an issuer of cert-manager, got ""\.\n→ write/],
  ['a kind that cert-manager does not have',
    TransportSecurity.tls(CertificateIssuer.certManager('ca', { kind: 'Certificate' })),
    /`kind` must be ClusterIssuer or Issuer, got Certificate\.\n→ give `group`/],
  ['a certificate for minutes', TransportSecurity.tls(
    CertificateIssuer.certManager('ca', { duration: Duration.minutes(10) })),
  /`duration` must be an hour at least, got 10m\.\n→ leave/],
  ['a renewal before the beginning', TransportSecurity.tls(CertificateIssuer.certManager(
    'ca', { duration: Duration.hours(2), renewBefore: Duration.hours(2) })),
  /`renewBefore` must be from 5 minutes up and less than `duration`, got 2h\.\n→ leave/],
  ['a renewal in the last minute', TransportSecurity.tls(
    CertificateIssuer.certManager('ca', { renewBefore: Duration.minutes(1) })),
  /`renewBefore` must be .* got 1m\.\n→ leave/],
  ['an old version', TransportSecurity.tls(ca, { minVersion: '1.1' }),
    /`minVersion` must be 1\.2 or 1\.3, got 1\.1\.\n→ leave/],
  ['no issuer', TransportSecurity.tls(undefined as never), /must have an issuer/],
  ['no Secret', TransportSecurity.tls(
    CertificateIssuer.secrets({ server: '', names: ['a'] })), /must name a Secret, got ""/],
  ['no names', TransportSecurity.tls(
    CertificateIssuer.secrets({ server: 'a', names: [] })), /`names` must hold .*, got \[\]/],
  ['names of anybody', TransportSecurity.tls(
    CertificateIssuer.secrets({ server: 'a', names: ['*.b'] })), /`names` must hold a name/],
])('%s is refused', (_what, security, says) => {
  expect(security._problems).toHaveLength(1);
  expect(security._problems[0]).toMatch(says);
});

test.each([
  ca,
  CertificateIssuer.certManager('pca', { kind: 'AWSPCAClusterIssuer', group: 'a.cert-manager.io' }),
  CertificateIssuer.certManager(
    'ca', { kind: 'Issuer', duration: Duration.hours(1), renewBefore: Duration.minutes(5) }),
  CertificateIssuer.secrets({
    server: 'a', client: 'b', names: ['*.c', 'd'], authority: SecretReference.of('e', 'f'),
  }),
])('an issuer that says everything is taken', (issuer) => {
  expect(TransportSecurity.mutualTls(issuer)._problems).toEqual([]);
});

test('issuers are the same when what they say is the same', () => {
  expect(CertificateIssuer.certManager('ca')._key).toBe(ca._key);
  expect(CertificateIssuer.certManager('ca', { kind: 'Issuer' })._key).not.toBe(ca._key);
  expect(CertificateIssuer.secrets({ server: 'ca', names: [] })._key).not.toBe(ca._key);
});
