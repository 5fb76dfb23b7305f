import { createServer, type IncomingHttpHeaders, type Server } from 'http';
import type { AddressInfo } from 'net';
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
