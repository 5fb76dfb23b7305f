/**
 * What one component's part of the configuration may hold, for both who write it and who read it.
 */
import * as z from 'zod/mini';
import { readTwice } from './elsewhere';
import { holdsReference, valueAt } from './environment-references';
import { lazily, type Field } from './fields';
import {
  ConfigurationError, DEPRECATED, NAMES_NONE, NO_EFFECT, problem, type Path, type Problem,
} from './problem';
import {
  mapSchema, type ExactFields, type FieldsOf, type SectionOptions, type SettingsOf,
} from './section';

/** The five sections of a collector's configuration that hold components. */
export type ComponentSection =
  'receivers' | 'processors' | 'exporters' | 'connectors' | 'extensions';

/** What flows through a pipeline. */
export type PipelineSignal = 'traces' | 'metrics' | 'logs';

/** Which side of a connection an extension vouches for. */
export type AuthenticatorRole = 'server' | 'client';

/** Where a component names an extension that vouches for it. */
export interface AuthenticatorUse {
  /** Keys from the component down to the name. */
  readonly at: Path;
  /** Which side of the connection the component is. */
  readonly as: AuthenticatorRole;
}

/** What comes of reading: settings, or the mistakes that prevent them. */
export interface Reading<Settings> {
  /** What a collector works with; absent when there are mistakes that upstream would see, too. */
  readonly settings?: Settings;
  /** All mistakes. */
  readonly problems: readonly Problem[];
  /** What is right and has no effect in this runtime, or not for long. */
  readonly warnings: readonly Problem[];
}

/** A value in YAML, as plain data. */
export type Yaml = Record<string, unknown>;

/** The contract of a part of the file. */
export interface Part<in Struct = never, out Settings = unknown> {
  /** Reads what stands in the YAML at `at`: settings, or all mistakes. */
  read(yaml: unknown, at?: Path): Reading<Settings>;
  /**
   * Writes what a construct was given, as YAML with only the keys that were given. It may hold what
   * only upstream has, for nothing is known of the collector here.
   *
   * @throws ConfigurationError with all other mistakes that reading it would report.
   */
  write(given: Struct, at?: Path): Yaml;
  /** JSON Schema of what `read` accepts. */
  jsonSchema(): Yaml;
}

/** The contract of one component type. */
export interface Contract<
  Section extends ComponentSection = ComponentSection,
  Type extends string = string, Struct = never, Settings = unknown,
> extends Part<Struct, Settings> {
  /** Where components of this type stand. */
  readonly section: Section;
  /** The type's name, in upstream's present spelling. */
  readonly type: Type;
  /** Older names of the type, which are read as well. */
  readonly aliases: readonly string[];
  /** How each key is read and written. */
  readonly fields: Readonly<Record<string, Field<never, unknown>>>;
  /** Signals that it can carry in this runtime; all when absent. */
  readonly signals?: readonly PipelineSignal[];
  /** Signals that it can carry upstream; all when absent. */
  readonly upstreamSignals?: readonly PipelineSignal[];
  /** Where it names authenticators. */
  readonly authenticators: readonly AuthenticatorUse[];
  /** What an extension with what `read` gave vouches for; nothing when it is no authenticator. */
  vouches(settings: unknown): readonly AuthenticatorRole[];
}

/** What a contract may say beside its fields. */
export interface ContractOptions<Settings> extends SectionOptions<Settings> {
  /** Older names of the type. */
  readonly aliases?: readonly string[];
  /** Signals that it can carry in this runtime; all unless given. */
  readonly signals?: readonly PipelineSignal[];
  /** Signals that it can carry upstream; all unless given. */
  readonly upstreamSignals?: readonly PipelineSignal[];
  /** Where it names authenticators; nowhere unless given. */
  readonly authenticators?: readonly AuthenticatorUse[];
  /** What it vouches for; nothing unless given. */
  readonly vouches?: (settings: Settings) => readonly AuthenticatorRole[];
}

