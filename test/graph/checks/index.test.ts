import { existsSync, readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import * as lists from '../../../src/graph/checks';

const FOLDER = join(__dirname, '..', '..', '..', 'src', 'graph', 'checks');

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
