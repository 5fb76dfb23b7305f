/**
 * Reads the structs of the contracts from their source text: what they promise to users.
 */
import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import * as ts from 'typescript';

/** One property of a struct. */
export interface DocumentedProperty {
  /** `Struct.property`. */
  readonly id: string;
  /** The property's name. */
  readonly name: string;
  /** Name of its type, without `[]`. */
  readonly type: string;
  /** Whether it may be left out. */
  readonly isOptional: boolean;
  /** What its `@default` says. */
  readonly fallback?: string;
}

const ROOT = join(__dirname, '..', '..', 'src', 'config');

function read(): Map<string, ts.InterfaceDeclaration> {
  const found = new Map<string, ts.InterfaceDeclaration>();
  const names = readdirSync(ROOT, { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((path) => path.endsWith('.ts'))) {
    const text = readFileSync(join(ROOT, name), 'utf8');
    const file = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
    for (const node of file.statements.filter(ts.isInterfaceDeclaration)) {
      if (node.name.text.endsWith('Config')) found.set(node.name.text, node);
    }
  }
  return found;
}

const STRUCTS = read();

/** Names of all structs. */
export const structNames: readonly string[] = [...STRUCTS.keys()].sort();

/** All properties of a struct, those that it inherits first. */
export function propertiesOf(struct: string): DocumentedProperty[] {
  const node = STRUCTS.get(struct);
  if (node === undefined) return [];
  const bases = (node.heritageClauses ?? []).flatMap(({ types }) => types)
    .map(({ expression }) => expression.getText());
  return [
    ...bases.flatMap(propertiesOf),
    ...node.members.filter(ts.isPropertySignature).map((property) => ({
      id: `${struct}.${property.name.getText()}`,
      name: property.name.getText(),
      type: property.type?.getText().replace('[]', '') ?? '',
      isOptional: property.questionToken !== undefined,
      fallback: ts.getJSDocTags(property).filter((tag) => tag.tagName.text === 'default')
        .map(({ comment }) => ts.getTextOfJSDocComment(comment)).at(0),
    })),
  ];
}

const UNITS: Readonly<Record<string, number>> = { millis: 1, seconds: 1_000, minutes: 60_000 };

/** The value that a `@default` promises, durations in ms; nothing when it is told in words. */
export function promisedValue(fallback: string | undefined): unknown {
  if (fallback === undefined || fallback.startsWith('-')) return undefined;
  const duration = /^Duration\.(\w+)\((\d+)\)$/.exec(fallback);
  return duration === null
    ? JSON.parse(fallback) as unknown
    : Number(duration[2]) * UNITS[duration[1]];
}
