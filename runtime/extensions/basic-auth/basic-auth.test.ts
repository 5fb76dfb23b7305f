import { createBasicAuthExtension } from './basic-auth';
import { Htpasswd } from './htpasswd';
import { basicAuthExtension } from '../../config';
import type { ClientAuthenticator, ServerAuthenticator } from '../../net/authentication';
import { componentContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';

function basic(yaml: object) {
  const { settings, problems } = basicAuthExtension.read(yaml);
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  const context = componentContext('basicauth');
  return { extension: createBasicAuthExtension(settings, context), context };
}

componentSuite('basicauth of a server', {
  kind: 'extension',
  make: () => {
    const { extension, context } = basic({ htpasswd: { inline: 'a:b' } });
    return { component: extension, clock: context.clock };
  },
});

componentSuite('basicauth of a client', {
  kind: 'extension',
  make: () => {
    const { extension, context } = basic({ client_auth: { username: 'a' } });
    return { component: extension, clock: context.clock };
  },
});

/** Lines as `htpasswd` and `openssl passwd` write them, all for the password `secret`. */
const LINES: readonly (readonly [string, string])[] = [
  ['bcrypt', '$2b$04$erSGrktipX205y18HKQKBuy1T2TiBSUu0UV8ys3G3TWIMLuOr/MDi'],
  ['apr1', '$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0'],
  ['md5', '$1$saltsalt$9xy1btjgzLYfb7hivXtC//'],
  ['sha256', '$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA'],
  ['sha512', '$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0'
    + 'U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1'],
  ['sha1', '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='],
  ['plain', 'secret'],
];

test.each(LINES)('a password is compared with its hash: %s', async (_kind, hash) => {
  const users = new Htpasswd();
  expect(users.replace(`# people\n\nalice:${hash}\nbob:other`)).toBe(0);
  expect(await users.matches('alice', 'secret')).toBe(true);
  expect(users.matches('alice', 'secret')).toBe(true);
  expect(await users.matches('alice', 'Secret')).toBe(false);
  expect(await users.matches('bob', 'secret')).toBe(false);
  expect(users.matches('carol', 'secret')).toBe(false);
});

test('a hash of no known kind lets nobody in, not even who knows the hash', async () => {
  const users = new Htpasswd();
  const unknown = ['$5$salt$hash', '$2b$04$short', '{CRYPT}x', '{SHA}AAAA', ''];
  const lines = unknown.map((hash, index) => `user${index}:${hash}`);
  expect(users.replace([...lines, 'nobody', ':x'].join('\n'))).toBe(7);
  for (const [index, hash] of unknown.entries()) {
    expect(await users.matches(`user${index}`, hash)).toBe(false);
  }
});

test('lines that were taken away let nobody in any more', async () => {
  const users = new Htpasswd();
  users.replace('alice:secret');
  expect(await users.matches('alice', 'secret')).toBe(true);
  users.replace('alice:other');
  expect(await users.matches('alice', 'secret')).toBe(false);
});

test('who guesses in a hurry is sent away', async () => {
  const users = new Htpasswd();
  users.replace('alice:secret');
  const answers = await Promise.allSettled(
    Array.from({ length: 100 }, (_, index) => users.matches('alice', `guess ${index}`)));
  expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(36);
  expect(await users.matches('alice', 'secret')).toBe(true);
});

function shown(pair: string): string {
  return Buffer.from(pair).toString('base64');
}

test.each([
  [undefined, 'no basic auth provided'],
  ['Bearer a', 'invalid authorization scheme prefix'],
  ['Basic ****', 'invalid authorization format'],
  [`Basic ${shown('alice')}`, 'invalid authorization format'],
  [`Basic ${shown('alice:wrong')}`, 'invalid credentials'],
  [`Basic ${shown('carol:secret')}`, 'invalid credentials'],
  [`basic ${shown('alice:se:cret')}`, undefined],
])('a request with %s is answered %s', async (authorization, message) => {
  const { extension, context } = basic({ htpasswd: { inline: 'alice:se:cret\nbob' } });
  await extension.start();
  const refusal = await (extension as unknown as ServerAuthenticator)
    .authenticate({ authorization });
  expect(refusal).toEqual(message === undefined ? undefined : { code: 16, message });
  expect(context.log.messages('warn')).toHaveLength(1);
  expect(JSON.stringify(context.log.lines)).not.toMatch(/cret|bob/);
});

test('a client shows name and password', async () => {
  const { extension } = basic({ client_auth: { username: 'alice', password: 'se:cret' } });
  await extension.start();
  expect((extension as unknown as ClientAuthenticator).credentials()).toEqual(
    [{ action: 'upsert', name: 'authorization', value: `Basic ${shown('alice:se:cret')}` }]);
});
