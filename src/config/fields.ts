/**
 * The words in which a component's settings are described: each is a two-way codec between what
 * stands in the YAML and what the runtime holds.
 *
 * Reading decodes (`"5s"` → 5000); writing encodes (a `Duration` or 5000 → `"5s"`). A field with a
 * fallback may be left out or be null; a field without one is required.
 */
import type { Duration } from 'cdk8s';
import * as z from 'zod/mini';
import { meetElsewhere } from './elsewhere';
import { formatGoDuration, parseGoDuration } from './go-duration';
import { DEPRECATED, NO_EFFECT, NOT_HERE, shown, type Path } from './problem';

/** How one key is read and written: `Given` in the struct, `Settings` in the runtime. */
export interface Field<in Given, out Settings> {
  /** Decodes YAML to settings and encodes a struct's value to YAML. */
  readonly schema: z.ZodMiniType;
  /** The YAML key, where it is not the snake_case of the struct's key. */
  readonly key?: string;
  /** Carries the type of the struct's value; never present. */
  readonly given?: (given: Given) => void;
  /** Carries the type of the setting; never present. */
  readonly settings?: () => Settings;
}

/** What the runtime reads from a field. */
export type Setting<F> = F extends Field<never, infer Settings> ? Settings : never;

/** A whole number and its range. */
export interface CountOptions {
  /** Value when the key is absent; without it the key is required. */
  readonly fallback?: number;
  /** Least value; 0 unless given. */
  readonly min?: number;
  /** Greatest value. */
  readonly max?: number;
}

/** A text. */
export interface TextOptions {
  /** Value when the key is absent; without it the key is required. */
  readonly fallback?: string;
}

/** Refuses with `must be <what>, got <value>`. */
export function mustBe(what: string): { error: (issue: { input?: unknown }) => string } {
  return {
    error: ({ input }) => input === undefined || input === null
      ? `is required and must be ${what}`
      : `must be ${what}, got ${shown(input)}`,
  };
}

/** Any value: what a codec decodes to needs no second check. */
export const decoded = z.optional(z.custom<unknown>());

interface Ways {
  readonly decode?: (value: never, refuse: (message: string, at?: Path) => void) => unknown;
  readonly encode?: (value: never) => unknown;
}

/** A schema that is built when it is first asked for: a collector uses few of all contracts. */
export function lazily(build: () => z.ZodMiniType): () => z.ZodMiniType {
  let built: z.ZodMiniType | undefined;
  return () => built ??= build();
}

/** A field whose schema is built when it is first asked for. */
export function lazyField<Given, Settings>(
  build: () => z.ZodMiniType, key?: string,
): Field<Given, Settings> {
  const schema = lazily(build);
  return {
    key,
    get schema() {
      return schema();
    },
  };
}

/** A field whose YAML is `yaml`; absent and null mean `fallback`, as upstream reads them. */
export function leaf<Given, Settings>(
  yaml: () => z.ZodMiniType, fallback: Settings | undefined, ways: Ways = {},
): Field<Given, Settings> {
  const decode = ways.decode ?? ((value) => value);
  const encode = ways.encode ?? ((value) => value);
  return lazyField(() => {
    return z.codec(fallback === undefined ? yaml() : z.nullish(yaml()), decoded, {
      decode: (value, context) => value === undefined || value === null
        ? fallback
        : decode(value as never, (message, at = []) => {
          context.issues.push({ code: 'custom', message, path: [...at], input: value });
        }),
      encode: (value) => value === undefined ? undefined : encode(value as never),
    });
  });
}

/** A whole number. */
export function count(options: CountOptions = {}): Field<number, number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  const what = max === Number.MAX_SAFE_INTEGER
    ? `a whole number ≥ ${min}`
    : `a whole number from ${min} to ${max}`;
  return leaf(
    () => z.int(mustBe(what)).check(
      z.minimum(min, mustBe(what)), z.maximum(max, mustBe(what))), options.fallback);
}

/** A number that need not be whole. */
export function ratio(options: CountOptions = {}): Field<number, number> {
  const { min = 0, max = Number.MAX_VALUE } = options;
  const what = max === Number.MAX_VALUE ? `a number ≥ ${min}` : `a number from ${min} to ${max}`;
  return leaf(
    () => z.number(mustBe(what)).check(
      z.minimum(min, mustBe(what)), z.maximum(max, mustBe(what))), options.fallback);
}

/** A duration in Go's syntax; a bare whole number is nanoseconds, as upstream reads it. */
export function duration(fallback?: string): Field<Duration, number> {
  const what = 'a duration ≥ 0 such as 200ms, 5s or 1h30m';
  return leaf(
    () => z.union([z.string(), z.int()], mustBe(what)),
    fallback === undefined ? undefined : parseGoDuration(fallback),
    {
      decode: (value: string | number, refuse) => {
        const ms = typeof value === 'number' ? value / 1e6 : parseGoDuration(value);
        if (ms === undefined || ms < 0) refuse(`must be ${what}, got ${shown(value)}`);
        return ms;
      },
      encode: (given: Duration | number) =>
        formatGoDuration(typeof given === 'number' ? given
          : given.toMilliseconds({ integral: false })),
    },
  );
}

/** A text. */
export function text(options: TextOptions = {}): Field<string, string> {
  return leaf(() => z.string(mustBe('a text')), options.fallback);
}

