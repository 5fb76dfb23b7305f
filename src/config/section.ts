/**
 * Maps with a fixed set of keys: what components and their parts are made of.
 */
import * as z from 'zod/mini';
import { decoded, lazily, lazyField, mustBe, type Field, type Setting } from './fields';
import { didYouMean } from './nearest-name';
import { NOT_HERE, type Path } from './problem';

// Schemas are asked a few times, and then never again: to compile them takes longer.
z.config({ ...z.locales.en(), jitless: true });

/** One field for every key of the struct, of that key's type. */
export type FieldsOf<Struct> = {
  readonly [K in keyof Struct]-?: Field<NonNullable<Struct[K]>, unknown>;
};

/** `FieldsOf<Struct>`, and no key that the struct does not have. */
export type ExactFields<Struct, Fields> =
  Fields & { readonly [K in Exclude<keyof Fields, keyof Struct>]: never };

/** What the runtime reads from `Fields`: every key present, sections that are off left out. */
export type SettingsOf<Fields> = Flat<{
  readonly [K in keyof Fields as undefined extends Setting<Fields[K]> ? never : K]:
  Setting<Fields[K]>;
} & {
  readonly [K in keyof Fields as undefined extends Setting<Fields[K]> ? K : never]?:
  Setting<Fields[K]>;
}>;

type Flat<T> = { [K in keyof T]: T[K] };

/** Reports a mistake that only shows between keys, at a path of YAML keys below the section. */
export type Report = (at: Path, message: string) => void;

/** What a section may say beside its fields. */
export interface SectionOptions<Settings> {
  /**
   * Rules between keys; asked only when every key is right by itself. `isGiven` tells whether the
   * YAML holds a key.
   */
  readonly check?: (
    settings: Settings, report: Report, isGiven: (key: string) => boolean) => void;
  /** What the settings are where several keys say one thing; asked after `check`. */
  readonly settle?: (settings: Settings) => Settings;
  /** Keys in YAML that the struct has not and settings do not hold: they are only checked. */
  readonly ignored?: Readonly<Record<string, Field<never, unknown>>>;
  /** Keys that upstream has here and this runtime does not implement. */
  readonly upstreamOnly?: readonly string[];
  /** Keys that upstream no longer has, and what to write instead. */
  readonly removed?: Readonly<Record<string, string>>;
}

/** `sendBatchSize` → `send_batch_size`. */
export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

type AnyFields = Readonly<Record<string, Field<never, unknown>>>;
type Values = Record<string, unknown>;

/** The two-way codec of a map with these fields. */
export function mapSchema<Settings>(
  fields: AnyFields, options: SectionOptions<Settings> = {},
  also: Record<string, z.ZodMiniType> = {},
): z.ZodMiniType {
  const keys = Object.entries(fields).map(([name, field]) => ({
    name, key: field.key ?? snakeCase(name), field,
  }));
  const shape = Object.fromEntries(keys.map(({ key, field }) => [key, field.schema]));
  const ignored = Object.fromEntries(Object.entries(options.ignored ?? {})
    .map(([key, field]) => [key, field.schema]));
  const known = keys.map(({ key }) => key);
  return z.codec(strictMap({ ...shape, ...ignored, ...also }, known, options), z.custom(), {
    decode: (yaml: Values, context) => {
      const settings: Values = {};
      for (const { name, key, field } of keys) {
        // Zod passes over absent keys, so their fallbacks are asked for here.
        settings[name] = key in yaml
          ? yaml[key]
          : decodeInside(field.schema, undefined, context, [key]);
      }
      if (context.issues.length > 0) return z.NEVER;
      options.check?.(settings as Settings, (at, message) => {
        context.issues.push({ code: 'custom', message, path: [...at], input: yaml });
      }, (key) => key in yaml);
      return options.settle?.(settings as Settings) ?? settings;
    },
    encode: (given) => encodeKeys(given, keys),
  });
}

/** Only given keys are written; unknown ones are kept, so that the strict map refuses them. */
function encodeKeys(given: unknown, keys: readonly { name: string; key: string }[]): Values {
  // What is no map passes unchanged as well, for the same reason.
  if (typeof given !== 'object' || given === null) return given as Values;
  const yaml: Values = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    yaml[keys.find((candidate) => candidate.name === name)?.key ?? name] = value;
  }
  return yaml;
}

