/** The house numbers: what a reader of this project may rely on, kept by a machine. */
import { execFileSync } from 'child_process';
import { existsSync, readFileSync, readdirSync } from 'fs';
import { basename, join } from 'path';
import * as ts from 'typescript';

const ROOT = join(__dirname, '..');
const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 70;
const MAX_LINE_LENGTH = 100;

interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly tree: ts.SourceFile;
}

function sources(): Source[] {
  const listed = execFileSync(
    'git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', '*.ts', '*.mjs'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  const paths = listed.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)));
  return [...new Set(paths)].sort().map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
    return { path, text, lines: text.split('\n'), tree };
  });
}

const ALL = sources();
const TYPESCRIPT = ALL.filter(({ path }) => path.endsWith('.ts'));
const CODE = TYPESCRIPT.filter(({ path }) => !path.endsWith('.test.ts'));
const TESTS = TYPESCRIPT.filter(({ path }) => path.endsWith('.test.ts'));
const RUNTIME = CODE.filter(({ path }) => path.startsWith('runtime/'));
const PUBLIC = CODE.filter(({ path }) => /^(src|runtime)\//.test(path)
  && !/^runtime\/(testing|bench|fuzz|test)\//.test(path));

function at(source: Source, node: ts.Node): string {
  const { line } = source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree));
  return `${source.path}:${line + 1}`;
}

function find<T extends ts.Node>(
  root: ts.Node, wanted: (node: ts.Node) => node is T,
): T[] {
  const found: T[] = [];
  const visit = (node: ts.Node): void => {
    if (wanted(node)) found.push(node);
    node.forEachChild(visit);
  };
  visit(root);
  return found;
}

function lineCount(source: Source, node: ts.Node): number {
  const first = source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line;
  return source.tree.getLineAndCharacterOfPosition(node.end).line - first + 1;
}

/** A `describe` block is a chapter, not a function. */
function isChapter(node: ts.Node): boolean {
  const call = node.parent;
  return ts.isCallExpression(call) && /^describe\b/.test(call.expression.getText());
}

function isDocumented(source: Source, node: ts.Node): boolean {
  return (ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? [])
    .some(({ pos }) => source.text.startsWith('/**', pos));
}

