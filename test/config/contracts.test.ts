/**
 * What every contract keeps, whichever component it is of.
 */
import { readFileSync } from 'fs';
import { join } from 'path';
import { Duration } from 'cdk8s';
import { z } from 'zod';
import { GIVEN, SPARSE } from './contract-examples';
import { promisedValue, propertiesOf, structNames } from './struct-docs';
import { UPSTREAM_GIVEN } from './upstream-contract-examples';
import { UPSTREAM_SPARSE } from './upstream-sparse-examples';
import {
  batchProcessor, component, ConfigurationError, contracts, debugExporter, healthCheckExtension,
  loadBalancingExporter,
  otlpGrpcExporter, otlpHttpExporter, snakeCase, spelling, tailSamplingProcessor,
  upstreamContracts, type Part,
} from '../../src/config';
import { count, keyed, text } from '../../src/config/fields';

const EVERY_SPARSE = [...SPARSE, ...UPSTREAM_SPARSE];
const EVERY_GIVEN = [...GIVEN, ...UPSTREAM_GIVEN];

/** Mistakes that upstream would see, too. */
function mistakesIn(part: Part, yaml: unknown, at?: string[]) {
  return part.read(yaml, at).problems.filter(({ upstreamOnly }) => upstreamOnly !== true);
}

/** What reading must give back for a struct: durations in ms, and no `enabled` of a section. */
function expectedOf(given: unknown): unknown {
  if (given instanceof Duration) return given.toMilliseconds();
  if (Array.isArray(given)) return given.map(expectedOf);
  if (typeof given !== 'object' || given === null) return given;
  const isQueue = 'queueSize' in given;
  return Object.fromEntries(Object.entries(given)
    .filter(([key]) => !(isQueue && key === 'enabled'))
    .map(([key, value]) => [key, expectedOf(value)]));
}

/** Adds to `kept` every property whose documented default was read where the key is absent. */
function noteKeptPromises(struct: string, settings: unknown, kept: Set<string>): void {
  if (Array.isArray(settings)) {
    for (const one of settings) noteKeptPromises(struct, one, kept);
    return;
  }
  if (typeof settings !== 'object' || settings === null) return;
  for (const { id, name, type, fallback } of propertiesOf(struct)) {
    const value = (settings as Record<string, unknown>)[name];
    const promised = promisedValue(fallback);
    if (promised === undefined) noteKeptPromises(type, value, kept);
    else if (JSON.stringify(value) === JSON.stringify(promised)) kept.add(id);
    else noteKeptPromises(type, value, kept);
  }
}

/** Lines of upstream's own cases that this runtime accepts, too. */
function acceptedByUpstream(name: string, inputOf: (line: Record<string, unknown>) => unknown) {
  return readFileSync(join(__dirname, 'oracle', `${name}.jsonl`), 'utf8').trim().split('\n')
    .map((line) => inputOf(JSON.parse(line) as Record<string, unknown>));
}

describe('the docs of the structs', () => {
  const all = structNames.flatMap(propertiesOf);

  test('promise the defaults that reading gives', () => {
    const kept = new Set<string>();
    for (const [struct, part, yaml] of EVERY_SPARSE) {
      noteKeptPromises(struct, part.read(yaml).settings, kept);
    }
    const promised = all.filter(({ id, fallback }) =>
      promisedValue(fallback) !== undefined && !id.endsWith('SendingQueueConfig.enabled'));
    expect(promised.map(({ id }) => id).filter((id) => !kept.has(id))).toEqual([]);
    expect(promised.length).toBeGreaterThan(80);
  });

  test('promise a default for each key that may be left out, and for no other', () => {
    expect(all.filter(({ isOptional, fallback }) => isOptional !== (fallback !== undefined)))
      .toEqual([]);
  });

  test('belong to structs that the public list names', () => {
    const list = readFileSync(join(__dirname, '../../src/config/structs.ts'), 'utf8');
    expect(structNames.filter((name) => !new RegExp(`\\b${name}\\b`).test(list))).toEqual([]);
  });
});

describe.each(EVERY_SPARSE)('%s %#', (_struct, part, yaml) => {
  test('reads the least that it needs', () => {
    expect(mistakesIn(part, yaml)).toEqual([]);
  });

  test('refuses an unknown key, and names it and those that it knows', () => {
    const problems = mistakesIn(part, { ...yaml, definitely_not: 1 }, ['x']);
    expect(problems.map(({ path }) => path)).toEqual(['x.definitely_not']);
    expect(problems[0].message).toMatch(
      /^is not a setting here; (?:the settings are \w|there are no settings)/);
  });

  test('refuses what is no map', () => {
    expect(part.read([], ['x']).problems.map(({ path, message }) => `${path}: ${message}`))
      .toEqual(['x: must be a map, got []']);
  });

  test('has a JSON Schema that accepts it and refuses an unknown key', () => {
    const schema = z.fromJSONSchema(part.jsonSchema());
    expect(schema.safeParse(yaml).error).toBeUndefined();
    expect(schema.safeParse({ ...yaml, definitely_not: 1 }).success).toBe(false);
  });
});