type OtherKeys = Pick<SectionOptions<never>, 'upstreamOnly' | 'removed'>;

/** One sentence per unknown key, a line each; `problemsOf` tells them apart again. */
function strictMap(
  shape: Record<string, z.ZodMiniType>, known: readonly string[], options: OtherKeys,
): z.ZodMiniObject {
  return z.strictObject(shape, {
    error: (issue) => issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(key, known, options)).join('\n')
      : mustBe('a map').error(issue),
  });
}

function unknownKey(
  key: string, known: readonly string[], { upstreamOnly = [], removed = {} }: OtherKeys,
): string {
  if (upstreamOnly.includes(key)) return `is a key ${NOT_HERE}`;
  if (Object.hasOwn(removed, key)) return `is no longer a setting; write ${removed[key]}`;
  const all = known.length === 0 ? 'there are no settings' : `the settings are ${known.join(', ')}`;
  return `is not a setting here${didYouMean(key, known)}; ${all}`;
}

/** A section whose keys have their defaults when it is absent or null. */
export function section<Struct>() {
  return <const Fields extends FieldsOf<Struct>>(
    fields: ExactFields<Struct, Fields>, options?: SectionOptions<SettingsOf<Fields>>,
  ): Field<Struct, SettingsOf<Fields>> => {
    const map = lazily(() => mapSchema(fields as AnyFields, options));
    return lazyField(() => z.codec(z.nullish(map()), decoded, {
      decode: (value, context) => value ?? decodeInside(map(), {}, context),
      encode: (given) => given,
    }));
  };
}

/** When a section is on that may be left out. */
export interface Presence {
  /** What it means that the key is absent. */
  readonly absent: 'on' | 'off';
  /** What `key:` without a value means. */
  readonly empty: 'on' | 'off';
}

/**
 * A section that is off when it is absent. What `key:` without a value means is told by `empty`.
 */
export function givenSection<Struct>() {
  return <const Fields extends FieldsOf<Struct>>(
    empty: Presence['empty'],
    fields: ExactFields<Struct, Fields>, options?: SectionOptions<SettingsOf<Fields>>,
  ): Field<Struct, SettingsOf<Fields> | undefined> => {
    const map = lazily(() => mapSchema(fields as AnyFields, options));
    return lazyField(() => z.codec(z.nullish(map()), decoded, {
      decode: (value, context) => {
        if (value !== null) return value;
        return empty === 'on' ? decodeInside(map(), {}, context) : undefined;
      },
      encode: (given) => given,
    }));
  };
}

/**
 * A section that can be off, in YAML also by `enabled: false`, whatever else it then holds.
 * The setting is undefined when it is off.
 */
export function optionalSection<Struct>() {
  return <const Fields extends FieldsOf<Omit<Struct, 'enabled'>>>(
    presence: Presence,
    fields: ExactFields<Omit<Struct, 'enabled'>, Fields>,
    options?: SectionOptions<SettingsOf<Fields>>,
  ): Field<Struct, SettingsOf<Fields> | undefined> => {
    const map = lazily(() => mapSchema(fields as AnyFields, options, {
      enabled: z.nullish(z.boolean(mustBe('true or false'))),
    }));
    const off = lazily(() => z.looseObject({ enabled: z.literal(false) }));
    return lazyField(() => z.codec(z.nullish(z.union([off(), map()])), decoded, {
      decode: (value, context) => {
        if (value === undefined || value === null) {
          const way = value === undefined ? presence.absent : presence.empty;
          return way === 'on' ? decodeInside(map(), {}, context) : undefined;
        }
        return isOff(value) ? undefined : value;
      },
      encode: (given) => isOff(given) ? { enabled: false } : given,
    }));
  };
}

function isOff(value: unknown): boolean {
  return (value as Values | undefined)?.enabled === false;
}

/** Reads a value inside another; its mistakes become those of `context`, at `at`. */
export function decodeInside(
  schema: z.ZodMiniType, value: unknown, context: z.core.ParsePayload, at: Path = [],
): unknown {
  const result = z.safeDecode(schema, value as never);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    context.issues.push({ ...issue, path: [...at, ...issue.path] } as z.core.$ZodRawIssue);
  }
  return z.NEVER;
}
