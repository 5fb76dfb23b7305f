/**
 * References to environment variables inside the values of a configuration.
 *
 * `${env:NAME}` and `${NAME}` stand for the variable, `${env:NAME:-text}` for the text where the
 * variable is not set, `$$` for one dollar sign. A value that is nothing but a reference is read as
 * YAML, so that `${env:SIZE}` can be a number.
 */
import { parse } from 'yaml';
import { problem, type Path, type Problem } from './problem';

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A configuration in which all references were followed. */
export interface Expansion {
  /** The configuration. */
  readonly data: unknown;
  /** References that could not be followed. */
  readonly problems: readonly Problem[];
  /** Values that were texts and were read as something else. */
  readonly typed: readonly TypedValue[];
}

/** A value that a variable gave, which is more than a text. */
export interface TypedValue {
  /** Where it stands. */
  readonly at: Path;
  /** The variable's text. */
  readonly text: string;
}

const REFERENCE = /\$\$|\$\{([^{}]*)\}/g;
const WHOLE = /^\$\{([^{}]*)\}$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SCHEME = /^([a-z][a-z0-9+.-]+):(?!-)/i;

/** Whether a value holds a reference. */
export function holdsReference(value: unknown): boolean {
  return typeof value === 'string' && /\$\{[^{}]*\}/.test(value);
}

/** The variables that a value refers to. */
export function variablesIn(value: unknown): string[] {
  return typeof value !== 'string' ? [] : [...value.matchAll(REFERENCE)]
    .flatMap(([, reference]) => reference === undefined ? [] : partsOf(reference)[0]);
}

/** The name, and the pieces of a default. */
function partsOf(reference: string): string[] {
  return reference.replace(/^env:/, '').split(':-');
}

/** What stands at `at` in `data`, if anything does. */
export function valueAt(data: unknown, at: Path): unknown {
  return at.reduce<unknown>((value, key) =>
    (value as Record<string | number, unknown> | null | undefined)?.[key], data);
}

/** Follows all references in `data`. */
export function expandReferences(data: unknown, env: Environment): Expansion {
  const problems: Problem[] = [];
  const typed: TypedValue[] = [];
  const textOf = (reference: string, at: Path) => {
    const { text, fault, wayOut } = variable(reference, env);
    if (fault !== undefined) problems.push(problem(at, fault, wayOut));
    return text;
  };
  const expand = (value: unknown, at: Path): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => expand(item, [...at, index]));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, held]) => [key, expand(held, [...at, key])]));
    }
    if (typeof value !== 'string') return value;
    const whole = WHOLE.exec(value);
    if (whole === null) {
      return value.replace(REFERENCE, (all, reference?: string) =>
        reference === undefined ? '$' : textOf(reference, at) ?? all);
    }
    const text = textOf(whole[1], at);
    if (text === undefined) return null;
    const read = readScalar(text);
    if (typeof read !== 'string') typed.push({ at, text });
    return read;
  };
  return { data: expand(data, []), problems, typed };
}

/** A variable's text as YAML; the text itself where it is not. */
function readScalar(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    return text;
  }
}

interface Found {
  readonly text?: string;
  readonly fault?: string;
  readonly wayOut?: string;
}

function variable(reference: string, env: Environment): Found {
  const scheme = SCHEME.exec(reference)?.[1];
  if (scheme !== undefined && scheme !== 'env') {
    return {
      fault: `must refer to environment variables only, got \${${reference}}`,
      wayOut: 'write ${env:NAME}, or put the value itself here',
    };
  }
  const [name, ...rest] = partsOf(reference);
  if (!NAME.test(name)) {
    return { fault: `must name a variable of letters, digits and _, got \${${reference}}` };
  }
  const text = env[name] ?? (rest.length > 0 ? rest.join(':-') : undefined);
  if (text !== undefined) return { text };
  return {
    fault: `needs the environment variable ${name}, which is not set`,
    wayOut: `set ${name}, or give a default: \${env:${name}:-…}`,
  };
}