/** Declares the contract of a component whose struct is `Struct`. */
export function component<Struct>() {
  return <
    const Section extends ComponentSection, const Type extends string,
    const Fields extends FieldsOf<Struct>,
  >(
    placed: Section, type: Type, fields: ExactFields<Struct, Fields>,
    options: ContractOptions<SettingsOf<Fields>> = {},
  ): Contract<Section, Type, Struct, SettingsOf<Fields>> => {
    const plain = fields as Readonly<Record<string, Field<never, unknown>>>;
    return {
      section: placed,
      type,
      aliases: options.aliases ?? [],
      fields: plain,
      signals: options.signals,
      upstreamSignals: options.upstreamSignals,
      authenticators: options.authenticators ?? [],
      vouches: (settings) => options.vouches?.(settings as SettingsOf<Fields>) ?? [],
      ...part<Struct, SettingsOf<Fields>>([placed, type], () => mapSchema(plain, options)),
    };
  };
}

/** The contract of a part of the file that stands at `standard` unless told otherwise. */
export function part<Struct, Settings>(
  standard: Path, build: () => z.ZodMiniType,
): Part<Struct, Settings> {
  const schema = lazily(build);
  return {
    read: (yaml, at = standard) => readWith(schema(), yaml, at),
    write: (given, at = standard) => writeWith(schema(), given, at),
    jsonSchema: () => z.toJSONSchema(schema(), { io: 'input', unrepresentable: 'any' }),
  };
}

/** Reads with a schema; null is an empty map, as `batch:` is. */
function readWith<Settings>(
  schema: z.ZodMiniType, yaml: unknown, at: Path,
): Reading<Settings> {
  const { asUpstream, asRuntime } = readTwice(() => z.safeDecode(schema, (yaml ?? {}) as never));
  const all = [asUpstream, asRuntime].flatMap((result) =>
    problemsOf(result?.error?.issues ?? [], at));
  const isWarning = ({ message }: Problem) =>
    [NO_EFFECT, DEPRECATED, NAMES_NONE].some((beginning) => message.startsWith(beginning));
  const warnings = all.filter(isWarning);
  const problems = all.filter((mistake) => !isWarning(mistake));
  return asUpstream.success
    ? { settings: asUpstream.data as Settings, problems, warnings }
    : { problems: onceEach(problems), warnings };
}

/** Writes with a schema, and reads what was written; variables may hold what is right. */
function writeWith(schema: z.ZodMiniType, given: unknown, at: Path): Yaml {
  const result = z.safeEncode(schema, given as never);
  if (!result.success) throw new ConfigurationError(problemsOf(result.error.issues, at));
  const problems = readWith(schema, result.data, at).problems.filter((mistake) =>
    mistake.upstreamOnly !== true
    && !holdsReference(valueAt(result.data, mistake.at.slice(at.length))));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return withoutUndefined(result.data) as Yaml;
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value)
    .filter(([, held]) => held !== undefined)
    .map(([key, held]) => [key, withoutUndefined(held)]));
}

/** The mistakes behind zod's issues, each once. */
function problemsOf(issues: readonly z.core.$ZodIssue[], at: Path): Problem[] {
  return onceEach(issues.flatMap((issue) => problemsOfIssue(issue, at)));
}

function onceEach(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ path, message }) => {
    const text = `${path}: ${message}`;
    return seen.has(text) ? false : seen.add(text);
  });
}

function problemsOfIssue(issue: z.core.$ZodIssue, at: Path): Problem[] {
  const here = [...at, ...issue.path as Path];
  if (issue.code === 'unrecognized_keys') {
    const sentences = issue.message.split('\n');
    return issue.keys.map((key, index) => problem([...here, key], sentences[index]));
  }
  // A union without a sentence of its own ends in the alternative that was probably meant.
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input') {
    return problemsOf(issue.errors.at(-1) ?? [], here);
  }
  return [problem(here, issue.message)];
}
