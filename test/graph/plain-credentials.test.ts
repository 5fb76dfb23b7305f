import { plainCredentials } from '../../src/graph/plain-credentials';

test.each([
  [{ headers: { authorization: 'Bearer x' } }],
  [{ headers: { 'DD-API-KEY': 'x' } }],
  [{ api: { key: 'x' } }],
  [{ client_secret: 'x' }],
  [{ list: [{ access_token: 'x' }] }],
])('%j is told', (config) => {
  expect(plainCredentials({ exporters: { e: config } })).toHaveLength(1);
});

test.each([
  [{ headers: { authorization: 'Bearer ${env:TOKEN}' } }],
  [{ headers: { 'x-scope-orgid': 'team' } }],
  [{ api: { key: '${file:/secrets/key}' } }],
  [{ token_file: '/var/run/token', key_file: '/tls.key' }],
  [{ attributes: [{ key: 'user.id' }] }],
  [{ client_secret: '', secret_name: 'x' }],
])('%j is not', (config) => {
  expect(plainCredentials({ exporters: { e: config } })).toEqual([]);
});
