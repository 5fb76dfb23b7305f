import { existsSync, readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import * as lists from '../../../src/graph/checks';

const ROOT = join(__dirname, '..', '..', '..');
const FOLDER = join(ROOT, 'src', 'graph', 'checks');

/** Files that hold a check, and its name. */
const CHECKS = readdirSync(FOLDER).flatMap((file) => {
  const name = /export const (\w+): Check/.exec(readFileSync(join(FOLDER, file), 'utf8'))?.[1];
  return name === undefined ? [] : [{ file, name }];
});

test.each(CHECKS)('$file is told, and has a test', ({ file, name }) => {
  const told = Object.values(lists).flat().map((check) => check.name);
  expect(told.filter((each) => each === name)).toHaveLength(1);
  expect(existsSync(join(__dirname, file.replace('.ts', '.test.ts')))).toBe(true);
});

test('there is nothing in the lists but these', () => {
  expect(Object.values(lists).flat()).toHaveLength(CHECKS.length);
});

test('docs/checks.md has one row for each of them, and for no other', () => {
  const page = readFileSync(join(ROOT, 'docs', 'checks.md'), 'utf8');
  const rows = page.matchAll(/^\| \[([\w-]+)\]\(\.\.\/src\/graph\/checks\/\1\.ts\)/gm);
  expect([...rows].map(([, name]) => `${name}.ts`).sort())
    .toEqual(CHECKS.map(({ file }) => file).sort());
});