/** True or false. */
export function flag(options: { readonly fallback?: boolean } = {}): Field<boolean, boolean> {
  return leaf(() => z.boolean(mustBe('true or false')), options.fallback);
}

/** One of a few words, or one of `elsewhere`, which only upstream knows. */
export function choice<const Word extends string>(
  words: readonly Word[], fallback?: Word, elsewhere: readonly string[] = [],
): Field<string, Word> {
  return leaf(() => z.enum([...words, ...elsewhere], mustBe(oneOf(words))), fallback, {
    decode: (value: string, refuse) => {
      if (elsewhere.includes(value) && meetElsewhere()) {
        refuse(`must be ${oneOf(words)}; ${value} is a choice ${NOT_HERE}`);
      }
      return value;
    },
  });
}

/** One of a few words, written in any case. */
export function keyword<const Word extends string>(
  words: readonly Word[], fallback?: Word,
): Field<string, Word> {
  const what = oneOf(words);
  return leaf(() => z.string(mustBe(what)), fallback, {
    decode: (value: string, refuse) => {
      const found = words.find((word) => word === value.toLowerCase());
      if (found === undefined) refuse(mustBe(what).error({ input: value }));
      return found;
    },
  });
}

function oneOf(words: readonly string[]): string {
  return `one of ${words.map((word) => word === '' ? '""' : word).join(', ')}`;
}

/** Refuses without showing the value, which may be a secret. */
function mustBeHidden(what: string): { error: string } {
  return { error: `must be ${what}` };
}

/** Headers: a map of texts, or upstream's list of `{name, value}`. Messages never show a value. */
export function headers(): Field<Record<string, string>, Readonly<Record<string, string>>> {
  const yaml = () => {
    const value = z.string(mustBeHidden('a text (put it in quotes)'));
    const entry = z.strictObject(
      { name: z.string(mustBe('a text')), value }, mustBeHidden('a map of name and value'));
    const map = z.record(z.string(), value, mustBeHidden('a map of header names to texts'));
    return z.union([z.array(entry), map]);
  };
  return leaf(yaml, {}, {
    decode: (given: Record<string, string> | { name: string; value: string }[]) =>
      Array.isArray(given)
        ? Object.fromEntries(given.map((header) => [header.name, header.value]))
        : given,
  });
}

/** A list. Without a fallback it is required. */
export function list<Given, Settings>(
  item: Field<Given, Settings>, fallback?: readonly Settings[],
): Field<Given[], readonly Settings[]> {
  return leaf(() => z.array(item.schema, mustBe('a list')), fallback);
}

/** A key without which there is no value, and no default either. */
export function optional<Given, Settings>(
  field: Field<Given, Settings>,
): Field<Given, Settings | undefined> {
  return lazyField(() => z.codec(z.nullish(field.schema), decoded, {
    decode: (value) => value ?? undefined,
    encode: (given) => given,
  }), field.key);
}

/**
 * A key that this runtime does not implement: it takes no value but what absence means. The
 * setting is there for collectors of upstream.
 */
export function upstreamOnly<Given, Settings>(
  field: Field<Given, Settings>,
): Field<Given, Settings | undefined> {
  return told(field, `is a key ${NOT_HERE}`);
}

/**
 * A key that has no meaning in this runtime: it takes what upstream takes, and a warning tells
 * `why` it changes nothing, unless it says what absence means.
 */
export function withoutEffect<Given, Settings>(
  field: Field<Given, Settings>, why: string,
): Field<Given, Settings> {
  return told(field, `${NO_EFFECT}: ${why}`);
}

/** A key that still works; a warning tells what to write `instead`. */
export function deprecated<Given, Settings>(
  field: Field<Given, Settings>, instead: string,
): Field<Given, Settings> {
  return told(field, `${DEPRECATED}; write ${instead}`);
}

/** The same field, of which `message` is told when it says something else than absence does. */
function told<Given, Settings>(
  field: Field<Given, Settings>, message: string,
): Field<Given, Settings> {
  return lazyField(() => z.codec(field.schema, decoded, {
    decode: (value, context) => {
      const absent = z.safeDecode(field.schema, undefined as never).data;
      if (JSON.stringify(value) !== JSON.stringify(absent) && meetElsewhere()) {
        context.issues.push({ code: 'custom', message, input: value });
      }
      return value;
    },
    encode: (given) => given,
  }), field.key);
}

/** A text whose value no message shows. */
export function secret(options: TextOptions = {}): Field<string, string> {
  return leaf(() => z.string({
    error: ({ input }) => input === undefined || input === null
      ? 'is required and must be a text' : 'must be a text (put it in quotes)',
  }), options.fallback);
}

/** A map of texts, whatever its keys. */
export function textMap(): Field<Record<string, string>, Readonly<Record<string, string>>> {
  return leaf(() => z.record(z.string(), z.string(mustBe('a text')), mustBe('a map of texts')), {});
}

/** A map of whatever upstream takes there, which nothing checks. */
export function openMap(): Field<Record<string, any>, Readonly<Record<string, unknown>>> {
  return leaf(() => z.record(z.string(), z.unknown(), mustBe('a map')), {});
}

/** Any value, which nothing checks; none when the key is absent. */
export function anything(): Field<any, unknown> {
  return lazyField(() => z.optional(z.unknown()));
}

/** The same field under a YAML key that is not the snake_case of the struct's key. */
export function keyed<Given, Settings>(
  key: string, field: Field<Given, Settings>,
): Field<Given, Settings> {
  return lazyField(() => field.schema, key);
}
