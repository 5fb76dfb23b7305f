/** What the examples become. UPDATE_GOLDEN=1 writes it anew: read the difference. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import { exampleNames, goldenText, synthesizeExample } from './example-objects';

const GOLDEN = join(__dirname, 'golden');

test.each(exampleNames)('examples/%s.ts becomes what its golden file says', (name) => {
  const file = join(GOLDEN, `${name}.yaml`);
  const text = goldenText(synthesizeExample(name));
  if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(file, text);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toBe(text);
});

test('no golden file is left without its example', () => {
  expect(readdirSync(GOLDEN).sort()).toEqual(exampleNames.map((name) => `${name}.yaml`));
});
