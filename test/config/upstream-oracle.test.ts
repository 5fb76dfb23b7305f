/**
 * The contracts against the answers of the real collector: what it accepts and refuses, and what
 * it makes of what it accepts.
 */
import { readFileSync } from 'fs';
import { join } from 'path';
import {
  batchProcessor, debugExporter, healthCheckExtension, loadBalancingExporter,
  memoryLimiterProcessor, otlpGrpcExporter, otlpHttpExporter, otlpReceiver, problemReport,
  snakeCase, tailSamplingProcessor, telemetry, type Part,
} from '../../src/config';

interface Case {
  readonly name: string;
  readonly part: Part;
  readonly input: unknown;
  readonly refused: boolean;
  readonly effective?: unknown;
}

/** Inputs on which this runtime decides otherwise on purpose, and why. */
const DIFFERENCES = new Map<string, string>([
  ['{"resolver":{"static":{"hostnames":["a:1"]}},"routing_key":"metric"}',
    'which signals it must route is known when it is built, and then it is refused for traces'],
  ['{"decision_wait":5}', 'a sampler without policies drops everything'],
  ['{"sampling_initial":-1}', 'no number of lines is negative'],
  [policy('latency', '{"threshold_ms":-5000,"upper_threshold_ms":-1}'), 'no time is negative'],
  [policy('latency', '{"threshold_ms":200,"upper_threshold_ms":100}'), 'keeps nothing'],
  [policy('span_count', '{"max_spans":2,"min_spans":4}'), 'keeps nothing'],
  [policy('span_count', '{"min_spans":-1}'), 'no number of spans is negative'],
  [policy('string_attribute', '{"key":"k","values":null}'), 'keeps nothing'],
  ['{"protocols":{"grpc":{"auth":{}}}}', 'an authenticator without a name is never found'],
  ['{"policies":[{"drop":{"drop_sub_policy":[]},"name":"p","type":"drop"}]}', 'drops everything'],
]);

function policy(type: string, settings: string): string {
  const parts = [`"${type}":${settings}`, '"name":"p"', `"type":"${type}"`].sort();
  return `{"policies":[{${parts.join(',')}}]}`;
}

const CORE: Readonly<Record<string, Part>> = {
  'receiver otlp': otlpReceiver,
  'exporter otlp_grpc (alias otlp)': otlpGrpcExporter,
  'exporter otlp_http (alias otlphttp)': otlpHttpExporter,
  'exporter debug': debugExporter,
  'processor batch': batchProcessor,
  'processor memory_limiter': memoryLimiterProcessor,
  'extension health_check': healthCheckExtension,
  'service::telemetry': telemetry,
};

type Line = Readonly<Record<string, unknown>>;

function lines(name: string): Line[] {
  return readFileSync(join(__dirname, 'oracle', `${name}.jsonl`), 'utf8').trim().split('\n')
    .map((line) => JSON.parse(line) as Line);
}

/** What a configuration must hold before its defaults can be asked for. */
const LEAST: Readonly<Record<string, object>> = {
  'receiver otlp': { protocols: { grpc: null } },
  'exporter otlp_grpc (alias otlp)': { endpoint: 'h:1' },
  'processor memory_limiter': { check_interval: '1s', limit_mib: 5 },
};

interface Defaults {
  readonly component: string;
  readonly config: unknown;
}

const DEFAULTS = lines('core_config').filter(({ kind }) => kind === 'defaults') as
  unknown as Defaults[];

function isRefused(line: Line): boolean {
  return Object.entries(line).some(([key, value]) =>
    /^(decode|validate|create_traces|start|build)_error$/.test(key) && Boolean(value));
}

function allCases(): Case[] {
  const cases: Omit<Case, 'name'>[] = [
    ...lines('core_config').filter(({ kind }) => kind === 'case').map((line) => ({
      part: CORE[String(line.component)],
      input: line.input,
      refused: isRefused(line),
      effective: line.effective,
    })),
    ...lines('lb_config').filter(({ kind }) => kind === 'case').map((line) => ({
      part: loadBalancingExporter,
      input: line.input,
      refused: isRefused(line),
      effective: line.effective_without_protocol,
    })),
    ...lines('tail_config').map((line) => ({
      part: tailSamplingProcessor, input: line.config, refused: isRefused(line),
    })),
    ...lines('tail_policies').map((line) => ({
      part: tailSamplingProcessor, input: { policies: [line.policy] }, refused: isRefused(line),
    })),
  ];
  return cases.map((one) => ({ ...one, name: JSON.stringify(one.input) }));
}

