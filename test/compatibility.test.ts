/**
 * docs/compatibility.md: what we choose to do otherwise than upstream has a test each.
 */
import { existsSync, readFileSync } from 'fs';
import { join } from 'path';

const DOCS = join(__dirname, '../docs');
const CELL = '(.*?) \\| ';
const ROW = new RegExp(
  `^\\| \`(\\w+)\`(?:, \\w+)? \\| ${CELL.repeat(4)}\\[.+?\\]\\((.+?)\\): (.+?) \\|$`);

interface Row {
  readonly component: string;
  readonly name: string;
  readonly file: string;
  readonly title: string;
}

function rows(): Row[] {
  const text = readFileSync(join(DOCS, 'compatibility.md'), 'utf8');
  const [, section] = text.split('\n## Sampling and load balancing\n');
  return section.split('\n').filter((line) => line.startsWith('| `')).map((line) => {
    const found = ROW.exec(line);
    if (found === null) throw new Error(`a row: must have six cells and a test, got ${line}`);
    const [, component, name, , , , file, title] = found;
    return { component, name, file: join(DOCS, file), title };
  });
}

test('each of the samplers and load balancers has differences', () => {
  const count = (component: string) => rows().filter((row) => row.component === component).length;
  expect(count('load_balancing')).toBeGreaterThan(20);
  expect(count('tail_sampling')).toBeGreaterThan(15);
  expect(count('probabilistic_sampler')).toBeGreaterThan(3);
});

test('no difference is told twice', () => {
  const names = rows().map(({ component, name }) => `${component}: ${name}`);
  expect(names.filter((name, at) => names.indexOf(name) < at)).toEqual([]);
});

test.each(rows().map((row) => [row.name, row] as const))('%s has its test', (_, row) => {
  expect(existsSync(row.file)).toBe(true);
  // Titles of several lines are put together there.
  expect(readFileSync(row.file, 'utf8').replace(/'\s*\+\s*'/g, '')).toContain(row.title);
});

test('what the comparison with the real collector excuses is a difference that is told', () => {
  const text = readFileSync(
    join(__dirname, '../runtime/test/conformance/decisions.conformance.ts'), 'utf8');
  const excused = [...text.matchAll(/^ {4}name: '(.+)',$/gm)].map(([, name]) => name);
  expect(excused.length).toBeGreaterThan(1);
  expect(excused.filter((name) => !rows().some((row) => row.name === name))).toEqual([]);
});
