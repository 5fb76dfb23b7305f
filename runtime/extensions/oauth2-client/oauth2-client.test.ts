import { generateKeyPairSync, type KeyObject } from 'crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'http';
import type { AddressInfo } from 'net';
import { tmpdir } from 'os';
import { join } from 'path';
import { md, pki } from 'node-forge';
import { createOAuth2ClientExtension } from './oauth2-client';
import { oauth2ClientExtension } from '../../config';
import { componentContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';

interface Asked {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let asked: Asked[];
let answers: (readonly [number, object | string])[];

beforeEach(async () => {
  asked = [];
  answers = [[200, { access_token: 'first', token_type: 'bearer', expires_in: 100 }]];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => { body += chunk.toString(); });
    request.on('end', () => {
      asked.push({ headers: request.headers, body });
      const [status, answer] = answers[Math.min(asked.length, answers.length) - 1];
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
});
afterEach(() => { server.close(); });

function oauth(extra: object = {}) {
  const { port } = server.address() as AddressInfo;
  const { settings, problems } = oauth2ClientExtension.read({
    token_url: `http://127.0.0.1:${port}/token`, client_id: 'me', client_secret: 'hush', ...extra,
  });
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  const context = componentContext('oauth2client');
  return { extension: createOAuth2ClientExtension(settings, context), context };
}

componentSuite('oauth2client', {
  kind: 'extension',
  make: () => {
    const { extension, context } = oauth();
    return { component: extension, clock: context.clock };
  },
});

function showing(token: string) {
  return [{ action: 'upsert', name: 'authorization', value: `Bearer ${token}` }];
}

test('a token is fetched once for all who wait for it', async () => {
  const { extension } = oauth({
    scopes: ['a', 'b'], endpoint_params: { audience: 'c', list: ['d', 'e'] },
  });
  await extension.start();
  const both = await Promise.all([extension.credentials(), extension.credentials()]);
  expect(both).toEqual([showing('first'), showing('first')]);
  expect(extension.credentials()).toBe(both[0]);
  expect(asked.map(({ body }) => body)).toEqual([
    'grant_type=client_credentials&scope=a+b&audience=c&list=d&list=e',
  ]);
  expect(asked[0].headers.authorization)
    .toBe(`Basic ${Buffer.from('me:hush').toString('base64')}`);
  await extension.stop();
});

test('a token is renewed before it ends, and shown until the next one is there', async () => {
  const { extension, context: { clock } } = oauth({ expiry_buffer: '30s' });
  await extension.start();
  await extension.credentials();
  answers = [[200, { access_token: 'second', expires_in: 100 }]];
  await clock.advance(69_000);
  expect(extension.credentials()).toEqual(showing('first'));
  expect(asked).toHaveLength(1);
  await clock.advance(2000);
  expect(extension.credentials()).toEqual(showing('first'));
  while (asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(extension.credentials()).toEqual(showing('second'));
  await extension.stop();
});

test('a buffer longer than the life of a token does not fetch one for every request', async () => {
  const { extension } = oauth();
  await extension.start();
  for (let requests = 0; requests < 5; requests++) await extension.credentials();
  expect(asked).toHaveLength(1);
  await extension.stop();
});

test('a server that wants the secret among the parameters gets it there', async () => {
  answers = [
    [401, { error: 'invalid_client' }],
    [200, { access_token: 'first', expires_in: 100 }],
  ];
  const { extension } = oauth();
  await extension.start();
  expect(await extension.credentials()).toEqual(showing('first'));
  expect(asked[1].body).toBe('grant_type=client_credentials&client_id=me&client_secret=hush');
  expect(asked[1].headers.authorization).toBeUndefined();
  await extension.stop();
});

test.each([
  [400, { error: 'invalid_client', error_description: 'hush is wrong' },
    'the server answers HTTP status 400: invalid_client'],
  [500, 'hush', 'the server answers HTTP status 500'],
  [200, { token: 'x' }, 'server response missing access_token'],
])('an answer %d %j is told once, without the secret, and not asked for at once again', async (
  status, answer, reason,
) => {
  answers = [[status, answer]];
  const { extension, context: { clock, log } } = oauth();
  await extension.start();
  const failure = await Promise.resolve(extension.credentials()).catch(String);
  expect(failure).toMatch(/failed to get security token from token endpoint \(endpoint "http:/);
  expect(failure).toContain(reason);
  const count = asked.length;
  await expect(extension.credentials()).rejects.toThrow(reason);
  expect(asked).toHaveLength(count);
  await clock.advance(2000);
  await expect(extension.credentials()).rejects.toThrow(reason);
  expect(asked.length).toBeGreaterThan(count);
  expect(log.messages('warn')).toEqual(['Cannot get a token.']);
  expect(JSON.stringify(log.lines) + String(failure)).not.toMatch(/hush|aHVza/);
  await extension.stop();
});

test('a server that does not answer is given up after the time-out', async () => {
  server.removeAllListeners('request');
  const { extension, context: { clock } } = oauth({ timeout: '2s' });
  await extension.start();
  const failed = Promise.resolve(extension.credentials()).catch(String);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await clock.advance(2500);
  expect(await failed).toMatch(/no answer in 2000 ms/);
  server.closeAllConnections();
  await extension.stop();
});

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

function pemsOf({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }) {
  return {
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })),
  };
}

const pair = pemsOf(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const other = pemsOf(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const onCurve = pemsOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));

const DIGESTS = {
  RS256: () => md.sha256.create(),
  RS384: () => md.sha384.create(),
  RS512: () => md.sha512.create(),
};

/** Whether another implementation finds that `assertion` was signed with the key of `publicKey`. */
function isSigned(assertion: string, publicKey: string): boolean {
  const [header, claims, signature] = assertion.split('.');
  const { alg } = partOf(header) as { readonly alg: keyof typeof DIGESTS };
  const digest = DIGESTS[alg]();
  digest.update(`${header}.${claims}`);
  try {
    return pki.publicKeyFromPem(publicKey).verify(
      digest.digest().getBytes(), Buffer.from(signature, 'base64url').toString('latin1'));
  } catch {
    return false;
  }
}

function partOf(part: string): object {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as object;
}

/** With a signature in place of the secret. */
function signing(extra: object = {}) {
  return oauth({
    grant_type: JWT_BEARER, client_secret: '', client_certificate_key: pair.privateKey, ...extra,
  });
}

async function assertionOf(extra: object = {}): Promise<string> {
  const { extension } = signing(extra);
  await extension.start();
  expect(await extension.credentials()).toEqual(showing('first'));
  await extension.stop();
  return new URLSearchParams(asked[0].body).get('assertion') ?? '';
}

test('the grant jwt-bearer shows a signature in place of the secret', async () => {
  const assertion = await assertionOf({
    scopes: ['a', 'b'], endpoint_params: { resource: 'c' },
  });
  const { port } = server.address() as AddressInfo;
  expect(asked).toHaveLength(1);
  expect(asked[0].headers.authorization).toBeUndefined();
  expect([...new URLSearchParams(asked[0].body)]).toEqual([
    ['grant_type', JWT_BEARER], ['assertion', assertion], ['scope', 'a b'], ['resource', 'c'],
  ]);
  const [header, claims] = assertion.split('.').slice(0, 2).map(partOf);
  expect(header).toEqual({ alg: 'RS256', typ: 'JWT' });
  const { iat } = claims as { readonly iat: number };
  expect(Number.isInteger(iat)).toBe(true);
  expect(claims).toEqual({
    iss: 'me',
    sub: 'me',
    jti: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    aud: `http://127.0.0.1:${port}/token`,
    iat,
    exp: iat + 1800,
    scope: 'a b',
  });
});

test.each(['RS256', 'RS384', 'RS512'])('a signature by %s is good for its key only', async (
  signature_algorithm,
) => {
  const assertion = await assertionOf({ signature_algorithm, client_certificate_key_id: 'k1' });
  expect(partOf(assertion.split('.')[0])).toEqual({
    alg: signature_algorithm, typ: 'JWT', kid: 'k1',
  });
  expect(isSigned(assertion, pair.publicKey)).toBe(true);
  expect(isSigned(assertion, other.publicKey)).toBe(false);
  expect(isSigned(assertion.replace('.', '.e'), pair.publicKey)).toBe(false);
});

test('what is configured is signed, and wins over what is there by default', async () => {
  const claims = { sub: 'somebody', role: ['a'], deep: { n: 1 } };
  const assertion = await assertionOf({ iss: 'us', audience: 'them', claims });
  expect(partOf(assertion.split('.')[1])).toMatchObject({ iss: 'us', aud: 'them', ...claims });
});

test('a key in a file is read for every token', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'otelgw-key-'));
  const file = join(folder, 'key.pem');
  writeFileSync(file, pair.privateKey);
  answers = [[200, { access_token: 'first', expires_in: 100 }], [200, { access_token: 'second' }]];
  const { extension, context: { clock } } = signing({
    client_certificate_key: 'of no use', client_certificate_key_file: file,
  });
  await extension.start();
  await extension.credentials();
  writeFileSync(file, other.privateKey);
  await clock.advance(100_000);
  expect(await extension.credentials()).toEqual(showing('second'));
  const keys = asked.map(({ body }) => new URLSearchParams(body).get('assertion') ?? '')
    .map((assertion) => [pair, other].map(({ publicKey }) => isSigned(assertion, publicKey)));
  expect(keys).toEqual([[true, false], [false, true]]);
  await extension.stop();
  rmSync(folder, { recursive: true });
});