function isExported(node: ts.Node): boolean {
  return ts.canHaveModifiers(node)
    && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

function calls(source: Source): ts.CallExpression[] {
  return find(source.tree, ts.isCallExpression);
}

test(`no file has more than ${MAX_FILE_LINES} lines`, () => {
  const long = ALL.filter(({ lines }) => lines.length - 1 > MAX_FILE_LINES);
  expect(long.map(({ path, lines }) => `${path} has ${lines.length - 1}`)).toEqual([]);
});

test(`no line is longer than ${MAX_LINE_LENGTH} characters`, () => {
  expect(ALL.flatMap(({ path, lines }) => lines.flatMap((line, index) =>
    [...line].length > MAX_LINE_LENGTH ? [`${path}:${index + 1}`] : []))).toEqual([]);
});

test(`no function has more than ${MAX_FUNCTION_LINES} lines`, () => {
  expect(ALL.flatMap((source) => find(source.tree, ts.isFunctionLike)
    .filter((node) => !isChapter(node) && lineCount(source, node) > MAX_FUNCTION_LINES)
    .map((node) => `${at(source, node)} has ${lineCount(source, node)}`))).toEqual([]);
});

test('nothing is left for later in a comment', () => {
  const later = new RegExp(`\\b(${['TO', 'FIX'].map((s) => `${s}${s === 'TO' ? 'DO' : 'ME'}`)
    .join('|')}|X{3})\\b`);
  expect(ALL.flatMap(({ path, lines }) => lines.flatMap((line, index) =>
    later.test(line) ? [`${path}:${index + 1}`] : []))).toEqual([]);
});

test('the runtime says what type everything has', () => {
  const isAny = (node: ts.Node): node is ts.KeywordTypeNode =>
    node.kind === ts.SyntaxKind.AnyKeyword;
  expect([...RUNTIME, ...TESTS.filter(({ path }) => path.startsWith('runtime/'))]
    .flatMap((source) => find(source.tree, isAny).map((node) => at(source, node)))).toEqual([]);
});

test('every export is documented', () => {
  expect(PUBLIC.flatMap((source) => source.tree.statements
    .filter((node) => isExported(node) && !ts.isExportDeclaration(node)
      && !isDocumented(source, node))
    .map((node) => at(source, node)))).toEqual([]);
});

test('every property and method of an exported interface is documented', () => {
  expect(PUBLIC.flatMap((source) => source.tree.statements
    .filter((node) => ts.isInterfaceDeclaration(node)).filter(isExported)
    .flatMap(({ members }) => members.filter((member) => !isDocumented(source, member))
      .map((member) => at(source, member))))).toEqual([]);
});

test('every component folder holds the component, its test and its page', () => {
  const missing = ['receivers', 'processors', 'exporters', 'connectors', 'extensions']
    .map((kind) => join('runtime', kind)).filter((kind) => existsSync(join(ROOT, kind)))
    .flatMap((kind) => readdirSync(join(ROOT, kind)).flatMap((name) =>
      [`${name}.ts`, `${name}.test.ts`, 'README.md'].map((file) => join(kind, name, file))))
    .filter((path) => !existsSync(join(ROOT, path)));
  expect(missing).toEqual([]);
});

test('only main.ts and cli/ end the process', () => {
  const exempt = /^runtime\/(main\.ts|cli\/|test\/|testing\/|bench\/|fuzz\/)/;
  expect(RUNTIME.filter(({ path }) => !exempt.test(path))
    .flatMap((source) => calls(source)
      .filter(({ expression }) => expression.getText() === 'process.exit')
      .map((node) => at(source, node)))).toEqual([]);
});

test('only clock.ts asks for the time', () => {
  const clocks = /^(Date\.now|performance\.now|process\.hrtime(\.bigint)?|setTimeout|setInterval)$/;
  const exempt = /^runtime\/(clock\.ts|bench\/|fuzz\/|test\/|testing\/)/;
  const sites = RUNTIME.filter(({ path }) => !exempt.test(path)).flatMap((source) => [
    ...calls(source).filter(({ expression }) => clocks.test(expression.getText())),
    ...find(source.tree, ts.isNewExpression).filter((node) =>
      node.expression.getText() === 'Date' && (node.arguments ?? []).length === 0),
  ].map((node) => at(source, node)));
  expect(sites).toEqual([]);
});

test('no error of the runtime is a constant sentence without where, what and got', () => {
  const form = /^[^:]+: .+, got .+/s;
  expect(RUNTIME.filter(({ path }) => !/^runtime\/(bench|fuzz|test|testing)\//.test(path))
    .flatMap((source) => find(source.tree, ts.isNewExpression)
      .filter((node) => node.expression.getText() === 'Error'
        && node.arguments?.length === 1 && ts.isStringLiteralLike(node.arguments[0])
        && !form.test(node.arguments[0].text))
      .map((node) => at(source, node)))).toEqual([]);
});

test('no file is named for being left over', () => {
  expect(ALL.map(({ path }) => basename(path).replace(/(\.test)?\.\w+$/, ''))
    .filter((name) => /^(utils?|helpers?|common|misc|types|manager)$/.test(name))).toEqual([]);
});

test('every expect is called', () => {
  const matcher = /^(not|resolves|rejects|to[A-Z]\w*)$/;
  expect(TESTS.flatMap((source) => find(source.tree, ts.isPropertyAccessExpression)
    .filter((node) => matcher.test(node.name.text) && /^(await )?expect\(/.test(node.getText())
      && !ts.isCallExpression(node.parent) && !ts.isPropertyAccessExpression(node.parent))
    .map((node) => at(source, node)))).toEqual([]);
});

test('no test is switched off', () => {
  const off = /^(x?(it|test|describe)\.(only|skip|todo)|x(it|test|describe)|f(it|describe))\b/;
  expect(TESTS.flatMap((source) => calls(source)
    .filter(({ expression }) => off.test(expression.getText()))
    .map((node) => at(source, node)))).toEqual([]);
});
