import { SecretReference } from '../../src';
import { outsideFiles } from '../../src/security/secret-files';

const certificateAuthority = SecretReference.of('ca', 'pem');

test('nothing is mounted where nothing is in a Secret', () => {
  expect(outsideFiles('store', { tls: { insecureSkipVerify: true } }))
    .toEqual({ tls: { insecureSkipVerify: true }, volumes: [] });
  expect(outsideFiles('store', {})).toEqual({ tls: undefined, volumes: [] });
});

test('files stand beside what else is said about TLS', () => {
  const { tls, volumes } = outsideFiles(
    'store', { tls: { serverNameOverride: 'a' }, certificateAuthority });
  expect(tls).toEqual({ serverNameOverride: 'a', caFile: '/etc/otelgw/tls/to-store/ca.crt' });
  expect(volumes).toEqual([{
    volume: {
      name: 'tls-to-store',
      secret: { secretName: 'ca', defaultMode: 0o440, items: [{ key: 'pem', path: 'ca.crt' }] },
    },
    mount: { mountPath: '/etc/otelgw/tls/to-store', readOnly: true },
  }]);
});

test('names that no volume can have are told apart nevertheless', () => {
  const given = ['Store.eu', 'store_eu', 'store-eu', '_'.repeat(80), 'x'.repeat(80)];
  const names = given.map((name) =>
    outsideFiles(name, { certificateAuthority }).volumes[0].volume.name);
  for (const name of names) expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  expect(new Set(names).size).toBe(given.length);
});
