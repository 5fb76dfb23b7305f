/**
 * docs/compatibility.md: what we choose to do otherwise than upstream has a test each.
 */
import { readFileSync } from 'fs';
import { join } from 'path';
import * as ts from 'typescript';

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

/** Titles of tests and chapters that run, and names of rows of tables. */
function titlesIn(text: string): string[] {
  const titles: (string | undefined)[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTest(node.expression)) {
      titles.push(textOf(node.arguments[0]));
    } else if (ts.isArrayLiteralExpression(node)) {
      for (const row of node.elements) titles.push(nameOf(row));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('', text, ts.ScriptTarget.Latest, true));
  return titles.filter((title) => title !== undefined);
}

/** Whether it is `test`, `test.each(CASES)` or the like, of which none is skipped. */
function isTest(callee: ts.Expression): boolean {
  if (!ts.isCallExpression(callee)) return /^(test|it|describe)$/.test(callee.getText());
  return /^(test|it|describe)\.each$/.test(callee.expression.getText());
}

/** The first cell of a row of several, or what stands under the key of its title. */
function nameOf(row: ts.Expression): string | undefined {
  if (ts.isArrayLiteralExpression(row)) {
    return row.elements.length > 1 ? textOf(row.elements[0]) : undefined;
  }
  if (!ts.isObjectLiteralExpression(row)) return undefined;
  const named = row.properties.filter(ts.isPropertyAssignment)
    .find(({ name }) => /^(case|name|title)$/.test(name.getText()));
  return textOf(named?.initializer);
}

function textOf(node?: ts.Expression): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isBinaryExpression(node)) return undefined;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === undefined || right === undefined ? undefined : left + right;
}

/** Whether a title is `told`; what a table fills in at its end, or before it, may be left out. */
function isSaid(told: string, title: string): boolean {
  const own = title.replace(/^[%$]\w+:? /, '');
  return own === told || (own.startsWith(told) && /^:? [%$]/.test(own.slice(told.length)));
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
  const titles = titlesIn(readFileSync(row.file, 'utf8'));
  expect(titles.filter((title) => isSaid(row.title, title))).not.toEqual([]);
});

test.each([
  ["test('one', () => {});", 'one', true],
  ["describe('a', () => { it('o' + 'ne', () => {}); });", 'one', true],
  ["test.each(CASES)('one: %s', () => {});", 'one', true],
  ["test.each([1])('one %d is two', () => {});", 'one', true],
  ["test.each(CASES)('%s: one', () => {});", 'one', true],
  ["test.each([['one', 1], ['two', 2]])('%s', () => {});", 'two', true],
  ["const CASES: Case[] = [{ case: 'one', is: 1 }];", 'one', true],
  ["test('one and two', () => {});", 'one', false],
  ["test('one', () => {});", 'on', false],
  ["test('two', () => { expect('one').toBe('one'); });", 'one', false],
  ["test('two', () => {}); // one", 'one', false],
  ["test.skip('one', () => {});", 'one', false],
  ["const one = ['one', 1];", 'one', false],
])('of %s, %j is a title: %s', (text, title, is) => {
  expect(titlesIn(text).some((found) => isSaid(title, found))).toBe(is);
});

test('what the comparison with the real collector excuses is a difference that is told', () => {
  const text = readFileSync(
    join(__dirname, '../runtime/test/conformance/decisions.conformance.ts'), 'utf8');
  const excused = [...text.matchAll(/^ {4}name: '(.+)',$/gm)].map(([, name]) => name);
  expect(excused.length).toBeGreaterThan(1);
  expect(excused.filter((name) => !rows().some((row) => row.name === name))).toEqual([]);
});
