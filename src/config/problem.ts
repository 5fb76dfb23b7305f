/**
 * What is wrong in a configuration, where, and what to do about it.
 */

/** Keys and list indexes from the top of the document down to the value that is meant. */
export type Path = readonly (string | number)[];

/** One mistake. */
export interface Problem {
  /** Where, as keys and list indexes. */
  readonly at: Path;
  /** Where, as it is printed: `processors.tail_sampling/eu.policies[0].name`. */
  readonly path: string;
  /** What must hold, and what was found instead. */
  readonly message: string;
  /** What to do about it, where that is more than the message says. */
  readonly wayOut?: string;
  /** Name of the document that holds the value. */
  readonly file?: string;
  /** Line of the value in that document, from 1. */
  readonly line?: number;
  /** True when upstream knows the key and only this runtime does not. */
  readonly upstreamOnly?: boolean;
}

/** How sentences end about what upstream has and this runtime does not. */
export const NOT_HERE = 'of the OpenTelemetry Collector that this runtime does not implement';

/** How sentences begin about what upstream obeys and what has no meaning here. */
export const NO_EFFECT = 'has no effect in this runtime';

/** How sentences begin about keys that upstream wants no longer, but still obeys. */
export const DEPRECATED = 'is deprecated';

/** How sentences begin about names of what is not there, which upstream passes over, too. */
export const NAMES_NONE = 'names none';

const PLAIN_KEY = /^[\w/-]+$/;

/** The path as it is printed; keys that hold dots or spaces are quoted. */
export function pathText(at: Path): string {
  return at.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    if (!PLAIN_KEY.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}

/** A mistake at `at`. */
export function problem(at: Path, message: string, wayOut?: string): Problem {
  return {
    at,
    path: pathText(at),
    message,
    ...wayOut === undefined ? {} : { wayOut },
    ...message.endsWith(NOT_HERE) ? { upstreamOnly: true } : {},
  };
}

/** One mistake as one sentence, with the line it stands on and the way out below it. */
export function problemText(mistake: Problem): string {
  const where = mistake.path === '' ? '' : `${mistake.path}: `;
  const wayOut = mistake.wayOut === undefined ? '' : `\n  → ${mistake.wayOut}`;
  return `${where}${mistake.message}${placeText(mistake)}${wayOut}`;
}

/** All mistakes as one report, a line or two for each. */
export function problemReport(mistakes: readonly Problem[]): string {
  return mistakes.map(problemText).join('\n');
}

function placeText({ file, line }: Problem): string {
  const place = [file, line].filter((part) => part !== undefined).join(':');
  if (place === '') return '';
  return file === undefined ? ` (line ${place})` : ` (${place})`;
}

/** Thrown when something is written or read that holds mistakes; the message lists all of them. */
export class ConfigurationError extends Error {
  public readonly name: string = 'ConfigurationError';
  /** All mistakes. */
  public readonly problems: readonly Problem[];

  public constructor(problems: readonly Problem[]) {
    super(problemReport(problems));
    this.problems = problems;
  }
}

/** A value as it is shown in a sentence: short, and on one line. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const plain = (_key: string, held: unknown) => typeof held === 'bigint' ? String(held) : held;
  const text = JSON.stringify(value, plain) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
