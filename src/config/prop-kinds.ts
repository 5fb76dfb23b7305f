/**
 * Props of the wrong kind, such as a number where a Duration belongs. Apps that are written in
 * TypeScript are often run without being type-checked; a prop of the wrong kind is then left out
 * and told, along with everything else that is wrong.
 */
import { didYouMean } from './nearest-name';
import { shown } from './problem';

/** What the value of a prop must be. */
export interface Kind {
  /** Whether a value is one. */
  readonly is: (value: unknown) => boolean;
  /** What it must be, as in `must be …`. */
  readonly wanted: string;
  /** What to write. */
  readonly example: string;
  /** Whether there must be one. */
  readonly isRequired?: boolean;
}

/** Props of the right kinds, and what was wrong with the others. */
export interface RightProps<Props> {
  /** Those that are of the right kinds. */
  readonly props: Props;
  /** Names of those that were not. */
  readonly wrong: readonly string[];
  /** What was wrong; every sentence says below `→` what to do about it. */
  readonly problems: readonly string[];
}

/** A value that is looked at where it is used. */
export const anyValue: Kind = { is: () => true, wanted: '', example: '' };

/**
 * Leaves out of `given` what is not of its kind; `where` begins the names in sentences. Kinds that
 * are `whole` name all props there are: a slip in a name would otherwise be overheard.
 */
export function rightProps<Props extends object>(
  given: Props, kinds: Readonly<Record<string, Kind>>, where: string = '',
  { isWhole = false }: { readonly isWhole?: boolean } = {},
): RightProps<Props> {
  const isOptions = isMap(given ?? {});
  const values = (isOptions ? given ?? {} : {}) as Record<string, unknown>;
  const strange = Object.entries(values).filter(([name, value]) =>
    isWhole && value !== undefined && !Object.hasOwn(kinds, name)).map(([name]) => name);
  const wrong = Object.entries(kinds).filter(([name, kind]) =>
    values[name] === undefined ? kind.isRequired === true : !kind.is(values[name]));
  const names = new Set([...wrong.map(([name]) => name), ...strange]);
  return {
    props: Object.fromEntries(
      Object.entries(values).filter(([name]) => !names.has(name))) as Props,
    wrong: [...names],
    problems: [
      ...isOptions ? [] : [
        `${where}options: must be given by their names, got ${kindOf(given)}.`
        + `\n→ write { ${Object.keys(kinds)[0]}: … }, for example.`,
      ],
      ...strange.map((name) => `${where}${name}: must be one of the props here`
        + `${didYouMean(name, Object.keys(kinds))}, got ${kindOf(values[name])}.`
        + '\n→ write its name as it is, or leave it out.'),
      ...wrong.map(([name, { wanted, example }]) =>
        `${where}${name}: must be ${wanted}, got ${kindOf(values[name])}.`
        + `\n→ give \`${name}\` ${example}, for example.`),
    ],
  };
}

/** What is wrong with one value that is not a prop; nothing when it is of its kind. */
export function wrongValue(where: string, value: unknown, kind: Kind): string[] {
  return kind.is(value) ? [] : [
    `${where}: must be ${kind.wanted}, got ${kindOf(value)}.`
    + `\n→ write ${kind.example}, for example.`,
  ];
}

/** Whether it is an object with names, as options and labels are. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as it is told: by its class when it has one. */
export function kindOf(value: unknown): string {
  const [first] = Array.isArray(value) ? value as unknown[] : [];
  if (typeof first === 'object' && first !== null) return `a list of ${kindOf(first)}`;
  if (typeof value === 'function') return 'a function';
  if (['number', 'bigint', 'symbol'].includes(typeof value)) return String(value);
  if (typeof value !== 'object' || value === null) return shown(value);
  const { name } = Object.getPrototypeOf(value)?.constructor ?? { name: 'Object' };
  return name === 'Object' || name === 'Array' ? shown(value) : `a ${name}`;
}

/** An object with a method or property of this name, as every object of its class has. */
export function withMember(member: string, wanted: string, example: string): Kind {
  return { is: (value) => hasMember(value, member), wanted, example };
}

/** A list of those. */
export function listOf(kind: Kind, wanted: string, example: string): Kind {
  return {
    is: (value) => Array.isArray(value) && value.every((each) => kind.is(each)), wanted, example,
  };
}

/** A whole number from `min` on. */
export function wholeFrom(min: number, example: number): Kind {
  return {
    is: (value) => Number.isSafeInteger(value) && (value as number) >= min,
    wanted: `a whole number from ${min} on`,
    example: String(example),
  };
}

/** A text; `pattern` says which. */
export function textOf(pattern: RegExp, wanted: string, example: string): Kind {
  return { is: (value) => typeof value === 'string' && pattern.test(value), wanted, example };
}

/** One of these texts. */
export function oneOf(values: readonly string[], example: string): Kind {
  return {
    is: (value) => (values as readonly unknown[]).includes(value),
    wanted: `one of ${values.join(', ')}`,
    example,
  };
}

/** A Duration of whole `unit`s, at least `min` of them. */
export function durationOf(unit: 'seconds' | 'millis', min: number, example: number): Kind {
  const size = unit === 'seconds' ? 1000 : 1;
  return {
    is: (value) => {
      const millis = measured(value, 'toMilliseconds');
      return millis !== undefined && millis % size === 0 && millis >= min * size;
    },
    wanted: `a Duration of ${min > 0 ? `at least ${min} ` : ''}`
      + `whole ${unit === 'seconds' ? 'second' : 'millisecond'}${min === 1 ? '' : 's'}`,
    example: `Duration.${unit}(${example})`,
  };
}

/** True or false. */
export const trueOrFalse: Kind = {
  is: (value) => typeof value === 'boolean', wanted: 'true or false', example: 'true',
};

/** A Size of whole mebibytes. */
export const wholeMebibytes: Kind = {
  is: (value) => measured(value, 'toMebibytes') !== undefined,
  wanted: 'a Size of whole mebibytes',
  example: 'Size.mebibytes(512)',
};

/** What a Duration or a Size is in a unit; nothing when it is neither, or no whole number. */
function measured(value: unknown, method: string): number | undefined {
  if (!hasMember(value, method)) return undefined;
  try {
    return (value as Record<string, () => number>)[method]();
  } catch {
    return undefined;
  }
}

/** The same kind, which must be there. */
export function required(kind: Kind): Kind {
  return { ...kind, isRequired: true };
}

function hasMember(value: unknown, member: string): boolean {
  return typeof value === 'object' && value !== null && member in value;
}