describe.each(EVERY_GIVEN)('%s', (_name, part, given) => {
  const yaml = part.write(given as never);

  test('reads back what it wrote', () => {
    expect(mistakesIn(part, yaml)).toEqual([]);
    expect(part.read(yaml).settings).toMatchObject(expectedOf(given) as object);
  });

  test('writes only keys that were given', () => {
    expect(Object.keys(yaml).sort()).toEqual(Object.keys(given).map(snakeCase).sort());
  });

  test('reads null as if the key were absent, unless it is required', () => {
    for (const key of Object.keys(yaml)) {
      const without = part.read({ ...yaml, [key]: undefined });
      const empty = part.read({ ...yaml, [key]: null });
      const isSection = key === 'sending_queue' || key === 'rotation';
      if (!isSection) expect([key, empty]).toEqual([key, without]);
      expect([key, empty.settings === undefined]).toEqual([key, without.settings === undefined]);
    }
  });

  test('has a JSON Schema that accepts what it wrote', () => {
    expect(z.fromJSONSchema(part.jsonSchema()).safeParse(yaml).error).toBeUndefined();
  });
});

test('JSON Schemas accept whatever reading accepts', () => {
  const cases: [Part, unknown][] = [
    ...acceptedByUpstream('lb_config', ({ input }) => input)
      .map((yaml): [Part, unknown] => [loadBalancingExporter, yaml]),
    ...acceptedByUpstream('tail_policies', ({ policy }) => ({ policies: [policy] }))
      .map((yaml): [Part, unknown] => [tailSamplingProcessor, yaml]),
    [debugExporter, { verbosity: 'Detailed' }],
    [batchProcessor, { timeout: 5, send_batch_size: null }],
    [otlpGrpcExporter, { endpoint: 'h:1', headers: [{ name: 'a', value: 'b' }] }],
    [otlpGrpcExporter, { endpoint: 'h:1', sending_queue: { enabled: false, num_consumers: 0 } }],
  ];
  const accepted = cases.filter(([part, yaml]) => part.read(yaml).settings !== undefined);
  expect(accepted.length).toBeGreaterThan(40);
  const refused = accepted.filter(([part, yaml]) =>
    !z.fromJSONSchema(part.jsonSchema()).safeParse(yaml).success);
  expect(refused.map(([, yaml]) => JSON.stringify(yaml))).toEqual([]);
});

test('every contract is in one list once, and tested here', () => {
  const both = [...contracts, ...upstreamContracts];
  const names = both.flatMap(({ section, type, aliases }) =>
    [type, ...aliases].map((name) => `${section}.${name}`));
  expect(new Set(names).size).toBe(names.length);
  const tested = new Set<unknown>(EVERY_GIVEN.map(([, part]) => part));
  expect(both.filter((contract) => !tested.has(contract)).map(({ type }) => type)).toEqual([]);
});

test('writing fails with all mistakes that reading would report', () => {
  const write = () => tailSamplingProcessor.write({
    numTraces: -1,
    policies: [{ name: 'a', type: 'lattency' }, {
      name: 'b',
      type: 'latency',
      latency: {
        thresholdMs: 0.5,
      },
    }],
  }, ['processors', 'tail_sampling/eu']);
  expect(write).toThrow(ConfigurationError);
  expect(write).toThrow([
    'processors.tail_sampling/eu.num_traces: must be a whole number ≥ 0, got -1',
    'processors.tail_sampling/eu.policies[0].type: must be one of always_sample, trace_flags,' +
      ' latency, status_code, probabilistic, string_attribute, numeric_attribute,' +
      ' boolean_attribute, rate_limiting, bytes_limiting, trace_state, span_count, not, and,' +
      ' drop, composite, got "lattency"',
    'processors.tail_sampling/eu.policies[1].latency.threshold_ms:' +
      ' must be a whole number ≥ 0, got 0.5',
  ].join('\n'));
});

test('a numeric policy without bounds, at which upstream panics, is refused', () => {
  const policies = [{ name: 'n', type: 'numeric_attribute', numeric_attribute: { key: 'k' } }];
  expect(tailSamplingProcessor.read({ policies }).problems.map(({ message }) => message))
    .toEqual(['must hold min_value or max_value, and other than 0 (0 is no bound)']);
});

