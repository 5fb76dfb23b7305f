/** What API.md is made of: every choice that a user has says what happens without it. */
import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import * as ts from 'typescript';

const SOURCE = join(__dirname, '..', 'src');

const FILES = (readdirSync(SOURCE, { recursive: true }) as string[])
  .filter((path) => path.endsWith('.ts')).map((path) => ({
    path,
    tree: ts.createSourceFile(
      path, readFileSync(join(SOURCE, path), 'utf8'), ts.ScriptTarget.ES2022, true),
  }));

/** Names that the package's entry point exports. */
const PUBLIC = new Set(FILES.find(({ path }) => path === 'index.ts')!.tree.statements
  .filter(ts.isExportDeclaration).flatMap(({ exportClause }) =>
    exportClause !== undefined && ts.isNamedExports(exportClause)
      ? exportClause.elements.map(({ name }) => name.text) : []));

const STRUCTS = FILES.flatMap(({ tree }) => tree.statements.filter(ts.isInterfaceDeclaration))
  .filter(({ name }) => PUBLIC.has(name.text));

test('there are structs to look at', () => {
  expect(STRUCTS.length).toBeGreaterThan(20);
});

test('every property that may be left out says what is then', () => {
  const silent = STRUCTS.flatMap(({ name, members }) => members
    .filter((member) => ts.isPropertySignature(member) && member.questionToken !== undefined)
    .filter((member) => !ts.getJSDocTags(member)
      .some(({ tagName }) => tagName.text === 'default'))
    .map((member) => `${name.text}.${member.name?.getText()}`));
  expect(silent).toEqual([]);
});

test('no property that is required claims a default', () => {
  const liars = STRUCTS.flatMap(({ name, members }) => members
    .filter((member) => ts.isPropertySignature(member) && member.questionToken === undefined)
    .filter((member) => ts.getJSDocTags(member).some(({ tagName }) => tagName.text === 'default'))
    .map((member) => `${name.text}.${member.name?.getText()}`));
  expect(liars).toEqual([]);
});
