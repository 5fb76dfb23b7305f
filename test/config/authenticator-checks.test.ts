/**
 * Whoever is named as an authenticator is one.
 */
import { problemReport, readCollectorConfig } from '../../src/config';

const EXTENSIONS = {
  'bearertokenauth': { token: 't' },
  'basicauth/in': { htpasswd: { inline: 'a:b' } },
  'basicauth/out': { client_auth: { username: 'a', password: 'b' } },
  'headers_setter': { headers: [{ key: 'a', value: 'b' }], additional_auth: 'basicauth/out' },
  'health_check': {},
};

function read(
  receiver: string, exporter: object, unknownComponents: 'accept' | 'refuse' = 'refuse',
  extensions: Record<string, object> = EXTENSIONS,
) {
  const auth = { authenticator: receiver };
  const text = JSON.stringify({
    receivers: { otlp: { protocols: { grpc: { auth }, http: { auth } } } },
    exporters: exporter,
    extensions,
    service: {
      extensions: Object.keys(extensions),
      pipelines: { traces: { receivers: ['otlp'], exporters: Object.keys(exporter) } },
    },
  });
  return problemReport(readCollectorConfig([{ text, name: 'a' }], {}, { unknownComponents })
    .problems);
}

function sender(authenticator: string) {
  return { otlp_http: { endpoint: 'http://h', auth: { authenticator } } };
}

const GRPC = 'receivers.otlp.protocols.grpc.auth.authenticator';
const HTTP = 'receivers.otlp.protocols.http.auth.authenticator';
const SENDER = 'exporters.otlp_http.auth.authenticator';

test.each(['accept', 'refuse'] as const)('those that fit are taken (%s)', (unknown) => {
  expect(read('bearertokenauth', sender('bearertokenauth'), unknown)).toBe('');
  expect(read('basicauth/in', sender('basicauth/out'), unknown)).toBe('');
  expect(read('basicauth/in', sender('headers_setter'), unknown)).toBe('');
});

test.each(['accept', 'refuse'] as const)('others are refused by name (%s)', (unknown) => {
  const able = 'name bearertokenauth or basicauth/in';
  expect(read('health_check', sender('basicauth/in'), unknown)).toBe([
    `${GRPC}: names health_check, which lets no requests in (a:1)\n  → ${able}`,
    `${HTTP}: names health_check, which lets no requests in (a:1)\n  → ${able}`,
    `${SENDER}: names basicauth/in, which adds no credentials to requests (a:1)`
    + '\n  → name bearertokenauth or basicauth/out or headers_setter',
  ].join('\n'));
});

test('one that is not there is told, and what is like it', () => {
  expect(read('bearertokenauth', {
    load_balancing: {
      resolver: { static: { hostnames: ['h'] } },
      protocol: { otlp: { auth: { authenticator: 'bearertokenaut' } } },
    },
  })).toBe('exporters.load_balancing.protocol.otlp.auth.authenticator: names bearertokenaut, which'
    + ' is not configured under extensions (did you mean bearertokenauth?) (a:1)'
    + '\n  → configure extensions.bearertokenaut, or remove the name here');
});

test('where nobody is able, those that would be are named', () => {
  expect(read('health_check', sender('health_check'), 'refuse', { health_check: {} })).toBe([
    ...[GRPC, HTTP].map((at) => `${at}: names health_check, which lets no requests in (a:1)\n`
      + '  → name a bearertokenauth, or a basicauth with htpasswd'),
    `${SENDER}: names health_check, which adds no credentials to requests (a:1)\n  → name a`
    + ' bearertokenauth, a basicauth with client_auth, a headers_setter or an oauth2client',
  ].join('\n'));
});

test('of extensions that we do not know nothing is said to upstream', () => {
  expect(read('oidc', sender('sigv4auth'), 'accept', { oidc: {}, sigv4auth: {} })).toBe('');
});

test('one that cannot be read is told only where it stands', () => {
  expect(read('bearertokenauth', sender('bearertokenauth'), 'refuse', { bearertokenauth: {} }))
    .toBe('extensions.bearertokenauth: must hold one of token, tokens and filename (a:1)');
});