test.each([
  [{ decision_wait: '169h' }, 'must be at most 168h, for what waits is held, got 169h'],
  [{ decision_cache: { non_sampled_cache_size: 1e12 } }, 'to 100000000, got 1000000000000'],
  [{ decision_cache: { sampled_cache_size: 1e12 } }, 'to 100000000, got 1000000000000'],
])('a sampler is told what it cannot hold: %j', (yaml, message) => {
  const policies = [{ name: 'a', type: 'always_sample' }];
  expect(tailSamplingProcessor.read({ policies, ...yaml }).problems)
    .toEqual([expect.objectContaining({ message: expect.stringContaining(message) as string })]);
});

test('writing fails where only reading sees the mistake', () => {
  expect(() => batchProcessor.write({ sendBatchSize: 10, sendBatchMaxSize: 5 })).toThrow(
    'processors.batch.send_batch_max_size: must be 0 or at least send_batch_size (10), got 5');
});

test('keys of the user stay as they are', () => {
  expect(otlpGrpcExporter.write({ endpoint: 'h:1', headers: { camelCase_and_snake: 'v' } }))
    .toEqual({ endpoint: 'h:1', headers: { camelCase_and_snake: 'v' } });
});

test.each([
  ['otlp_grpc', otlpGrpcExporter, '0.143.0', 'otlp'],
  ['otlp_grpc', otlpGrpcExporter, '0.144.0', 'otlp_grpc'],
  ['otlp_http', otlpHttpExporter, 'v0.120.1', 'otlphttp'],
  ['load_balancing', loadBalancingExporter, '0.152.0', 'loadbalancing'],
  ['load_balancing', loadBalancingExporter, '0.153.0', 'load_balancing'],
  ['load_balancing', loadBalancingExporter, undefined, 'load_balancing'],
  ['batch', batchProcessor, '0.100.0', 'batch'],
])('%s is spelled for its version', (_type, contract, version, expected) => {
  expect(spelling(contract, version)).toBe(expected);
});

interface Pair {
  readonly name: string;
  readonly size?: number;
}

test('a field may have a YAML key of its own', () => {
  const contract = component<Pair>()('processors', 'pair', {
    name: keyed('irregularname', text()), size: count({ fallback: 1 }),
  });
  expect(contract.write({ name: 'a' })).toEqual({ irregularname: 'a' });
  expect(contract.read({ irregularname: 'a' }).settings).toEqual({ name: 'a', size: 1 });
});

test('a struct that is none is refused when it is written', () => {
  expect(() => otlpGrpcExporter.write({ endpoint: 'h:1', tls: 'none' as never }))
    .toThrow('exporters.otlp_grpc.tls: must be a map, got "none"');
});

test('fields that do not fit the struct do not compile', () => {
  const declare = component<Pair>();
  declare('processors', 'pair', { name: text(), size: count({ fallback: 1 }) });
  // @ts-expect-error a key is missing
  declare('processors', 'pair', { name: text() });
  // @ts-expect-error a key is not the struct's
  declare('processors', 'pair', { name: text(), size: count({ fallback: 1 }), other: text() });
  // @ts-expect-error a key has another type
  declare('processors', 'pair', { name: count(), size: count({ fallback: 1 }) });
  expect(declare).toBeInstanceOf(Function);
});

test('what variables will hold is not refused when it is written', () => {
  expect(otlpGrpcExporter.write({ endpoint: '${env:HOST}:${env:PORT}' }))
    .toEqual({ endpoint: '${env:HOST}:${env:PORT}' });
});

test('no message shows the value of a header', () => {
  const wrong = [{ a: 4711 }, 4711, [{ name: 'a', value: 4711 }], ['4711'], { a: { b: '4711' } }];
  for (const headers of wrong) {
    const { problems } = otlpGrpcExporter.read({ endpoint: 'h:1', headers });
    expect(problems).toHaveLength(1);
    expect(problems[0].message).not.toContain('4711');
  }
});

test.each([
  ['h:1', undefined], [':1', undefined], ['[::1]:1', undefined], ['0.0.0.0:65535', undefined],
  ['h', 'must be host:port, got "h"'], ['', 'must be host:port, got ""'],
  ['[::1]', 'must be host:port, got "[::1]"'],
  ['::1:1', 'must hold an IPv6 address in brackets, as [::1]:4317, got "::1:1"'],
  ['h:http', 'must end in a port from 0 to 65535, got "h:http"'],
  ['h:65536', 'must end in a port from 0 to 65535, got "h:65536"'],
])('a server and a client take the address %j: %s', (endpoint, fault) => {
  const ofServer = healthCheckExtension.read({ endpoint }).problems.map(({ message }) => message);
  expect(ofServer).toEqual(fault === undefined ? [] : [fault]);
  const ofClient = otlpGrpcExporter.read({ endpoint }).problems.length;
  expect(ofClient).toBe(fault === undefined ? 0 : 1);
});
