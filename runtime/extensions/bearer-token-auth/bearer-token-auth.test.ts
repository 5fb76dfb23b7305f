import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { createBearerTokenAuthExtension } from './bearer-token-auth';
import { systemClock } from '../../clock';
import { bearerTokenAuthExtension } from '../../config';
import { componentContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';

let folder: string;

beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'otelgw-token-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bearer(yaml: object) {
  const { settings, problems } = bearerTokenAuthExtension.read(yaml);
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  const context = componentContext('bearertokenauth');
  return { extension: createBearerTokenAuthExtension(settings, context), context, settings };
}

componentSuite('bearertokenauth', {
  kind: 'extension',
  make: () => {
    const file = join(folder, 'suite');
    writeFileSync(file, 'a');
    const { extension, context } = bearer({ filename: file });
    return { component: extension, clock: context.clock };
  },
});

const MISSING = { code: 16, message: 'missing or empty authorization header: Authorization' };
const WRONG = {
  code: 16, message: 'provided authorization does not match expected scheme or token',
};

test.each([
  [{ token: 'secret' }, { authorization: 'Bearer secret' }, undefined],
  [{ token: 'secret' }, { authorization: 'bearer secret' }, WRONG],
  [{ token: 'secret' }, { authorization: 'Bearer secre' }, WRONG],
  [{ token: 'secret' }, { authorization: 'secret' }, WRONG],
  [{ token: 'secret' }, {}, MISSING],
  [{ token: 'secret', scheme: '' }, { authorization: 'secret' }, undefined],
  [{ token: 'secret', header: 'X-Key', scheme: '' }, { 'x-key': 'secret' }, undefined],
  [{ tokens: ['a', 'b'] }, { authorization: 'Bearer b' }, undefined],
  [{ tokens: ['a', 'b'] }, { authorization: 'Bearer c' }, WRONG],
])('with %j a request with %j is answered %j', (yaml, headers, refusal) => {
  expect(bearer(yaml).extension.authenticate(headers)).toEqual(refusal);
});

test('the first token is shown, and the same object as long as it is the same', () => {
  const { extension } = bearer({ tokens: ['a', 'b'], header: 'X-Key' });
  expect(extension.credentials()).toEqual([{ action: 'upsert', name: 'x-key', value: 'Bearer a' }]);
  expect(extension.credentials()).toBe(extension.credentials());
});

test('a file holds a token a line, and is read again', async () => {
  const file = join(folder, 'tokens');
  writeFileSync(file, 'old the first of them\n\n  other\n');
  const { settings } = bearer({ filename: file, token: 'of no effect' });
  const { log } = componentContext('bearertokenauth');
  const context = { ...componentContext('bearertokenauth'), log, clock: systemClock };
  const extension = createBearerTokenAuthExtension(settings, context);
  await extension.start();
  expect(extension.authenticate({ authorization: 'Bearer other' })).toBeUndefined();
  expect(extension.credentials()).toMatchObject([{ value: 'Bearer old' }]);
  writeFileSync(file, 'new');
  for (let waits = 0; waits < 400 && log.messages('info').length === 0; waits++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(extension.authenticate({ authorization: 'Bearer other' })).toEqual(WRONG);
  expect(extension.credentials()).toMatchObject([{ value: 'Bearer new' }]);
  await extension.stop();
  expect(JSON.stringify(log.lines)).not.toMatch(/Bearer|"new"|of no effect/);
  expect(log.messages('warn')).toEqual(['token has no effect beside filename.']);
});

test('a file that is not there is told at start', () => {
  const { extension } = bearer({ filename: join(folder, 'none') });
  expect(() => extension.start()).toThrow(/^filename: must name a file that can be read, .*ENOENT/);
});
