import { exportTo, raw } from './props';
import { tiersOf } from './tiers';
import { Backend, CollectorImage, GatewayDeployment, SecretReference } from '../../../src';
import { inlineSecret } from '../../../src/graph/checks/inline-secret';
import { complaints } from '../../synthesized';

const [gateway] = tiersOf((chart) => {
  new GatewayDeployment(chart, 'gateway', { exportTo });
});

function told(config: unknown): string[] {
  return inlineSecret({ ...gateway, data: { exporters: { e: config } } }, [gateway]);
}

const PEM = '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----';

test.each([
  [{ headers: { authorization: 'Bearer x' } }],
  [{ headers: { 'DD-API-KEY': 'x' } }],
  [{ headers: { 'x-auth': 'Bearer abcdef123456' } }],
  [{ headers: { proxy: 'Basic bWU6bWluZQ==' } }],
  [{ api: { key: 'x' } }],
  [{ client_secret: 'x' }],
  [{ list: [{ access_token: 'x' }] }],
  [{ endpoint: 'https://me:mine@store.example.com' }],
  [{ tls: { key_pem: PEM } }],
  [{ credentials: PEM }],
  [{ license_key: 'x' }],
  [{ htpasswd: { inline: 'me:$apr1$x' } }],
  [{ headers: { 'x-honeycomb-team': 'x' } }],
  [{ headers: { 'signoz-ingestion-key': 'x' } }],
  [{ headers: { 'uptrace-dsn': 'x' } }],
  [{ dsn: 'x' }],
  [{ api: { key: '${env:KEY:-literal}' } }],
  [{ password: '${PW:-literal}' }],
  [{ password: '${env:PW:-${env:OTHER:-literal}}' }],
  [{ headers: { authorization: 'Bearer ${env:TOKEN:-abcdef}' } }],
  [{ headers: { 'x-auth': 'Bearer ${env:TOKEN:-abcdef}' } }],
  [{ endpoint: 'https://me:${env:PASSWORD:-mine}@store.example.com' }],
])('%j is told', (config) => {
  expect(told(config)).toHaveLength(1);
});

test.each([
  [{ headers: { authorization: 'Bearer ${env:TOKEN}' } }],
  [{ headers: { 'x-scope-orgid': 'team' } }],
  [{ api: { key: '${file:/secrets/key}' } }],
  [{ token_file: '/var/run/token', key_file: '/tls.key' }],
  [{ attributes: [{ key: 'user.id' }] }],
  [{ client_secret: '', secret_name: 'x' }],
  [{ endpoint: 'https://me:${env:PASSWORD}@store.example.com' }],
  [{ endpoint: 'dns:///store:4317' }],
  [{ tls: { cert_pem: '-----BEGIN CERTIFICATE-----', ca_pem: '-----BEGIN CERTIFICATE-----' } }],
  [{ scheme: 'Bearer', statement: 'basic auth is not a credential' }],
  [{ password: '${env:PW:-}' }],
  [{ password: '${env:PW:-${env:OTHER}}' }],
  [{ endpoint: '${env:STORE:-https://store.example.com:443}' }],
  [{ processors: ['redsn'], dataset: 'x' }],
])('%j is not', (config) => {
  expect(told(config)).toEqual([]);
});

test('a key in a header belongs into secretHeaders', () => {
  const endpoint = 'https://v.example:443';
  const build = (options: object) => complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo: [Backend.otlp('v', { endpoint, ...options })],
    });
  });
  expect(build({ headers: { 'api-key': 'k' } })).toEqual([
    '[telemetry/gateway] exporters.otlp_grpc/v.headers.api-key: must not stand in a ConfigMap in'
    + ' plain text. → give `secretHeaders`: { \'api-key\': SecretReference.of(secret, key) }.',
  ]);
  expect(build({ secretHeaders: { 'api-key': SecretReference.of('v', 'key') } })).toEqual([]);
});

test('a key in an exporter that is given as it is belongs into a variable', () => {
  const build = (key: string, secrets: Record<string, SecretReference> = {}) =>
    complaints((chart) => {
      new GatewayDeployment(chart, 'gateway', {
        image: CollectorImage.contrib('0.159.0'),
        exportTo: [Backend.fromYaml('kafka', 'kafka', {
          brokers: ['kafka:9092'], auth: { sasl: { username: 'me', password: key } },
        }, { secrets })],
      });
    });
  expect(build('abc')).toEqual([
    '[telemetry/gateway] exporters.kafka.auth.sasl.password: must not stand in a ConfigMap in plain'
    + ' text. → write ${env:KAFKA_AUTH_SASL_PASSWORD} there, and give `secrets`:'
    + ' { KAFKA_AUTH_SASL_PASSWORD: SecretReference.of(secret, key) }.',
  ]);
  expect(build('${env:PW}', { PW: SecretReference.of('kafka', 'password') })).toEqual([]);
});

test('what stands behind :- is no secret either', () => {
  expect(told({ password: '${env:PW:-literal}' })).toEqual([
    'exporters.e.password: must not stand in a ConfigMap in plain text, and neither as what stands'
    + ' behind :-.\n→ write ${env:E_PASSWORD} there, and give `secrets`: { E_PASSWORD:'
    + ' SecretReference.of(secret, key) }.',
  ]);
});

function withPod(pod: object, secrets: Record<string, SecretReference> = {}) {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, pod, secrets });
  });
}

test('a variable of a pod whose name says that it is a credential belongs into a Secret', () => {
  expect(withPod({ env: { DD_API_KEY: 'abc' } })).toEqual([
    '[telemetry/gateway] pod: env must not hold DD_API_KEY in plain text, for everybody who may'
    + ' read the pods would learn it. → give `secrets`: { DD_API_KEY: SecretReference.of(secret,'
    + ' key) } instead.',
  ]);
  expect(withPod({}, { DD_API_KEY: SecretReference.of('datadog', 'api-key') })).toEqual([]);
});

const FROM_SECRET = { secretKeyRef: { name: 'store', key: 'password' } };

test.each([
  ['a text', 1, [{ name: 'STORE_PASSWORD', value: 'x' }]],
  ['a text that looks like one', 1, [{ name: 'STORE', value: 'https://me:mine@store.example' }]],
  ['a Secret', 0, [{ name: 'STORE_PASSWORD', valueFrom: FROM_SECRET }]],
  ['another variable', 0, [{ name: 'STORE_PASSWORD', value: '$(POD_NAME)' }]],
  ['something else', 0, [{ name: 'TOKEN_FILE', value: '/var/run/token' }]],
])('of a variable that is %s %i are told', (_, times, envVars) => {
  expect(withPod({ envVars })).toHaveLength(times);
});

test('a password in raw configuration belongs into a variable', () => {
  const build = (password: string, props: object = {}) => complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo,
      image: CollectorImage.contrib('0.159.0'),
      ...raw(`extensions: {basicauth: {client_auth: {username: me, password: "${password}"}}}\n`
        + 'service: {extensions: [health_check, basicauth]}'),
      ...props,
    });
  });
  expect(build('mine')).toEqual([
    '[telemetry/gateway] extensions.basicauth.client_auth.password: must not stand in a ConfigMap'
    + ' in plain text. → write ${env:BASICAUTH_CLIENT_AUTH_PASSWORD} there, and give `secrets`:'
    + ' { BASICAUTH_CLIENT_AUTH_PASSWORD: SecretReference.of(secret, key) }.',
  ]);
  expect(build('${env:PW}', { secrets: { PW: SecretReference.of('store', 'pw') } })).toEqual([]);
});
