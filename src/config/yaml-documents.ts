/**
 * One configuration out of one or several YAML documents, which still knows on which line of which
 * document each value stands.
 */
import {
  isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node,
} from 'yaml';
import { problem, type Path, type Problem } from './problem';

/** A text of YAML. */
export interface YamlSource {
  /** What it is called in messages, such as its file name. */
  readonly name: string;
  /** The YAML. */
  readonly text: string;
  /** What it says, where that is known: it is then parsed only to find a line. */
  readonly data?: unknown;
  /** Whether null takes away what an earlier source has there, rather than being its value. */
  readonly isTakingAway?: boolean;
}

/** Where a value stands. */
export interface Place {
  /** Name of the document. */
  readonly file: string;
  /** Line in it, from 1; an empty document has none. */
  readonly line?: number;
}

interface Parsed {
  readonly name: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** The documents, merged as upstream merges: maps key by key, anything else by the later one. */
export class YamlDocuments {
  /** What is wrong with the YAML itself. */
  public readonly problems: readonly Problem[];
  /** The merged data. */
  public readonly data: unknown;
  private readonly known = new Map<YamlSource, Parsed>();

  public constructor(private readonly sources: readonly YamlSource[]) {
    const unread = sources.filter(({ data }) => data === undefined);
    const problems = unread.map((source) => this.parse(source))
      .flatMap(({ name, document, lines }) => document.errors.map(({ message, pos }) => (
        notYaml(name, message, lines.linePos(pos[0]).line))));
    const values = problems.length > 0 ? [] : sources.map((source) => (
      source.data ?? this.resolved(source, problems)));
    this.problems = problems;
    this.data = problems.length > 0 ? undefined : sources.reduce<unknown>(
      (earlier, { isTakingAway }, index) => merged(earlier, values[index], isTakingAway === true),
      undefined);
  }

  /** What a source says; aliases and merge keys may turn out to be wrong only now. */
  private resolved(source: YamlSource, problems: Problem[]): unknown {
    try {
      const value = this.parse(source).document.toJS() as unknown;
      if (!holdsItself(value, [])) return value;
      problems.push(notYaml(source.name, 'an anchor must not hold an alias of itself'));
      return undefined;
    } catch (error) {
      problems.push(notYaml(source.name, (error as Error).message));
      return undefined;
    }
  }

  private parse(source: YamlSource): Parsed {
    const known = this.known.get(source);
    if (known !== undefined) return known;
    const lines = new LineCounter();
    const document = parseDocument(source.text, {
      lineCounter: lines, merge: true, prettyErrors: false, logLevel: 'error',
    });
    const parsed = { name: source.name, document, lines };
    this.known.set(source, parsed);
    return parsed;
  }

  /** Where the value at `at` stands, or the map or list that lacks it. */
  public placeOf(at: Path): Place | undefined {
    let deepest = -1;
    let place: Place | undefined = this.sources.length === 1
      ? { file: this.sources[0].name }
      : undefined;
    for (const { name, document, lines } of this.sources.map((source) => this.parse(source))) {
      const { depth, offset } = found(document, at);
      if (depth < deepest || offset === undefined) continue;
      deepest = depth;
      place = { file: name, line: lines.linePos(offset).line };
    }
    return place;
  }

  /** The mistake with the place of its value. */
  public placed(mistake: Problem): Problem {
    return mistake.line === undefined ? { ...mistake, ...this.placeOf(mistake.at) } : mistake;
  }
}

function holdsItself(value: unknown, around: readonly unknown[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return around.includes(value)
    || Object.values(value).some((inner) => holdsItself(inner, [...around, value]));
}

function notYaml(file: string, message: string, line?: number): Problem {
  return { ...problem([], `is not YAML: ${message}`), file, ...line !== undefined && { line } };
}

/** Two values as one. */
function merged(earlier: unknown, later: unknown, isTakingAway: boolean): unknown {
  if (!isRecord(earlier) || !isRecord(later)) return later ?? earlier;
  const all = { ...earlier };
  for (const [key, value] of Object.entries(later)) {
    const isThere = Object.hasOwn(all, key);
    if (isThere && value === null && isTakingAway) {
      delete all[key];
      continue;
    }
    all[key] = isThere && isRecord(all[key]) && isRecord(value)
      ? merged(all[key], value, isTakingAway)
      : value;
  }
  return all;
}

/** Whether a value is a map. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How many steps of the path a document has, and where the last of them begins. */
function found(document: Document.Parsed, at: Path): { depth: number; offset?: number } {
  let node: Node | null | undefined = document.contents;
  let offset = node?.range?.[0];
  for (const [depth, key] of at.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const step = child(node, key);
    if (step === undefined) return { depth, offset };
    offset = step.offset ?? offset;
    node = step.node;
  }
  return { depth: at.length, offset };
}

function child(
  node: unknown, key: string | number,
): { node: Node | null; offset?: number } | undefined {
  if (isSeq(node) && typeof key === 'number') {
    const item = node.items[key] as Node | null | undefined;
    return item === undefined ? undefined : { node: item, offset: item?.range?.[0] };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) =>
    isPair(item) && isScalar(item.key) && String(item.key.value) === String(key));
  if (pair === undefined) return undefined;
  return { node: pair.value as Node | null, offset: (pair.key as Node).range?.[0] };
}