/** Leaves of what was read, under their YAML names. */
function leaves(value: unknown, at: readonly string[] = []): [string[], unknown][] {
  if (typeof value !== 'object' || value === null) return [[[...at], value]];
  return Object.entries(value).flatMap(([key, held]) => leaves(held, [...at, snakeCase(key)]));
}

function valueAt(data: unknown, at: readonly string[]): unknown {
  return at.reduce<unknown>((value, key) =>
    (value as Record<string, unknown> | null | undefined)?.[key], data);
}

/** Upstream prints durations in nanoseconds, and levels with a capital. */
function isSame(ours: unknown, theirs: unknown): boolean {
  if (typeof ours === 'number') return ours === theirs || ours * 1e6 === theirs;
  return String(ours ?? null).toLowerCase() === String(theirs).toLowerCase();
}

/** Upstream prints a sizer as {}, and fills in the k8s resolver's timeout only when it starts. */
const UNPRINTED = /\.(sizer|k8s\.timeout)$/;

describe('the contracts against the real collector', () => {
  const cases = allCases();

  test.each(cases)('give the same verdict on $name', ({ part, input, refused }) => {
    const { problems } = part.read(input);
    if (problems.some(({ upstreamOnly }) => upstreamOnly)) return;
    const isDifferent = DIFFERENCES.has(JSON.stringify(input));
    const report = problemReport(problems);
    const verdict = { refused: refused !== isDifferent, report };
    expect({ refused: report !== '', report }).toEqual(verdict);
  });

  test('cover all that the real collector was asked but what this runtime refuses by name', () => {
    const refused = cases.filter(({ part, input }) =>
      part.read(input).problems.some(({ upstreamOnly }) => upstreamOnly));
    const core = Object.values(CORE);
    expect(cases).toHaveLength(207);
    expect(refused.filter(({ part }) => !core.includes(part)).length).toBeLessThan(40);
    expect(refused.filter(({ part, name }) => part === tailSamplingProcessor
      && !/"(ottl_condition|block_on_overflow|sampling_strategy|num_shards|tail_storage)"/
        .test(name)).map(({ name }) => name)).toEqual([]);
    expect(refused.filter(({ part }) => core.includes(part)).map(({ name }) => name)).toEqual([
      '{"protocols":{"grpc":{"middlewares":[{"id":"x"}]}}}',
      '{"http":{}}',
    ]);
  });

  test.each(DEFAULTS)('have the defaults of the real collector: $component', (line) => {
    const { component, config } = line;
    const given = LEAST[component] ?? {};
    const { settings } = CORE[component].read(given);
    const compared = leaves(settings)
      .filter(([at]) => !Object.hasOwn(given, at[0]) || at.length > 1)
      .filter(([at]) => !UNPRINTED.test(at.join('.')))
      .map(([at, ours]) => ({ at: at.join('.'), ours, theirs: valueAt(config, at) }))
      .filter(({ theirs }) => theirs !== undefined);
    expect(compared.filter(({ ours, theirs }) => !isSame(ours, theirs))).toEqual([]);
    expect(compared.length).toBeGreaterThan(0);
  });

  test('differ in nothing else than the table says', () => {
    const inputs = new Set(cases.map(({ input }) => JSON.stringify(input)));
    expect([...DIFFERENCES.keys()].filter((input) => !inputs.has(input))).toEqual([]);
  });

  test('read the values that the real collector reads', () => {
    let compared = 0;
    const wrong: string[] = [];
    for (const { part, input, effective } of cases) {
      const { settings } = part.read(input);
      if (settings === undefined || effective === undefined) continue;
      for (const [at, ours] of leaves(settings)) {
        const theirs = valueAt(effective, at);
        if (theirs === undefined || UNPRINTED.test(at.join('.'))) continue;
        compared++;
        if (!isSame(ours, theirs)) wrong.push(`${at.join('.')}: ${ours}, upstream ${theirs}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(200);
  });
});