test.each([
  ['no key', 'hush', 'got none'],
  ['a key of another kind', onCurve.privateKey, 'got ec'],
])('%s is told, and nothing of it', async (_what, client_certificate_key, got) => {
  const { extension, context: { log } } = signing({ client_certificate_key });
  await extension.start();
  const failure = await Promise.resolve(extension.credentials()).catch(String);
  expect(failure).toContain(
    `client_certificate_key: must be a private key of RSA as PEM, without a passphrase, ${got}`);
  expect(JSON.stringify(log.lines) + String(failure)).not.toMatch(/hush|BEGIN|MIG/);
  expect(asked).toEqual([]);
  await extension.stop();
});

test('a server that refuses a signature is told of, without the signature', async () => {
  answers = [[401, { error: 'invalid_grant' }]];
  const { extension, context: { log } } = signing();
  await extension.start();
  const failure = await Promise.resolve(extension.credentials()).catch(String);
  expect(failure).toContain('the server answers HTTP status 401: invalid_grant');
  const assertion = new URLSearchParams(asked[0].body).get('assertion') ?? '';
  expect(asked).toHaveLength(1);
  expect(JSON.stringify(log.lines) + String(failure)).not.toContain(assertion.slice(0, 20));
  await extension.stop();
});

const BARE = { token_url: 'https://h/t', client_id: 'me', grant_type: JWT_BEARER };

test.each([
  [{}, 'extensions.oauth2client: must hold client_certificate_key or client_certificate_key_file'],
  [{ client_certificate_key: 'k', signature_algorithm: 'ES256' },
    'extensions.oauth2client.signature_algorithm: must be one of RS256, RS384, RS512, ""'
    + ', got "ES256"'],
  [{ client_certificate_key: 'k', endpoint_params: { assertion: 'a' } },
    'extensions.oauth2client.endpoint_params.assertion: must not be there: the request has a'
    + ' parameter of it'],
  [{ client_certificate_key: 'k', scopes: ['a'], endpoint_params: { scope: 'a' } },
    'extensions.oauth2client.endpoint_params.scope: must not be there: the request has a'
    + ' parameter of it'],
])('the grant jwt-bearer with %j is refused', (extra, sentence) => {
  const { problems } = oauth2ClientExtension.read({ ...BARE, ...extra });
  expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([sentence]);
});
